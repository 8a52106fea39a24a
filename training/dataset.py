"""A history to matrices in one pass: standing replayed, features computed, labels and rules read, cases let go.

Features are those of serving, by the same functions; the standing at a case's moment knows only outcomes recorded by
then. What remains in memory is one row of numbers per case.
"""

from __future__ import annotations

import gc
import math
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import FeatureSet, feature_set
from features.standing import StandingKeeper, replay
from models.taught import event_key
from policies.fallback import rule_facts
from policies.policy import Policy
from policies.promise import promised
from policies.stakes import stake
from training.baseline import NO_RULE
from training.split import is_timeless, scattered

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

UNKNOWN = -1


@dataclass(frozen=True)
class Sample:
    """A case kept whole, with its standing and its position among the scored cases."""

    position: int
    case: Case
    standing: Standing


@dataclass(frozen=True)
class Known:
    """The cases whose outcome tells a task's truth, in time order.

    `times` are seconds since 1970; `truth` is the label's index, 0 or 1 for a risk; `fired` names the fallback's row;
    `facts` are the features without those of the message. Cases that all carry one moment stand in the order that
    `training.split` splits; `exceptions` numbers their exceptions.
    """

    times: Floats
    truth: Truth
    fired: list[str]
    messages: list[str | None]
    facts: Floats
    exceptions: Truth
    """A number for each case's exception."""
    regions: list[str | None]
    stakes: Floats
    """What hangs on each prediction by the policy's cost table, in its currency; NaN where it does not tell."""
    promise_passed: int = 0
    """Cases left out because their promise had passed: see `promise_passed`."""
    selection: Floats | None = None
    """What each case counts for because of why its outcome is known; None where no line says."""
    events: Sequence[str] = ()
    """What stands for each case's event: see `models.taught`."""

    def at(self, which: NDArray[np.intp]) -> Known:
        """The cases at some positions."""
        places = which.tolist()
        return replace(
            self,
            times=self.times[which],
            truth=self.truth[which],
            fired=[self.fired[each] for each in places],
            messages=[self.messages[each] for each in places],
            facts=self.facts[which],
            exceptions=self.exceptions[which],
            regions=[self.regions[each] for each in places],
            stakes=self.stakes[which],
            selection=None if self.selection is None else self.selection[which],
            events=[self.events[each] for each in places] if self.events else (),
        )


@dataclass(frozen=True)
class Study:
    """What one pass over a history leaves."""

    samples: list[Sample]
    _tasks: Mapping[Task, _TaskNotes | _Ready]

    @staticmethod
    def ready(task: Task, known: Known, samples: list[Sample]) -> Study:
        """A study of one task whose cases were computed all at once."""
        return Study(samples, {task: _Ready(known)})

    def known(self, task: Task) -> Known:
        """The cases that can teach or test a task."""
        return self._tasks[task].known()

    def promise_passed(self, task: Task) -> int:
        """How many cases are not among them because their promise had passed."""
        return self._tasks[task].promise_passed


@dataclass(frozen=True)
class _Ready:
    """A task's cases as they are."""

    whole: Known
    promise_passed: int = 0

    def known(self) -> Known:
        return self.whole


Read = tuple[HistoryLine, bool]
"""A line, and whether it is scored or only context."""


def study(
    lines: Iterable[Read],
    tasks: Iterable[Task],
    attributes: AttributeSchema,
    policy: Policy,
    keeper: StandingKeeper,
    sampled: Container[int] = frozenset(),
    without_outcome: bool = False,
) -> Study:
    """Read lines in time order once. `sampled` are positions among the scored cases that are kept whole.

    The keeper then knows what was known when the last case had been met. With `without_outcome`, cases that a model
    would be asked about are kept though no outcome tells their truth: it is `UNKNOWN`.
    """
    notes = _task_notes(tasks, attributes)
    samples = []
    scored = (read for read in _replayed(lines, policy, keeper) if read.scored)
    with _without_collector():
        for position, read in enumerate(scored):
            if position in sampled:
                samples.append(Sample(position, read.line.case, read.standing))
            _note(notes, read, position, policy, without_outcome)
        return Study(samples, notes)


class _Replayed(NamedTuple):
    line: HistoryLine
    scored: bool
    standing: Standing


def _note(
    notes: Mapping[Task, _TaskNotes], read: _Replayed, position: int, policy: Policy, without_outcome: bool
) -> None:
    """Add a case to the tasks whose truth its outcome tells, or that are asked about it."""
    if Task.SLA_BREACH in notes and promise_passed(read.line):
        notes[Task.SLA_BREACH].promise_passed += 1
    truths = {task: truth_of(task, read.line) for task in notes}
    kept = {t: v for t, v in truths.items() if v != UNKNOWN or (without_outcome and is_asked(t, read.line))}
    if not kept:
        return
    facts = rule_facts(read.line.case, read.standing, policy)
    for task, truth in kept.items():
        row = policy.row(task.value, facts)
        notes[task].add(read, position, truth, row.id if row else NO_RULE, stake(task, facts, policy))


def _replayed(lines: Iterable[Read], policy: Policy, keeper: StandingKeeper) -> Iterator[_Replayed]:
    scored: deque[bool] = deque()  # A replay reads all lines of a moment before it gives the first.

    def with_promises() -> Iterator[HistoryLine]:
        for line, counts in lines:
            scored.append(counts)
            case = promised(line.case, policy)
            yield line if case is line.case else line.model_copy(update={"case": case})

    for line, standing in replay(with_promises(), keeper, settle=False):
        yield _Replayed(line, scored.popleft(), with_stored(standing, line.standing))


def with_stored(replayed: Standing, stored: Standing | None) -> Standing:
    """What the service knew, where a line says it; of kinds of parties that it did not keep, what the history tells."""
    if stored is None:
        return replayed
    kinds = {each.kind for each in stored.parties}
    others = tuple(each for each in replayed.parties if each.kind not in kinds)
    return replayed.model_copy(update={"parties": (*stored.parties, *others)})


class _TaskNotes:
    """Grows with every case whose outcome tells the task's truth."""

    def __init__(self, task: Task, matrix: _Matrix) -> None:
        self.task, self._matrix = task, matrix
        self._times: list[float] = []
        self._truth: list[int] = []
        self._fired: list[str] = []
        self._messages: list[str | None] = []
        self._rows: list[int] = []
        self.promise_passed = 0
        self._exceptions: list[str] = []
        self._selection: list[float] = []
        self._regions: list[str | None] = []
        self._stakes: list[float] = []
        self._events: list[str] = []

    def add(self, read: _Replayed, position: int, truth: int, fired: str, at_stake: Decimal | None) -> None:
        line = read.line
        self._times.append(line.case.event.time.timestamp())
        self._truth.append(truth)
        self._fired.append(fired)
        self._messages.append(line.case.message)
        self._rows.append(self._matrix.add(line.case, read.standing, position))
        self._exceptions.append(line.case.exception_id)
        self._selection.append(1.0 if line.selection is None else line.selection.weight or 1.0)
        self._regions.append(line.case.region)
        self._stakes.append(math.nan if at_stake is None else float(at_stake))
        self._events.append(event_key(line.case.event.source, line.case.event.id))

    def known(self) -> Known:
        order = self._order()
        return Known(
            times=np.array(self._times, np.float64)[order],
            truth=np.array(self._truth, np.int64)[order],
            fired=[self._fired[each] for each in order],
            messages=[self._messages[each] for each in order],
            facts=self._matrix.at([self._rows[each] for each in order]),
            exceptions=np.unique(self._exceptions, return_inverse=True)[1][order],
            regions=[self._regions[each] for each in order],
            stakes=np.array(self._stakes, np.float64)[order],
            promise_passed=self.promise_passed,
            selection=np.array(self._selection)[order] if any(each != 1.0 for each in self._selection) else None,
            events=[self._events[each] for each in order],
        )

    def _order(self) -> NDArray[np.intp]:
        """Time's, as they came; without times, the order in which they are split."""
        rows = range(len(self._times))
        if not is_timeless(np.array(self._times)):
            return np.array(rows, np.intp)
        places = [scattered(each) for each in self._exceptions]
        return np.array(sorted(rows, key=places.__getitem__), np.intp)


class _Matrix:
    """A growing matrix of cases; tasks that read the same features share one."""

    def __init__(self, features: FeatureSet) -> None:
        self._features = features
        self._rows: list[Floats] = []
        self._last = -1

    def add(self, case: Case, standing: Standing, position: int) -> int:
        """The row of the case at a position of the history; one added for another task is not added again."""
        if position != self._last:
            # At once, while what features share of this case is still kept from its standing.
            self._last = position
            self._rows.append(self._features.vector(case, standing))
        return len(self._rows) - 1

    def at(self, rows: Sequence[int]) -> Floats:
        """Some of its rows: float64[n, features]."""
        return np.array([self._rows[each] for each in rows]).reshape(-1, len(self._features.names))


def _task_notes(tasks: Iterable[Task], attributes: AttributeSchema) -> dict[Task, _TaskNotes]:
    sets = {task: feature_set(task, attributes) for task in tasks}
    matrices = {each.fingerprint: _Matrix(each) for each in sets.values()}
    return {task: _TaskNotes(task, matrices[each.fingerprint]) for task, each in sets.items()}


@contextmanager
def _without_collector() -> Iterator[None]:
    """Records hold no cycles, and looking for some among a hundred thousand live ones takes a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def truth_of(task: Task, line: HistoryLine) -> int:
    """The label's index, 0 or 1 for a risk; `UNKNOWN` where the outcome does not tell or nothing is predicted.

    Nothing is predicted of a shelf that is not named, nor of a promise that had passed.
    """
    if line.outcome is None or (task is Task.STOCKOUT and line.case.at_stake is None):
        return UNKNOWN
    if task is Task.SLA_BREACH and promise_passed(line):
        return UNKNOWN
    truth = line.outcome.truth(task, line.case.promise.due_at if line.case.promise else None)
    if truth is None:
        return UNKNOWN
    return int(truth) if isinstance(truth, bool) else task.labels.index(truth)


def is_asked(task: Task, line: HistoryLine) -> bool:
    """Whether the service would ask a model: of a shelf that is named, of a promise that has not passed."""
    if task is Task.STOCKOUT:
        return line.case.at_stake is not None
    due = line.case.promise.due_at if line.case.promise else None
    return task is not Task.SLA_BREACH or (due is not None and due > line.case.event.time)


def promise_passed(line: HistoryLine) -> bool:
    """Whether the breach was a fact when the case was noticed, which the service tells without asking a model.

    Only where the promise in force decides what a breach is: an outcome that tells `sla_breached` itself may mean
    another promise than `due_at`, such as one a mapping assumes, and such a case is taught and scored like any other.
    """
    due = line.case.promise.due_at if line.case.promise else None
    told = line.outcome is not None and line.outcome.sla_breached is None
    return told and due is not None and due <= line.case.event.time
