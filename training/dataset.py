"""A history to matrices in one pass: standing replayed, features computed, labels and rules read, cases let go.

Features are those of serving, by the same functions; the standing at a case's moment knows only outcomes recorded by
then. What remains in memory is one row of numbers per case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import FeatureSet, feature_set
from features.standing import StandingKeeper, replay
from policies.fallback import rule_facts
from policies.policy import Policy
from policies.promise import due_at, with_promise
from training.baseline import NO_RULE

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

UNKNOWN = -1
BLOCK_ROWS = 2_048


@dataclass(frozen=True)
class Sample:
    """A case kept whole, with its standing and its position among the scored cases."""

    position: int
    case: Case
    standing: Standing


@dataclass(frozen=True)
class Study:
    """What one pass over a history leaves, one entry per scored case in time order.

    `truth` is the label's index, 0 or 1 for a risk, `UNKNOWN` where the outcome does not tell. `facts` are the
    features without those of the message. `fired` names the fallback's row.
    """

    times: Floats
    """Seconds since 1970."""
    truth: dict[Task, Truth]
    fired: dict[Task, list[str]]
    facts: dict[Task, Floats]
    messages: list[str | None]
    samples: list[Sample]

    def known(self, task: Task) -> NDArray[np.int64]:
        """The positions of the cases whose outcome tells the task's truth."""
        return np.flatnonzero(self.truth[task] != UNKNOWN)


Read = tuple[HistoryLine, bool]
"""A line, and whether it is scored or only context."""


def study(
    lines: Iterable[Read],
    tasks: Iterable[Task],
    attributes: AttributeSchema,
    policy: Policy,
    keeper: StandingKeeper,
    sampled: frozenset[int] = frozenset(),
) -> Study:
    """Read lines in time order once. `sampled` are positions among the scored cases that are kept whole."""
    notes = _Notes(tuple(tasks), attributes, policy, sampled)
    for line, scored, standing in _replayed(lines, policy, keeper):
        if scored:
            notes.add(line, standing)
    return notes.study()


def _replayed(
    lines: Iterable[Read], policy: Policy, keeper: StandingKeeper
) -> Iterator[tuple[HistoryLine, bool, Standing]]:
    scored: list[bool] = []

    def with_promises() -> Iterator[HistoryLine]:
        for line, counts in lines:
            scored.append(counts)
            promised = with_promise(line.case, due_at(line.case, policy).due_at)
            yield line if promised is line.case else line.model_copy(update={"case": promised})

    for line, standing in replay(with_promises(), keeper):
        yield line, scored.pop(), standing


@dataclass
class _Notes:
    """Grows with every case; the cases themselves are held for one block only."""

    tasks: tuple[Task, ...]
    attributes: AttributeSchema
    policy: Policy
    sampled: frozenset[int]
    times: list[float] = field(default_factory=list)
    messages: list[str | None] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.truth: dict[Task, list[int]] = {task: [] for task in self.tasks}
        self.fired: dict[Task, list[str]] = {task: [] for task in self.tasks}
        sets = {task: feature_set(task, self.attributes) for task in self.tasks}
        self._matrices = {each.fingerprint: _Matrix(each) for each in sets.values()}
        self._matrix_of = {task: self._matrices[each.fingerprint] for task, each in sets.items()}

    def add(self, line: HistoryLine, standing: Standing) -> None:
        case = line.case
        if len(self.times) in self.sampled:
            self.samples.append(Sample(len(self.times), case, standing))
        self.times.append(case.event.time.timestamp())
        self.messages.append(case.message)
        facts = rule_facts(case, standing, self.policy)
        for task in self.tasks:
            hit = self.policy.ask(task.value, facts).hit
            self.truth[task].append(truth_of(task, line))
            self.fired[task].append(hit.row if hit else NO_RULE)
        for matrix in self._matrices.values():
            matrix.add(case, standing)

    def study(self) -> Study:
        whole = {name: matrix.whole() for name, matrix in self._matrices.items()}
        return Study(
            times=np.array(self.times, np.float64),
            truth={task: np.array(codes, np.int64) for task, codes in self.truth.items()},
            fired=self.fired,
            facts={task: whole[matrix.features.fingerprint] for task, matrix in self._matrix_of.items()},
            messages=self.messages,
            samples=self.samples,
        )


class _Matrix:
    """A growing matrix; tasks that read the same features share one."""

    def __init__(self, features: FeatureSet) -> None:
        self.features = features
        self._block: list[tuple[Case, Standing]] = []
        self._done: list[Floats] = []

    def add(self, case: Case, standing: Standing) -> None:
        self._block.append((case, standing))
        if len(self._block) == BLOCK_ROWS:
            self._flush()

    def whole(self) -> Floats:
        self._flush()
        return np.concatenate(self._done)

    def _flush(self) -> None:
        self._done.append(self.features.matrix(self._block))
        self._block = []


def truth_of(task: Task, line: HistoryLine) -> int:
    """The label's index, 0 or 1 for a risk; `UNKNOWN` where the outcome does not tell, or a shelf is not named."""
    if line.outcome is None or (task is Task.STOCKOUT and line.case.at_stake is None):
        return UNKNOWN
    truth = line.outcome.truth(task, line.case.promise.due_at if line.case.promise else None)
    if truth is None:
        return UNKNOWN
    return int(truth) if isinstance(truth, bool) else task.labels.index(truth)
