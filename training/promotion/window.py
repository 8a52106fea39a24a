"""The later days: cases that neither bundle has learned from, with what was known of their parties then."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import feature_set
from features.standing import MemoryRows, going_on
from models.bundle import Bundle
from models.taught import event_key
from policies.policy import Policy
from policies.promise import promised
from training.errors import HistoryError
from training.histories.dataset import Read, study
from training.histories.history import History
from training.histories.maturity import NONE_TOOK, Earlier, end_of, maturity_of
from training.histories.split import is_timeless, without_times
from training.histories.truth import UNKNOWN, told_at, truth_of
from training.progress import Progress
from training.promotion.answering import ASKED
from training.promotion.later import Floats, Places, Reading

TAUGHT = ("fitted_on", "tested_on", "recalibrated_on")
"""Of the lineage, the windows a model has learned from or was chosen by."""

Known = Sequence[tuple[Case, Standing]]
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Replayed:
    """Cases that were replayed one by one."""

    known: Known
    lines: Sequence[HistoryLine]
    """The same cases under the promise in force, with their outcomes."""
    groups: NDArray[np.int64]
    until: datetime
    """When the history ended: see `maturity.end_of`."""
    earlier: Mapping[Task, Earlier] = field(default_factory=dict)
    """Of the cases that are not compared, how long their outcomes took."""

    @property
    def n(self) -> int:
        """See `Later`; so for all that follows."""
        return len(self.lines)

    @property
    def days(self) -> None:
        """Exceptions are drawn whole, not days."""

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """The first and the last moment."""
        return self.lines[0].case.event.time, self.lines[-1].case.event.time

    def truth(self, task: Task) -> NDArray[np.int64]:
        """What happened; unknown of a promise that was not due yet, of which only a kept one could be known, and of
        cases so young when the history ended that only what ends quickly could.
        """
        told = np.array([self._truth(task, line) for line in self.lines], np.int64)
        earlier = self.earlier[task].took if task in self.earlier else NONE_TOOK
        found = maturity_of(task, self.lines, told, earlier)
        return told if found is None else np.where(found.young, UNKNOWN, told)

    def _truth(self, task: Task, line: HistoryLine) -> int:
        due_at = line.case.promise.due_at if line.case.promise else None
        counts = line.outcome is not None and line.outcome.counts(task, due_at, self.until)
        return truth_of(task, line) if counts else UNKNOWN

    def facts(self, task: Task, attributes: AttributeSchema) -> Floats:
        """A stock-out has features where a shelf is named."""
        fit = [each for each in self.known if task is not Task.STOCKOUT or each[0].at_stake is not None]
        return feature_set(task, attributes).matrix(fit)

    def places(self, task: Task, rows: Places) -> Places:
        """The rows themselves, or where they stand among those that name a shelf."""
        if task is not Task.STOCKOUT:
            return rows
        named = np.cumsum([case.at_stake is not None for case, _ in self.known]) - 1
        return np.asarray(named[rows], np.intp)

    def messages(self, rows: Places) -> list[str | None]:
        """Every case has its own."""
        return [self.known[row][0].message for row in rows]

    def cases(self, rows: Places) -> Sequence[Case]:
        """The cases as they were replayed."""
        return [self.known[row][0] for row in rows]

    def asked(self, rows: Places, attributes: AttributeSchema) -> Known:
        """So many as are asked, evenly spread; replayed already, whatever attributes a model declares."""
        return [self.known[row] for row in rows[:: max(1, len(rows) // ASKED)][:ASKED]]


def taught_until(*bundles: Bundle, besides: Container[Task] = frozenset()) -> datetime:
    """The moment after which no case taught or tested any of the bundles' models, `besides` those of some tasks.

    Cases that all carry one moment may be of any day before their bundle was made.

    Raises:
        HistoryError: a model that does not say what it learned from.
    """
    latest = 0.0
    for bundle in bundles:
        for task, predictor in bundle.models.items():
            if task in besides:
                continue
            lineage = predictor.model.lineage
            if "fitted_on" not in lineage:
                raise HistoryError(
                    f"{bundle.folder}: its {task} model does not say until when it learned, so no day is later: "
                    "train it again"
                )
            if without_times(lineage):
                latest = max(latest, datetime.fromisoformat(bundle.created_at).timestamp())
                continue  # The moment they carry is as good as made up.
            latest = max(latest, *(lineage[told]["to"] for told in TAUGHT if told in lineage))
    return datetime.fromtimestamp(latest, UTC)


def read_later(
    history: History,
    after: datetime,
    schema: AttributeSchema,
    standing: list[dict[str, Any]],
    taught: Container[str],
    policy: Policy,
    progress: Progress,
) -> Reading:
    """Replay a history; its cases after a moment are those to compare on, the earlier ones tell of the parties.

    A history that begins later starts from the bundle's own snapshot of the parties. `taught` are the events whose
    answers are wanted.
    """
    begins_later = next((line.case.event.time > after for line in history.lines()), False)
    before = standing if begins_later else []
    return replayed(history, lambda line: line.case.event.time > after, before, schema, taught, policy, progress)


def replayed(
    history: History,
    compared: Callable[[HistoryLine], bool],
    before: list[dict[str, Any]],
    schema: AttributeSchema,
    taught: Container[str],
    policy: Policy,
    progress: Progress,
    arrivals: bool = True,
) -> Reading:
    """Replay a history; `before` is what was known of the parties. What is not compared tells its answers.

    Models that learned without times met no `arrivals`.
    """
    scored: list[HistoryLine] = []
    told: list[datetime] = []
    answers: dict[Task, dict[str, int]] = {task: {} for task in Task}
    again: set[str] = set()
    read = 0
    earlier = {task: Earlier() for task in Task}
    keeper = going_on(MemoryRows(), before, schema, arrivals)

    def lines() -> Iterator[Read]:
        nonlocal read
        for line in progress.count(history.lines(), f"reading {history.name}"):
            chosen, read = compared(line), read + 1
            if line.outcome:
                told.append(told_at(line))
            key = event_key(line.case.event.source, line.case.event.id)
            if chosen:
                scored.append(line)
                again.update({key} if key in taught else ())
            elif key in taught:
                _note(answers, line, key)
            if not chosen:
                _meet(earlier, line, policy)
            yield line, chosen

    samples = study(lines(), (), schema, policy, keeper, _Every()).samples
    under = [line.model_copy(update={"case": sample.case}) for line, sample in zip(scored, samples, strict=True)]
    exceptions = [line.case.exception_id for line in under]
    groups = np.unique(exceptions, return_inverse=True)[1] if exceptions else np.empty(0)
    known = [(sample.case, sample.standing) for sample in samples]
    later = Replayed(known, under, groups.astype(np.int64), _until(scored, told), earlier)
    return Reading(later, answers, frozenset(again), read - len(scored))


def _meet(earlier: Mapping[Task, Earlier], line: HistoryLine, policy: Policy) -> None:
    """Under the promise in force, as those that are compared."""
    whole = line.model_copy(update={"case": promised(line.case, policy)})
    for task, each in earlier.items():
        each.meet(task, whole)


def _until(lines: Sequence[HistoryLine], told: Sequence[datetime]) -> datetime:
    """When a history ended; without times it has no end, and every promise is taken for due."""
    timeless = is_timeless(np.array([line.case.event.time.timestamp() for line in lines]))
    if timeless or not told:
        return _NEVER
    return datetime.fromtimestamp(end_of(np.array([each.timestamp() for each in told])), UTC)


class _Every:
    """Holds every position: all cases are kept whole."""

    def __contains__(self, position: object) -> bool:
        return True


def _note(answers: Mapping[Task, dict[str, int]], line: HistoryLine, key: str) -> None:
    for task, told in answers.items():
        truth = truth_of(task, line)
        if truth >= 0:
            told[key] = truth
