"""How base rate and mean score went over the cases of a rehearsal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from training.histories.rows import DAY
from training.histories.split import is_timeless
from training.report.rehearsal import Rehearsal

Floats = NDArray[np.float64]

WEEK = 7 * DAY
QUARTER = 3
"""Months."""
MOST_PERIODS = 60
"""Points of a course that can be told apart in a picture."""


@dataclass(frozen=True)
class Period:
    """The cases of a week, month or quarter: when it began (seconds), how many, how often it happened, what was said.

    `middle` is the mean of their moments. `said` is a mean, None where the rehearsal has not scored the period.
    """

    start: float
    middle: float
    n: int
    rate: float
    said: float | None


@dataclass(frozen=True)
class Course:
    """How a task went from the first case on: by weeks, or where those are too many to see, by months or quarters.

    No period holds both cases that taught and the latest, which begin after `line` (seconds): one in which these begin
    is two.
    """

    by: str
    periods: tuple[Period, ...]
    line: float = math.nan


def _weeks(times: Floats) -> Floats:
    first = float(times[0])
    return first + (times - first) // WEEK * WEEK


def _months(times: Floats, together: int = 1) -> Floats:
    months = times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return (months // together * together).astype("datetime64[M]").astype("datetime64[s]").astype(np.float64)


def _quarters(times: Floats) -> Floats:
    return _months(times, QUARTER)


_STARTS: dict[str, Callable[[Floats], Floats]] = {"week": _weeks, "month": _months, "quarter": _quarters}
"""By the name of a period, when that of each case began; weeks are counted from the first case. Times are in order."""


def course(task: Task, rehearsal: Rehearsal) -> Course:
    """The periods from the first case on; none where the cases carry one moment. For labels `rate` is of right ones."""
    rows, first = rehearsal.rows, rehearsal.split.blocks[0][0]
    if is_timeless(rows.times):
        return Course("moment", ())
    said = np.full(len(rows.truth), np.nan)
    said[first:] = rehearsal.said.max(axis=1)
    happened = rows.truth.astype(np.float64)
    if not task.is_risk:
        happened = np.full(len(rows.truth), np.nan)
        happened[first:] = rehearsal.said.argmax(axis=1) == rows.truth[first:]
    known = ~np.isnan(happened)
    by, starts = _parted(rows.times, known)
    before, latest = rows.times[[rehearsal.split.test - 1, rehearsal.split.test]].tolist()
    starts = np.where(rows.times < latest, starts, np.maximum(starts, latest))
    inside = [(each, starts == each) for each in np.unique(starts[known]).tolist()]
    periods = (_period(start, rows.times[at], happened[at], said[at]) for start, at in inside)
    return Course(by, tuple(periods), (before + latest) / 2.0)


def _parted(times: Floats, known: NDArray[np.bool_]) -> tuple[str, Floats]:
    """The shortest periods of which not too many are known, and when that of each case began."""
    ways = [(by, starts(times)) for by, starts in _STARTS.items()]
    return next((way for way in ways if len(np.unique(way[1][known])) <= MOST_PERIODS), ways[-1])


def _period(start: float, times: Floats, happened: Floats, said: Floats) -> Period:
    known, told = said[~np.isnan(said)], times[~np.isnan(happened)]
    return Period(
        start=start,
        middle=float(told.mean()),
        n=len(happened),
        rate=float(np.nanmean(happened)),
        said=float(known.mean()) if len(known) else None,
    )
