"""A model's answers on later cases as the service gives them: each heeds the record of those whose outcome is known.

The same functions as live (`models.track_record`, `models.heeded_sets`), case after case in time order, from a record
that is empty when the first case arrives: what taught the model is no proof of it. What waits live for its promise to
fall due is learned here at the moment from which it counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from models.conformal import DECIMALS, ConformalSets, set_labels
from models.delays import Delays
from models.heeded_sets import Records, asked
from models.track_record import MemoryRecords, Proven, keys_of, known, learn, shift, shifted
from training.histories.split import is_timeless
from training.learning.conformal_fit import Calibrating

Floats = NDArray[np.float64]

HEEDED = 0.5
"""How far a risk heeds its record's level: half of the way, see docs/decisions/0041."""
_VERSION = "later"


@dataclass(frozen=True)
class Later:
    """Cases that a model had not seen, in time order, with its calibrated scores and from when each truth counts."""

    cases: Calibrating
    counts_at: Floats
    """Seconds since 1970; NaN where nothing says, empty where nobody asked."""
    since: Floats = field(default_factory=lambda: np.empty(0))
    """From when on each truth could be known, in seconds since 1970; empty where nobody asked."""
    delays: Delays | None = None
    """Those of the model; see `models.delays`."""

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
            found = _known(rows, task, region or None, float(at), later.delays)
            yield start + np.flatnonzero(regions[start:end] == region), found


def _runs(times: Floats) -> Iterator[tuple[int, int]]:
    """Where the cases of each moment begin and end."""
    cuts = [0, *(np.flatnonzero(np.diff(times)) + 1).tolist(), len(times)]
    return pairwise(cuts)


def _known(rows: MemoryRecords, task: Task, region: str | None, at: float, delays: Delays | None) -> Records:
    moment = datetime.fromtimestamp(at, UTC)
    keys = keys_of(task, _VERSION, region)
    found = {each.region: each for each in known(rows, keys, moment, {task: delays})}
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
        asked_at=datetime.fromtimestamp(float(later.since[place]), UTC) if len(later.since) else None,
    )
    learn(rows, keys_of(task, _VERSION, region), proven, later.delays)


def _given(probabilities: Floats, truth: int) -> float:
    """What was given to the truth; `no` of a risk has what its single probability leaves."""
    if len(probabilities) > 1:
        return float(probabilities[truth])
    return float(probabilities[0]) if truth else round(1.0 - float(probabilities[0]), DECIMALS)
