"""What moved between the cases a rehearsal learned from and the latest ones: features, base rate and mean score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.catalogue import FeatureSet
from training.check.associations import SMALLEST_SHARE, binned
from training.histories.rows import DAY
from training.histories.split import is_timeless
from training.report.rehearsal import Rehearsal

Floats = NDArray[np.float64]

WEEK = 7 * DAY
ANOTHER = 0.25
"""The population stability index from which a distribution is commonly taken to be another."""
MOST_ROWS = 8_000
"""Rows of each window that are compared, evenly spaced: more would not tell more."""


@dataclass(frozen=True)
class Moved:
    """A feature and its population stability index: above `ANOTHER` it is not what it was."""

    feature: str
    index: float


@dataclass(frozen=True)
class Week:
    """The cases of seven days: when they began (seconds), how many, how often it happened, what was said on average.

    `said` is None where the rehearsal has not scored the week.
    """

    start: float
    n: int
    rate: float
    said: float | None


def moved(features: FeatureSet, rehearsal: Rehearsal) -> list[Moved]:
    """Every feature, the one whose distribution moved most first."""
    rows, test = rehearsal.rows.features, rehearsal.split.test
    early, late = _thinned(rows[:test]), _thinned(rows[test:])
    found = [
        Moved(each.name, _index(early[:, column], late[:, column], each.kind != "number"))
        for column, each in enumerate(features.features)
    ]
    return sorted(found, key=lambda each: (-each.index, each.feature))


def weeks(task: Task, rehearsal: Rehearsal) -> list[Week]:
    """The weeks from the first case on; none where the cases carry one moment. For labels `rate` is of right ones."""
    rows, first = rehearsal.rows, rehearsal.split.blocks[0][0]
    if is_timeless(rows.times):
        return []
    number = ((rows.times - rows.times[0]) // WEEK).astype(np.int64)
    said = np.full(len(rows.truth), np.nan)
    said[first:] = rehearsal.said.max(axis=1)
    happened = rows.truth.astype(np.float64)
    if not task.is_risk:
        happened = np.full(len(rows.truth), np.nan)
        happened[first:] = rehearsal.said.argmax(axis=1) == rows.truth[first:]
    return [
        _week(rows.times[0] + week * WEEK, happened[number == week], said[number == week])
        for week in np.unique(number[~np.isnan(happened)]).tolist()
    ]


def _week(start: float, happened: Floats, said: Floats) -> Week:
    known = said[~np.isnan(said)]
    return Week(float(start), len(happened), float(np.nanmean(happened)), float(known.mean()) if len(known) else None)


def _thinned(rows: Floats) -> Floats:
    return rows[:: max(1, len(rows) // MOST_ROWS)]


def _index(early: Floats, late: Floats, coded: bool) -> float:
    """The population stability index, by levels or by twentieths of the early rows; a missing value is a level."""
    both = np.concatenate([early, late])
    taught = np.arange(len(both)) < len(early)
    codes = np.where(np.isnan(both), -1, np.nan_to_num(both)).astype(np.int64) if coded else binned(both, taught)
    shares = [
        np.maximum(np.bincount(codes[rows] + 1, minlength=int(codes.max()) + 2) / rows.sum(), SMALLEST_SHARE)
        for rows in (taught, ~taught)
    ]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
