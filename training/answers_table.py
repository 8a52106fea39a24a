"""What a model answered on later cases, case by case: a table to look for where it errs, or to score it one's own way.

One row per case in time order: what names it, its region, what was true and what was said. Of a risk `probability` is
that of its event; of labels there is a column `probability.<label>` for each, and `said` names the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.vocabulary import Task
from models.conformal import set_labels
from training.case_tables import Event, naming_columns
from training.learning.evaluate import Answered

PROBABILITY = "probability"
AS_TRAINED = "as_trained"
RULES = "rules"
SET = "set"
COUNTS = "counts"


def answers_table(task: Task, answered: Answered, events: dict[str, Event]) -> pd.DataFrame:
    """The table of the cases that tell the truth.

    `as_trained` is the model without what its answers came to, where it heeds that; `rules` the fallback; `set` the
    labels of the conformal set, apart by blanks; `counts` what a case counts for in the scores, where not all count
    alike.
    """
    known, labels = answered.known, set_labels(task.labels)
    told: dict[str, object] = {"region": known.regions, "truth": [labels[each] for each in known.truth.tolist()]}
    if not task.is_risk:
        told["said"] = [labels[each] for each in answered.told.argmax(axis=1).tolist()]
    told |= _columns(PROBABILITY, task, answered.told)
    if not np.array_equal(answered.told, answered.as_trained):
        told |= _columns(AS_TRAINED, task, answered.as_trained)
    told |= _columns(RULES, task, answered.rules)
    if answered.stays is not None:
        told[SET] = [_joined(labels, each) for each in answered.stays]
    if known.selection is not None:
        told[COUNTS] = known.selection
    return pd.concat([naming_columns(known, events), pd.DataFrame(told)], axis=1)


def _columns(name: str, task: Task, probabilities: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    if task.is_risk:
        return {name: probabilities[:, 0]}
    return {f"{name}.{label}": probabilities[:, place] for place, label in enumerate(task.labels)}


def _joined(labels: Sequence[str], stays: NDArray[np.bool_]) -> str:
    return " ".join(label for label, each in zip(labels, stays.tolist(), strict=True) if each)
