"""What earlier tasks say of a case, as features of later ones: a classifier chain.

The type of an exception narrows its cause, and both bear on the promise (Read, Pfahringer, Holmes and Frank,
"Classifier chains for multi-label classification", Machine Learning 85, 2011). A link reads the case's facts and
message and says how likely each label of its own task is; see `models.link`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.record import Unit
from data.standing import Standing
from data.vocabulary import Task
from features.definition import Feature, values_of

Floats = NDArray[np.float64]

EARLIER: dict[Task, tuple[Task, ...]] = {
    Task.ROOT_CAUSE: (Task.EXCEPTION_TYPE,),
    Task.SLA_BREACH: (Task.EXCEPTION_TYPE, Task.ROOT_CAUSE),
}
"""The tasks that come before one. Nothing comes before the stock-out: a shelf is asked about without an exception."""

_SAYS = {
    Task.EXCEPTION_TYPE: ("it looks like {label} with {{value}}", "How much it looks like {label}"),
    Task.ROOT_CAUSE: ("it looks caused by {label} with {{value}}", "How much it looks caused by {label}"),
}


class Link(Protocol):
    """Says how likely each label of an earlier task is."""

    @property
    def task(self) -> Task:
        """The earlier task, which has labels."""
        ...

    def probabilities(self, facts: Floats, message: str | None) -> Floats:
        """One number per label of one case, whose facts are float64[k]."""
        ...


def chain_features(link: Link, facts: Sequence[Feature]) -> tuple[Feature, ...]:
    """One feature per label of the earlier task: `TASK.LABEL`.

    A feature set asks the link once for all of them; `of` answers for one alone.
    """
    return tuple(_feature(link, index, str(label), facts) for index, label in enumerate(link.task.labels))


def is_chained(name: str) -> bool:
    """Whether a feature of this name is what an earlier task says.

    No history knows it of its first cases, which taught the link that says it of the others.
    """
    return name.partition(".")[0] in {task.value for earlier in EARLIER.values() for task in earlier} and "." in name


def _feature(link: Link, index: int, label: str, facts: Sequence[Feature]) -> Feature:
    def of(case: Case, standing: Standing) -> float:
        return float(link.probabilities(np.array(values_of(facts, case, standing)), case.message)[index])

    says, about = (words.format(label=label.replace("_", " ")) for words in _SAYS[link.task])
    return Feature(f"{link.task.value}.{label}", Unit.RATIO, says, about, of)
