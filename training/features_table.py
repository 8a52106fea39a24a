"""The cases of a history as a model registered in MLflow is asked about them: a table of its features by name.

One row per case in time order: what names it, which no model reads, then the columns of the model's signature.
"""

from __future__ import annotations

import pandas as pd

from data.vocabulary import Task
from models.task_model import TaskModel
from training.case_tables import Event, naming_columns
from training.daily.history import DailyHistory
from training.drift.drift import Seen
from training.histories.history import History

NOT_ASKED = {
    Task.STOCKOUT: "they name no shelf",
    Task.SLA_BREACH: "their promise had passed when they were noticed, or they have none",
}
"""Why the service asks no model about a case."""


def features_table(model: TaskModel, seen: Seen, events: dict[str, Event]) -> pd.DataFrame:
    """The table of the cases that a model has seen: what names them, then its features, each a double as its signature
    says.
    """
    features = pd.DataFrame(seen.features, columns=list(model.features().names))
    return pd.concat([naming_columns(seen.known, events), features], axis=1)


def left_out(task: Task, history: History, count: int) -> str:
    """What to say of cases that have no row."""
    if isinstance(history, DailyHistory):
        return f"{count:,} rows of {history.name} are left out: they ask nothing, or the table does not tell the answer"
    return f"{count:,} cases of {history.name} are left out, as the service asks no model of them: {NOT_ASKED[task]}"
