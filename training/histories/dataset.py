"""A history to matrices in one pass: standing replayed, features computed, labels and rules read, cases let go.

Features are those of serving, by the same functions; the standing at a case's moment knows only outcomes recorded by
then. What remains in memory is one row of numbers per case.
"""

from __future__ import annotations

import gc
import math
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import FeatureSet, feature_set
from features.standing import StandingKeeper, replay_seen
from models.taught import event_key
from models.track_record import counted_from
from policies.policy import Policy
from policies.promise import promised
from training.histories.blocks import Block, Columns, Reckoner, Replayed
from training.histories.forks import worked
from training.histories.known import Known
from training.histories.maturity import Earlier, Maturity, end_of, matured
from training.histories.split import is_timeless, scattered
from training.histories.truth import counts_from, promise_passed, told_at

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

BLOCK_CASES = 1024
"""Cases that are computed together: enough that starting a process for them does not matter."""


@dataclass(frozen=True)
class Sample:
    """A case kept whole, with its standing and its position among the scored cases."""

    position: int
    case: Case
    standing: Standing


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

    @property
    def largest(self) -> int:
        """The cases of the task that has the most."""
        return max(each.n for each in self._tasks.values())


@dataclass(frozen=True)
class _Ready:
    """A task's cases as they are."""

    whole: Known

    @property
    def n(self) -> int:
        return len(self.whole.truth)

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
    processes: int = 1,
) -> Study:
    """Read lines in time order once. `sampled` are positions among the scored cases that are kept whole.

    The keeper then knows what was known when the last case had been met. With `without_outcome`, cases that a model
    would be asked about are kept though no outcome tells their truth: it is `UNKNOWN`. With several `processes` this
    one reads and replays while the others compute; what comes out is the same.
    """
    features = {task: feature_set(task, attributes) for task in tasks}
    notes = _notes(features)
    reckoner = Reckoner(features, policy, without_outcome)
    samples, position = [], 0

    def meet(line: HistoryLine) -> None:
        for task, each in notes.items():
            each.earlier.meet(task, line)

    blocks = _blocks(_replayed(lines, policy, keeper, meet))
    with _without_collector(), closing(worked(blocks, reckoner.columns, processes)) as computed:
        for block, columns in computed:
            for task, each in notes.items():
                each.add(task, block, columns)
            for matrix in {id(each.matrix): each.matrix for each in notes.values()}.values():
                matrix.add(columns)
            for place, case in enumerate(block, start=position):
                if place in sampled:
                    samples.append(Sample(place, case.line.case, case.standing()))
            position += len(block)
        return Study(samples, notes)


def _blocks(cases: Iterator[Replayed]) -> Iterator[Block]:
    while block := list(islice(cases, BLOCK_CASES)):
        yield block


def _replayed(
    lines: Iterable[Read], policy: Policy, keeper: StandingKeeper, meet: Callable[[HistoryLine], None]
) -> Iterator[Replayed]:
    """The scored cases with what was known at their moments, context cases among it, which `meet` is told of."""
    scored: deque[bool] = deque()  # A replay reads all lines of a moment before it gives the first.

    def with_promises() -> Iterator[HistoryLine]:
        for line, counts in lines:
            scored.append(counts)
            case = promised(line.case, policy)
            line = line if case is line.case else line.model_copy(update={"case": case})
            if not counts:
                meet(line)
            yield line

    for line, seen in replay_seen(with_promises(), keeper, settle=False):
        if scored.popleft():
            yield Replayed(line, seen)


class _TaskNotes:
    """Grows with every block by the cases that are kept for the task."""

    def __init__(self, matrix: _Matrix) -> None:
        self.matrix = matrix
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
        self._counts_at: list[float] = []
        self._told: list[float] = []
        self._untold = 0
        """Lines of which no outcome is told."""
        self._counts_from: list[float] = []
        self._due: list[float] = []
        self._outcomes_told: list[float] = []
        """When each outcome was told, of this task or another."""
        self.earlier = Earlier()

    @property
    def n(self) -> int:
        return len(self._truth)

    def add(self, task: Task, block: Block, columns: Columns) -> None:
        """The block's cases of the task, before its rows are added to the matrix."""
        if task is Task.SLA_BREACH:
            self.promise_passed += sum(promise_passed(each.line) for each in block)
        self._untold += sum(each.line.outcome is None for each in block)
        self._outcomes_told += [told_at(each.line).timestamp() for each in block if each.line.outcome]
        self._truth += columns[f"{task}.truth"].tolist()
        self._fired += columns[f"{task}.fired"].tolist()
        self._stakes += columns[f"{task}.stake"].tolist()
        self._rows += (self.matrix.n + columns[f"{task}.row"]).tolist()
        for place in columns[f"{task}.case"].tolist():
            self._add(task, block[place].line)

    def _add(self, task: Task, line: HistoryLine) -> None:
        self._times.append(line.case.event.time.timestamp())
        self._messages.append(line.case.message)
        self._exceptions.append(line.case.exception_id)
        self._selection.append(1.0 if line.selection is None else line.selection.weight or 1.0)
        self._regions.append(line.case.region)
        self._events.append(event_key(line.case.event.source, line.case.event.id))
        due_at = line.case.promise.due_at if line.case.promise and task is Task.SLA_BREACH else None
        self._due.append(due_at.timestamp() if due_at else math.nan)
        self._counts_at.append(_counts_at(line, due_at))
        self._told.append(told_at(line).timestamp())
        self._counts_from.append(counts_from(task, line).timestamp())

    def known(self) -> Known:
        order = self._order()
        return Known(
            times=np.array(self._times, np.float64)[order],
            truth=np.array(self._truth, np.int64)[order],
            fired=[self._fired[each] for each in order],
            messages=[self._messages[each] for each in order],
            facts=self.matrix.at(np.array(self._rows, np.int64)[order]),
            exceptions=np.unique(self._exceptions, return_inverse=True)[1][order],
            regions=[self._regions[each] for each in order],
            stakes=np.array(self._stakes, np.float64)[order],
            promise_passed=self.promise_passed,
            no_outcome=self._untold,
            selection=np.array(self._selection)[order] if any(each != 1.0 for each in self._selection) else None,
            events=[self._events[each] for each in order],
            counts_at=np.array(self._counts_at, np.float64)[order],
            since=np.array(self._counts_from, np.float64)[order],
            open=self._open()[order],
            maturity=self._maturity(),
        )

    def _maturity(self) -> Maturity | None:
        if is_timeless(np.array(self._times)):
            return None
        truth = np.array(self._truth, np.int64)
        moments = np.array(self._counts_from), np.array(self._told)
        return matured(truth, *moments, self._untold, self.earlier.took)

    def _open(self) -> NDArray[np.bool_]:
        """Cases without times have no end: none of their promises is open; nor where nobody tells an outcome."""
        due = np.array(self._due, np.float64)
        if is_timeless(np.array(self._times)) or not self._outcomes_told:
            return np.zeros(len(due), np.bool_)
        return due > end_of(np.array(self._outcomes_told))

    def _order(self) -> NDArray[np.intp]:
        """Time's, as they came; without times, the order in which they are split."""
        rows = range(len(self._times))
        if not is_timeless(np.array(self._times)):
            return np.array(rows, np.intp)
        places = [scattered(each) for each in self._exceptions]
        return np.array(sorted(rows, key=places.__getitem__), np.intp)


def _counts_at(line: HistoryLine, due_at: datetime | None) -> float:
    return counted_from(told_at(line), due_at).timestamp() if line.outcome else math.nan


class _Matrix:
    """A matrix that grows by blocks; tasks that read the same features share one."""

    def __init__(self, features: FeatureSet) -> None:
        self._name, self._width = features.fingerprint, len(features.names)
        self._blocks: list[Floats] = []
        self.n = 0
        """Its rows."""

    def add(self, columns: Columns) -> None:
        """The rows of one more block."""
        self._blocks.append(columns[self._name])
        self.n += len(columns[self._name])

    def at(self, rows: NDArray[np.int64]) -> Floats:
        """Some of its rows: float64[n, features]."""
        self._blocks = [np.concatenate(self._blocks or [np.empty((0, self._width))])]
        return self._blocks[0][rows]


def _notes(features: Mapping[Task, FeatureSet]) -> dict[Task, _TaskNotes]:
    matrices = {each.fingerprint: _Matrix(each) for each in features.values()}
    return {task: _TaskNotes(matrices[each.fingerprint]) for task, each in features.items()}


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
