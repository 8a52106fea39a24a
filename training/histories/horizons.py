"""Within what time a stock-out is predicted, and within what time a history tells it: two times are two questions."""

from __future__ import annotations

from data.horizons import within
from training.histories.history import History
from training.tables.sources import duration


def differ(one: str | None, other: str | None) -> bool:
    """Whether two horizons are two lengths of time; one that nobody said may be the other."""
    return bool(one and other) and duration(one or "") != duration(other or "")


def another_question(horizon: str | None, history: History) -> str:
    """What to say where a history tells another question than a model of this horizon answers; else nothing."""
    if not differ(horizon, history.horizon):
        return ""
    return (
        f"{history.name} tells whether a shelf ran empty {within(history.horizon)} (outcome.horizon: "
        f"{history.horizon}), the model predicts whether it does {within(horizon)} ({horizon}): these are two "
        f"questions. Give outcomes of {horizon}, by a mapping that says so, or a model of {history.horizon}"
    )
