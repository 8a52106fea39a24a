"""Cases that taught neither bundle, where both learned without times: others of the same kind, not later ones.

Each bundle keeps some of the events that taught it. Where enough cases can be looked up and none of them taught either,
the whole history is new to both. Elsewhere only the cases that are known to be new are compared. An exception
goes or stays whole: another row of it tells of its answer.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.outcome import HistoryLine
from data.promotion import FEWEST_EXCEPTIONS, Untaught
from data.vocabulary import Task
from features.attributes import AttributeSchema
from models.task_model import TaskModel
from models.taught import event_key
from policies.policy import Policy
from policies.promise import promised
from training.errors import HistoryError
from training.histories.history import History
from training.histories.truth import truth_of
from training.histories.unseen import Count, Memory, unlike
from training.histories.untaught import FEWEST_LOOKED_UP, forgotten, known_to_be_new, speaks_for_all
from training.progress import Progress
from training.promotion.later import Reading
from training.promotion.window import replayed

MOST = 100_000
"""Cases compared, those of the smallest keys: they are kept whole, in about 2 GB, and more tell little more."""


@dataclass(frozen=True)
class Fresh:
    """Which cases are compared: all but those of some exceptions."""

    left_out: frozenset[str]
    told: Untaught


@dataclass(frozen=True)
class Seen:
    """A case that tells what happened: the key of its event, its exception and its moment."""

    key: str
    exception: str
    at: datetime


def fresh_cases(models: Mapping[str, TaskModel], seen: Sequence[Seen], history: History, most: int = MOST) -> Fresh:
    """The cases that taught none of the models, which are given by what to call them; about so many at most.

    Raises:
        HistoryError: events that cannot be looked up, or too few cases that are new.
    """
    for whose, model in models.items():
        if why := unlike(whose, model.lineage, history) or forgotten(whose, model):
            raise HistoryError(why)
    return _sorted(seen, Memory.of(models.values()), history, most)


def telling(history: History, tasks: Iterable[Task], policy: Policy, progress: Progress) -> Iterator[Seen]:
    """The cases whose outcome tells the truth of a task.

    Raises:
        HistoryError: an event that is there twice.
    """
    asked, met = tuple(tasks), set[str]()
    for line in progress.count(history.lines(), f"looking up {history.name}"):
        event = line.case.event
        key = event_key(event.source, event.id)
        if key in met:
            raise HistoryError(
                f"{history.name}: event {event.id} of {event.source} is there twice; keep one line of it"
            )
        met.add(key)
        whole = line.model_copy(update={"case": promised(line.case, policy)})
        if any(truth_of(task, whole) >= 0 for task in asked):
            yield Seen(key, line.case.exception_id, event.time)


def read_fresh(
    history: History, fresh: Fresh, schema: AttributeSchema, taught: Container[str], policy: Policy, progress: Progress
) -> Reading:
    """Replay a history; all that was not left out is compared. Parties start unknown, as they did in training."""

    def new(line: HistoryLine) -> bool:
        return line.case.exception_id not in fresh.left_out

    return replayed(history, new, [], schema, taught, policy, progress, arrivals=False)


def _sorted(seen: Sequence[Seen], memory: Memory, history: History, most: int) -> Fresh:
    keys = [each.key for each in seen]
    count = memory.count(keys)
    whole = speaks_for_all(count)
    new = seen if whole else [seen[at] for at in known_to_be_new(keys, [each.exception for each in seen], memory)]
    if not whole and len(new) < FEWEST_EXCEPTIONS:
        raise HistoryError(_too_few(history, count, len(new)))
    compared = {each.exception for each in sorted(new, key=lambda each: each.key)[:most]}
    left_out = [each.exception for each in seen if each.exception not in compared]
    return Fresh(frozenset(left_out), _untaught(count, len(left_out), count.at_most if whole else 0.0))


def _untaught(count: Count, left_out: int, at_most: float) -> Untaught:
    return Untaught(
        cases=count.n, looked_up=count.looked_up, taught=count.taught, left_out=left_out, at_most=round(at_most, 6)
    )


def _too_few(history: History, count: Count, kept: int) -> str:
    """How many could be looked up, how many of them were taught, and what to do."""
    told = (
        f"of {count.n:,} cases of {history.name} {count.looked_up:,} can be looked up, {count.taught:,} of them taught"
    )
    if count.taught:
        return (
            f"{told} one of the bundles, and {kept:,} are known to have taught neither; comparing needs "
            f"{FEWEST_EXCEPTIONS}: give a file "
            "of cases that neither bundle learned from, such as the part that was kept from training"
        )
    return (
        f"{told} either bundle: too few to say so of all; at least {FEWEST_LOOKED_UP} are needed. Give a larger file "
        "of cases that neither bundle learned from"
    )
