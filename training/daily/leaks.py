"""Columns of a daily table that are said to be known before the day and hold what happened in it.

A plan may cause what happens: a promotion sells. It is not written by what happens, so the day's sales and empty hours
tell little of it, and hardly more than those of the day before do.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from training.check.associations import BINS, area_alone, binned, skill
from training.check.columns import Codes, Column
from training.check.leaks import FEWER_ERRORS, FEWEST, SETTLED, Suspicion
from training.daily.mapping import Cells, DailyMapping
from training.daily.sampled import Floats, Rows, Sampled, as_column

STRONG = 0.9
"""The area under the curve below which a plan is not asked why: a promotion nobody delivered more for reaches 0.86."""
HAPPENED = 0.6
"""The share of a column's uncertainty that a day's events resolve, from which they may have written it.

Sales of the day, its empty hours or flags of either reach 0.8 on real shelves, their promotions 0.02; simulated
promotions that treble demand at once, with no more delivered, 0.44.
"""
OVER_BEFORE = 2.0
"""How many times more the day must tell of it than the day before does."""

Areas = Mapping[str, float]


@dataclass(frozen=True)
class Alone:
    """How well single columns tell whether a shelf runs empty, learned on the earlier two thirds of the days."""

    seen: Sampled

    def of(self, column: Column) -> float:
        """The area under the ROC curve that the column reaches by its value of the day itself."""
        seen, earlier = self.seen, self._earlier
        return area_alone(column, seen.ran, seen.answered & earlier, seen.answered & ~earlier)

    @cached_property
    def _earlier(self) -> Rows:
        return np.asarray(self.seen.day <= np.quantile(self.seen.day[self.seen.answered], 2 / 3))


def facts_ahead(mapping: DailyMapping) -> dict[str, Cells]:
    """The sources of the facts that are said to be known before the day, by key."""
    return {f"told.{name}": mapping.numbers[f"told.{name}"] for name in mapping.ahead}


def suspicions(seen: Sampled, mapping: DailyMapping, areas: Areas) -> dict[str, tuple[Suspicion, ...]]:
    """What is suspected of each source known ahead, by key, only of those that are suspected.

    `areas` are those of `Alone`, by key, of whatever is known before the day begins.
    """
    if seen.answered.sum() < FEWEST:
        return {}
    happened = {key: seen.numbers(cells) for key, cells in _told_after(mapping)}
    honest = _best_honest(areas, facts_ahead(mapping))
    found = {}
    for key, cells in facts_ahead(mapping).items():
        told = [_implausible(areas[key], honest), _written_by_the_day(seen, seen.numbers(cells), happened)]
        found[key] = tuple(each for each in told if each is not None)
    return {key: each for key, each in found.items() if each}


def yesterdays(seen: Sampled, mapping: DailyMapping) -> dict[str, Column]:
    """What a row tells of its day, as it stood the day before: what may be known when the question is asked."""
    told = {key: cells for key, cells in mapping.numbers.items() if key.startswith("told.")}
    return {
        f"{key} the day before": as_column(key, seen.of_the_day_before(seen.numbers(cells)))
        for key, cells in told.items()
    }


def _told_after(mapping: DailyMapping) -> Iterator[tuple[str, Cells]]:
    """The sources of what is known only when the day has ended."""
    ahead = facts_ahead(mapping)
    for key, cells in mapping.numbers.items():
        if key.startswith("told.") and key not in ahead:
            yield key, cells


def _best_honest(areas: Areas, ahead: Container[str]) -> float:
    """The best area that is above suspicion: two leaks known ahead would excuse one another."""
    return max((area for key, area in areas.items() if area < (STRONG if key in ahead else SETTLED)), default=0.5)


def _implausible(area: float, honest: float) -> Suspicion | None:
    """A source that predicts as no plan does: almost perfectly, or far better than all that is above suspicion."""
    if area < SETTLED and (area < STRONG or (1 - area) * FEWER_ERRORS > 1 - honest):
        return None
    return Suspicion(
        "implausible",
        f"its value of the day itself tells whether the shelf runs empty with an AUC of {area:.3f}; the next best of "
        f"what is known before the day and above suspicion reaches {honest:.3f}",
    )


def _written_by_the_day(seen: Sampled, values: Floats, happened: Mapping[str, Floats]) -> Suspicion | None:
    """A source that the day's own events tell, and those of the day before do not."""
    own = _codes(seen, values)
    ways = [(key, *_told_by(seen, own, told)) for key, told in happened.items()]
    if not ways:
        return None
    key, now, before = max(ways, key=lambda each: each[1])
    if now < HAPPENED or now < OVER_BEFORE * before:
        return None
    return Suspicion(
        "moves_with_the_day",
        f"what happened on the day ({key}) tells {percent(now)} of its value, what happened the day before "
        f"{percent(max(before, 0.0))}: a plan is not written by what happens",
    )


def _told_by(seen: Sampled, own: Codes, told: Floats) -> tuple[float, float]:
    """The share of a column's uncertainty that a fact resolves, and that the fact of the day before resolves."""
    rows = (own >= 0) & (seen.before >= 0)
    shares = []
    for values in (told, seen.of_the_day_before(told)):
        ways = (binned(values, rows), binned(_against_usual(seen, values), rows))
        shares.append(max(skill(own, by, rows) for by in ways))
    return shares[0], shares[1]


def _codes(seen: Sampled, values: Floats) -> Codes:
    """The words of a flag; of numbers, how far they lie from what is usual for the shelf."""
    column = as_column("", values)
    if len(column.words) <= BINS:
        return column.codes
    return binned(_against_usual(seen, values), np.isfinite(values))


def _against_usual(seen: Sampled, values: Floats) -> Floats:
    """Values less the mean of their shelf: what is always so on a shelf tells nothing of a day."""
    known: NDArray[np.bool_] = np.isfinite(values)
    count = np.bincount(seen.shelf[known], minlength=seen.shelves)
    total = np.bincount(seen.shelf[known], values[known], minlength=seen.shelves)
    return np.asarray(values - (total / np.maximum(count, 1))[seen.shelf])
