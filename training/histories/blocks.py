"""What is computed of a block of cases: features, truths, the fallback's rows and what is at stake, as columns.

It depends on nothing but the cases and what was known at their moments, so that it can be done in another process.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.catalogue import FeatureSet
from features.standing import Sighting
from policies.fallback import rule_facts
from policies.policy import Policy
from policies.stakes import stake
from training.histories.baseline import NO_RULE
from training.histories.truth import UNKNOWN, is_asked, truth_of

Columns = Mapping[str, NDArray[Any]]


class Replayed(NamedTuple):
    """A line with what was seen of its case's parties when it arrived."""

    line: HistoryLine
    seen: Sighting

    def standing(self) -> Standing:
        """What was known of the parties."""
        return with_stored(self.seen.standing(), self.line.standing)


def with_stored(replayed: Standing, stored: Standing | None) -> Standing:
    """What the service knew, where a line says it; of kinds of parties that it did not keep, what the history tells."""
    if stored is None:
        return replayed
    kinds = {each.kind for each in stored.parties}
    others = tuple(each for each in replayed.parties if each.kind not in kinds)
    return replayed.model_copy(update={"parties": (*stored.parties, *others)})


Block = Sequence[Replayed]
"""Cases that follow one another."""


class Reckoner:
    """Computes blocks for some tasks; those that read the same features share a matrix.

    With `without_outcome`, cases that a model would be asked about are kept though no outcome tells their truth.
    """

    def __init__(self, features: Mapping[Task, FeatureSet], policy: Policy, without_outcome: bool) -> None:
        self._policy, self._without_outcome = policy, without_outcome
        self._matrix_of = {task: each.fingerprint for task, each in features.items()}
        self._features = {each.fingerprint: each for each in features.values()}

    def columns(self, block: Block) -> Columns:
        """Of each task's cases TASK.`case` (the place in the block), `truth`, `fired`, `stake` and `row`: which row of
        the matrix, which is named by its features' fingerprint.
        """
        notes: dict[Task, list[tuple[int, int, str, float, int]]] = {task: [] for task in self._matrix_of}
        rows: dict[str, list[NDArray[np.float64]]] = {each: [] for each in self._features}
        for place, each in enumerate(block):
            line, kept = each.line, self._kept(each.line)
            if not kept:
                continue
            standing = each.standing()
            for matrix in {self._matrix_of[task] for task in kept}:
                rows[matrix].append(self._features[matrix].vector(line.case, standing))
            facts = rule_facts(line.case, standing, self._policy)
            for task, truth in kept.items():
                last = len(rows[self._matrix_of[task]]) - 1
                notes[task].append((place, truth, self._fired(task, facts), self._stake(task, facts), last))
        return {
            **{name: column for task, noted in notes.items() for name, column in _columns(task, noted).items()},
            **{name: _matrix(found, len(self._features[name].names)) for name, found in rows.items()},
        }

    def _kept(self, line: HistoryLine) -> dict[Task, int]:
        """The tasks whose truth the outcome tells, or that are asked about the case, each with its truth."""
        truths = {task: truth_of(task, line) for task in self._matrix_of}
        return {t: v for t, v in truths.items() if v != UNKNOWN or (self._without_outcome and is_asked(t, line))}

    def _fired(self, task: Task, facts: Mapping[str, Any]) -> str:
        row = self._policy.row(task.value, facts)
        return row.id if row else NO_RULE

    def _stake(self, task: Task, facts: Mapping[str, Any]) -> float:
        told = stake(task, facts, self._policy)
        return math.nan if told is None else float(told)


def _columns(task: Task, notes: Sequence[tuple[int, int, str, float, int]]) -> Columns:
    case, truth, fired, at_stake, row = zip(*notes, strict=True) if notes else ((), (), (), (), ())
    return {
        f"{task}.case": np.array(case, np.int64),
        f"{task}.truth": np.array(truth, np.int64),
        f"{task}.fired": np.array(fired, np.str_),
        f"{task}.stake": np.array(at_stake, np.float64),
        f"{task}.row": np.array(row, np.int64),
    }


def _matrix(rows: Sequence[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, width)
