"""A model's answers on later cases as the service gives them: each heeds the record of those whose outcome is known.

The same functions as live (`models.track_record`, `models.heeded_sets`), case after case in time order, from a record
that is empty when the first case arrives: what taught the model is no proof of it. What waits live for its promise to
fall due is learned here at the moment from which it counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from models.conformal import DECIMALS, ConformalSets, set_labels
from models.heeded_sets import Records, asked
from models.track_record import MemoryRecords, Proven, keys_of, known, learn, shift, shifted
from training.histories.rows import Rows
from training.histories.split import is_timeless
from training.learning.conformal_fit import Calibrating
from training.learning.fit import Recipe, choosing_loss, grow, probabilities
from training.learning.tune import quick

Floats = NDArray[np.float64]

SHARES = (0.0, 0.25, 0.5)
"""How far a risk may heed its record's level, not at all first: a tie keeps it. Never all the way: what is known early
is of the cases that ended early, and a level that follows them to and fro costs the order of the cases."""
WORTH = 0.001
"""Log loss by which heeding must serve better than not to."""
MOST_ROWS = 60_000
"""Rows that teach, and rows that are answered, where the share is chosen: evenly spaced."""
_VERSION = "later"


@dataclass(frozen=True)
class Later:
    """Cases that a model had not seen, in time order, with its calibrated scores and from when each truth counts."""

    cases: Calibrating
    counts_at: Floats
    """Seconds since 1970; NaN where nothing says, empty where nobody asked."""

    @property
    def heeds(self) -> bool:
        """Whether an answer can know what an earlier one came to."""
        return len(self.counts_at) > 0 and not is_timeless(self.cases.times)


@dataclass(frozen=True)
class Heeded:
    """What cases were told: probabilities float64[n, k], and the error rates float64[n, labels] that the trained sets
    were asked for so that as many are missed as are aimed at.
    """

    probabilities: Floats
    asked: Floats


def heed(task: Task, later: Later, sets: ConformalSets | None, share: float, error_rate: float) -> Heeded:
    """The answers of a model that heeds such a share of its record's level, and whose sets heed what they missed."""
    labels, cases = set_labels(task.labels), later.cases
    told, asked_for = cases.probabilities.copy(), np.full((len(cases.truth), len(labels)), error_rate)
    if later.heeds and (share or sets is not None):
        for which, records in _moments(task, later, sets):
            by = shift(records[0], share) if task.is_risk else 0.0
            if by:
                told[which, 0] = [shifted(each, by) for each in told[which, 0].tolist()]
            asked_for[which] = [asked(error_rate, records, label) for label in labels]
    return Heeded(told, asked_for)


def choose_share(
    task: Task, rows: Rows, counts_at: Floats, first: int, recipe: Recipe, threads: int, seed: int
) -> float:
    """The share of its record's level that serves a risk best from row `first` on; 0 for labels.

    The days of one block are over before the outcomes of its cases are known. So one quick model of some of the rows
    before `first` answers all that come after, as a model that ships goes on answering. What is to be low is the log
    loss and, as much, the log loss at their own level: a level that moves to and fro disturbs the order of the cases.
    """
    end = len(rows.truth)
    thinned = slice(first, end, max(1, (end - first) // MOST_ROWS))
    later = Later(_cases(rows, thinned), counts_at[thinned])
    if not task.is_risk or not later.heeds:
        return 0.0
    step = max(1, first // MOST_ROWS)
    booster = grow(rows.at(slice(first % step, first, step)), quick(recipe), threads, seed)
    cases = replace(later.cases, probabilities=probabilities(booster, rows.features[thinned]))
    steps = _steps(task, replace(later, cases=cases))
    losses = [_loss(cases, share * steps) for share in SHARES]
    best = int(np.argmin(losses))
    return SHARES[best] if losses[best] < losses[0] - WORTH else 0.0


def _cases(rows: Rows, which: slice) -> Calibrating:
    """Some rows as cases of no region, about which nothing is said yet."""
    part = rows.at(which)
    none = np.zeros((len(part.truth), 1))
    return Calibrating(part.truth, none, [None] * len(part.truth), part.times, part.selection)


def _loss(cases: Calibrating, by: Floats) -> float:
    odds = cases.probabilities[:, 0] / (1.0 - cases.probabilities[:, 0]) * np.exp(by)
    told = (odds / (1.0 + odds))[:, None]
    return choosing_loss(cases.truth, told, cases.selection)


def _steps(task: Task, later: Later) -> Floats:
    """By how much the whole level would have moved each case: float64[n]."""
    steps = np.zeros(len(later.cases.truth))
    for which, records in _moments(task, later, None):
        steps[which] = shift(records[0], 1.0)
    return steps


def _moments(task: Task, later: Later, sets: ConformalSets | None) -> Iterator[tuple[NDArray[np.intp], Records]]:
    """The cases of each moment and region with the records at that moment."""
    rows, cases = MemoryRecords(), later.cases
    regions = np.array([each or "" for each in cases.regions])
    pending = np.argsort(later.counts_at, kind="stable")  # NaN comes last, and is never due.
    due = 0
    for start, end in _runs(cases.times):
        at = cases.times[start]
        while due < len(pending) and later.counts_at[pending[due]] <= at and pending[due] < start:
            _learn(rows, task, int(pending[due]), later, sets)
            due += 1
        for region in np.unique(regions[start:end]).tolist():
            found = _known(rows, task, region or None, float(at))
            yield start + np.flatnonzero(regions[start:end] == region), found


def _runs(times: Floats) -> Iterator[tuple[int, int]]:
    """Where the cases of each moment begin and end."""
    cuts = [0, *(np.flatnonzero(np.diff(times)) + 1).tolist(), len(times)]
    return pairwise(cuts)


def _known(rows: MemoryRecords, task: Task, region: str | None, at: float) -> Records:
    moment = datetime.fromtimestamp(at, UTC)
    keys = keys_of(task, _VERSION, region)
    found = {each.region: each for each in known(rows, keys, moment)}
    return [found.get(key.region) for key in keys]


def _learn(rows: MemoryRecords, task: Task, place: int, later: Later, sets: ConformalSets | None) -> None:
    cases, region = later.cases, later.cases.regions[place]
    truth = int(cases.truth[place])
    label = set_labels(task.labels)[truth]
    proven = Proven(
        truth=label,
        known_at=datetime.fromtimestamp(float(later.counts_at[place]), UTC),
        probability=float(cases.probabilities[place, 0]) if task.is_risk else None,
        left_at=None if sets is None else sets.cell(label, region).leaves_at(_given(cases.probabilities[place], truth)),
    )
    learn(rows, keys_of(task, _VERSION, region), proven)


def _given(probabilities: Floats, truth: int) -> float:
    """What was given to the truth; `no` of a risk has what its single probability leaves."""
    if len(probabilities) > 1:
        return float(probabilities[truth])
    return float(probabilities[0]) if truth else round(1.0 - float(probabilities[0]), DECIMALS)
