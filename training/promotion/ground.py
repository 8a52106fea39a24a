"""What makes cases new to both bundles: they are later than both, or, without times, they taught neither."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from data.promotion import FEWEST_EXCEPTIONS, OTHER_CASES, Check, CheckName, Finding, Window
from data.vocabulary import Task
from models.bundle import Bundle
from models.task_model import TaskModel
from policies.policy import Policy
from training.errors import HistoryError
from training.histories.history import History
from training.histories.split import without_times
from training.progress import Progress
from training.promotion.fresh import Fresh, fresh_cases, telling
from training.promotion.later import Reading
from training.promotion.sides import Pair
from training.promotion.window import taught_until

Ground = datetime | Fresh
"""The moment after which cases are compared, or which cases are left out."""
FEWEST_DAYS = 7
"""Days below which nothing is told where all cases of a day move together: so few are hardly ever drawn otherwise."""
FEWEST_AGAIN, AGAIN = 5, 0.005
"""How many of the compared cases, and which share, may be told twice under one name."""
ENOUGH = 1_000
"""Exceptions below which whoever agrees should know how few they are."""


def ground_of(
    challenger: Bundle,
    champion: Bundle,
    besides: frozenset[Task],
    history: History,
    policy: Policy,
    progress: Progress,
) -> Ground:
    """Which cases of a history are compared, where the tasks `besides` share their model.

    Days are the better ground, also of a model that learned without times, where they came after its bundle was made.

    Raises:
        HistoryError: no case that is new to both, or a bundle that does not say what it learned from.
    """
    until = taught_until(challenger, champion, besides=besides)
    models = {
        f"{task} of {bundle.folder}": each.model
        for bundle in (challenger, champion)
        for task, each in bundle.models.items()
        if task not in besides
    }
    timeless = [whose for whose, model in models.items() if without_times(model.lineage)]
    if not timeless:
        return until
    seen = [*telling(history, {each.task for each in models.values()}, policy, progress)]
    if len({each.at for each in seen if each.at > until}) > 1:
        return until
    if len(timeless) < len(models):
        raise HistoryError(_of_two_kinds(timeless[0], models, history, until))
    return fresh_cases(models, seen, history)


def nothing_new(history: History, ground: Ground) -> str:
    """Why nothing can be compared."""
    if isinstance(ground, Fresh):
        return f"{history.name} has no case that taught neither bundle: give a file of other cases"
    return (
        f"{history.name} has no case later than {ground:%Y-%m-%d %H:%M} UTC, up to when the bundles learned: "
        "give a history that goes on after it"
    )


def window_check(both: Pair, ground: Ground) -> Check:
    """Whether enough exceptions tell the truth; without times, what the comparison is worth.

    Exceptions are drawn whole: many cases of a few of them say no more than so few.
    """
    n, exceptions, seen = len(both.truth), len(np.unique(both.groups)), len(np.unique(both.truth))
    cases = "cases that taught neither" if isinstance(ground, Fresh) else "later cases"
    finding, says = Finding.PASSED, f"{n:,} {cases} tell the truth of it"
    if exceptions < n:
        says += f", of {exceptions:,} exceptions"
    days = None if both.days is None else len(np.unique(both.days))
    if exceptions < FEWEST_EXCEPTIONS or seen < 2:
        finding = Finding.REFUSED
        says += (
            f"{_seen(both.task, seen)}: at least {FEWEST_EXCEPTIONS} exceptions and {_needed(both.task)} are needed to "
            "compare"
        )
    elif days is not None and days < FEWEST_DAYS:
        finding = Finding.REFUSED
        says += f", of {days} days: all shelves of a day move together, so at least {FEWEST_DAYS} days are needed"
    elif exceptions < ENOUGH:
        finding, says = Finding.NOTED, f"only {says}: small harm does not show in so few"
    if isinstance(ground, Fresh) and finding is not Finding.REFUSED:
        finding, says = Finding.NOTED, f"{says}; {ground.told.says}. {OTHER_CASES}"
    return Check(name=CheckName.WINDOW, task=both.task, finding=finding, says=says)


def never_taught(check: Check, both: Pair, again: frozenset[str]) -> Check:
    """The check of the window, refused where events of it taught the challenger by what it keeps of its training.

    Its lineage says that it learned from earlier days alone: a manifest can be written by hand, and then it would be
    judged by what it knows already. `again` are events of the window that some task of it keeps.
    """
    known = len(again.intersection(both.challenger.model.taught))
    if known <= max(FEWEST_AGAIN, AGAIN * len(both.truth)):
        return check
    says = (
        f"at least {known:,} of these cases taught the challenger, by what it keeps of its training, though it says "
        "that it learned from earlier ones: its manifest was altered, or other events have the same names"
    )
    return Check(name=CheckName.WINDOW, task=both.task, finding=Finding.REFUSED, says=says)


def _needed(task: Task) -> str:
    return f"{'both' if task.is_risk else 'two'} kinds of outcome"


def _seen(task: Task, kinds: int) -> str:
    """How many kinds of outcome occur, of those that can."""
    if task.is_risk and kinds == 2:
        return ", with both kinds of outcome among them"
    return f", with {kinds} kind{'' if kinds == 1 else 's'} of outcome among them"


def window_of(history: History, reading: Reading, ground: Ground) -> Window:
    """What was compared on, for the dossier."""
    cases = reading.later
    return Window(
        history=history.name,
        data=history.digest,
        n=cases.n,
        exceptions=len(np.unique(cases.groups)),
        drawn_days=None if cases.days is None else len(np.unique(cases.days)),
        untaught=ground.told if isinstance(ground, Fresh) else None,
        begins=None if isinstance(ground, Fresh) else cases.ends[0].astimezone(UTC),
        ends=None if isinstance(ground, Fresh) else cases.ends[1].astimezone(UTC),
    )


def _of_two_kinds(timeless: str, models: dict[str, TaskModel], history: History, until: datetime) -> str:
    timed = next(whose for whose, model in models.items() if not without_times(model.lineage))
    return (
        f"{timeless} learned from cases that all carry one moment, {timed} from days: {history.name} must go on after "
        f"{until:%Y-%m-%d %H:%M} UTC, when the first was made and up to when the other learned, as what the service "
        "records does (fairlead history export). Until then the challenger can answer in the shadow "
        "(fairlead serve --shadow)"
    )
