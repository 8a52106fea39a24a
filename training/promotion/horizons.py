"""Whether two bundles answer one question: a shelf that runs empty within a day is not one that does within a week."""

from __future__ import annotations

from collections.abc import Container

from data.horizons import within
from data.promotion import Check, Finding
from data.vocabulary import Task
from models.bundle import Bundle
from training.errors import HistoryError
from training.histories.history import History
from training.histories.horizons import another_question, differ
from training.promotion.sides import Pair


def require_one_question(challenger: Bundle, champion: Bundle, history: History, kept: Container[Task]) -> None:
    """Refuse bundles that predict within different times, and a history that tells of another time than they do.

    Of a model whose files are `kept`, whatever the history tells changes nothing.

    Raises:
        HistoryError: both times, and what to do.
    """
    if not all(Task.STOCKOUT in each.models for each in (challenger, champion)):
        return
    its, theirs = (each.models[Task.STOCKOUT].model.horizon for each in (challenger, champion))
    if differ(its, theirs):
        raise HistoryError(
            f"the challenger predicts whether a shelf runs empty {within(its)} ({its}), the champion whether it does "
            f"{within(theirs)} ({theirs}; a day where its mapping said no outcome.horizon): these are two questions, "
            "and no outcome answers both, so nothing can be compared. Train the challenger by a mapping with "
            f"outcome.horizon: {theirs}; or, where the other question is the one to ask from now on, serve the "
            "challenger as the first bundle of a folder of its own (fairlead serve --bundle)"
        )
    told = another_question(its, history)
    if told and Task.STOCKOUT not in kept:
        raise HistoryError(told)


def with_horizons(window: Check, both: Pair) -> Check:
    """The check of what is compared, noted where one bundle speaks of a time and the other of none."""
    its, theirs = both.challenger.model.horizon, both.champion.model.horizon
    if both.task is not Task.STOCKOUT or bool(its) == bool(theirs) or window.finding is Finding.REFUSED:
        return window
    says = f"the challenger predicts what happens {within(its) or 'at no said time'}, the champion what does"
    says += f" {within(theirs) or 'at no said time'}: whoever agrees must know that both mean the same"
    return window.model_copy(update={"finding": Finding.NOTED, "says": f"{window.says}; {says}"})
