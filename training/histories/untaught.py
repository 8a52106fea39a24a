"""Which cases of a history taught none of some models: all, where enough can be looked up, or those known one by one.

An exception goes or stays whole: another row of it tells of its answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.task_model import TaskModel
from training.histories.unseen import NO_KEYS, Count, Memory, kept_upto

FEWEST_LOOKED_UP = 100
"""Cases that can be looked up below which they do not speak for the others: none of 100 taught leaves 3 % that may."""


def speaks_for_all(count: Count) -> bool:
    """Whether what can be looked up tells that no case was taught."""
    return not count.taught and (count.looked_up == count.n or count.looked_up >= FEWEST_LOOKED_UP)


def known_to_be_new(keys: Sequence[str], exceptions: Sequence[Hashable], memory: Memory) -> NDArray[np.intp]:
    """Where the cases stand of exceptions of which every case is known to be new."""
    both = list(zip(keys, exceptions, strict=True))
    doubtful = {exception for key, exception in both if key in memory.taught or not memory.knows(key)}
    return np.array([place for place, (_, exception) in enumerate(both) if exception not in doubtful], np.intp)


def forgotten(whose: str, model: TaskModel) -> str:
    """Why nothing can be looked up in a model; empty where something can."""
    if kept_upto(model) != NO_KEYS:
        return ""
    of = "its calibrator" if "recalibrated_on" in model.lineage else "it"
    return f"{whose} does not keep which cases taught {of}, so none can be told to be new to it: train it again"
