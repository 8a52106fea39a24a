"""What the past days of one article in one node say of its demand and of its empty shelf.

Sales are censored by stock-outs: what nobody could buy was not sold. A day's demand is therefore its sales by the
share of the opening hours that the shelf was filled (the censored-mean estimate of Nahmias, Naval Research Logistics
41, 1994, in its simplest form); days that were empty nearly all day tell nothing of demand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from data.case import Case, StockDay
from features.calendar import local_time
from features.definition import shared

OPENING_HOURS = 16.0
"""Hours of a day in which a shelf can be empty for customers."""
_LEAST_FILLED = 0.25
_RECENT_DAYS = 28
_PRIOR_DAYS = 3.0
"""How many usual days stand against the days seen, for a weekday's or a promotion's share of the usual demand."""
_LONGEST = 60.0
_NEARLY_NONE = 1e-6


@dataclass(frozen=True, slots=True)
class Demand:
    """Summary of the past days; None where no day tells.

    `daily` units per day; `next_day` and `promotion` shares of it (1 is usual); `last_day` and `last_week` the same
    for what was sold lately; `variation` the standard deviation by the mean; hours are opening hours out of stock.
    """

    days: int
    daily: float | None
    next_weekday: float | None
    promotion: float | None
    last_day: float | None
    last_week: float | None
    variation: float | None
    idle_share: float | None
    empty_last_day: float | None
    empty_day_before: float | None
    empty_last_week: float | None
    empty_month: float | None
    empty_same_weekday: float | None
    empty_share: float | None
    empty_run: float | None
    days_since_empty: float | None


class _Day(NamedTuple):
    """One day: its weekday, the demand it tells of (None: it tells nothing), the hours it was empty."""

    weekday: int
    units: float | None
    empty: float | None
    promotion: bool


def _read(day: StockDay) -> _Day:
    empty = day.stockout_hours
    filled = 1.0 - empty / OPENING_HOURS if empty else 1.0
    units = day.sold / filled if day.sold is not None and filled >= _LEAST_FILLED else None
    return _Day(day.day.weekday(), units, empty, bool(day.promotion))


def _told(history: Sequence[StockDay], today: date) -> list[StockDay]:
    """The days by date; one after `today` cannot have been known and is left out."""
    latest = today + timedelta(days=1) if today < date.max else today  # the node's day may be ahead of UTC's
    return sorted((each for each in history if each.day <= latest), key=lambda each: each.day)


def shelf_report(case: Case) -> float | None:
    """The share of the opening hours the shelf at stake was empty yesterday or today; None where nobody told."""
    today = local_time(case).date()
    told = _told(case.at_stake.history, today) if case.at_stake else []
    if not told or told[-1].stockout_hours is None or (today - told[-1].day).days > 1:
        return None
    return min(told[-1].stockout_hours / OPENING_HOURS, 1.0)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(values: Sequence[float], usual: float | None) -> float | None:
    """The values' mean as a share of the usual, shrunk to 1 while few; None where no usual is known."""
    if usual is None or usual < _NEARLY_NONE:
        return None
    return (sum(values) / usual + _PRIOR_DAYS) / (len(values) + _PRIOR_DAYS)


def _variation(values: Sequence[float], usual: float | None) -> float | None:
    if usual is None or usual < _NEARLY_NONE or len(values) < 2:
        return None
    spread = sum((each / usual - 1.0) ** 2 for each in values) / (len(values) - 1)
    return math.sqrt(spread)


def _run(empty: Sequence[bool]) -> float:
    """How many of the last days are True without a break."""
    count = 0
    for each in reversed(empty):
        if not each:
            break
        count += 1
    return float(count)


def _empty_of(day: _Day | None) -> float | None:
    return day.empty if day else None


def summarise(history: Sequence[StockDay], today: date) -> Demand | None:
    """The summary of the last four weeks' days up to today's; None where there are none."""
    told = _told(history, today)[-_RECENT_DAYS:]
    if not told:
        return None
    weekday = (told[-1].day.weekday() + 1) % 7
    return _summary([_read(each) for each in told], weekday)


def _summary(days: list[_Day], weekday: int) -> Demand:
    known = [each for each in days if each.units is not None]
    plain = [each.units for each in known if not each.promotion and each.units is not None]
    everything = [each.units for each in known if each.units is not None]
    daily = _mean(plain) if plain else _mean(everything)
    shelf = [each.empty for each in days if each.empty is not None]
    was_empty = [each >= 1.0 for each in shelf]
    filled_run = _run([not each for each in was_empty])
    return Demand(
        days=len(days),
        daily=daily,
        next_weekday=_share(
            [each.units for each in known if each.weekday == weekday and each.units is not None], daily
        ),
        promotion=_share([each.units for each in known if each.promotion and each.units is not None], daily),
        last_day=_share_now(days[-1:], daily),
        last_week=_share_now(days[-7:], daily),
        variation=_variation(everything, daily),
        idle_share=_mean([float(each < _NEARLY_NONE) for each in everything]),
        empty_last_day=_empty_of(days[-1]),
        empty_day_before=_empty_of(days[-2] if len(days) > 1 else None),
        empty_last_week=_mean([each.empty for each in days[-7:] if each.empty is not None]),
        empty_month=_mean(shelf),
        empty_same_weekday=_mean([each.empty for each in days if each.weekday == weekday and each.empty is not None]),
        empty_share=_mean([float(each) for each in was_empty]),
        empty_run=_run(was_empty) if shelf else None,
        days_since_empty=(filled_run if any(was_empty) else _LONGEST) if shelf else None,
    )


def _share_now(days: Sequence[_Day], usual: float | None) -> float | None:
    """The days' mean demand as a share of the usual, not shrunk."""
    units = _mean([each.units for each in days if each.units is not None])
    if units is None or usual is None or usual < _NEARLY_NONE:
        return None
    return units / usual


@shared
def demand_of(case: Case) -> Demand | None:
    """The summary for the position at stake; None where no day is known."""
    position = case.at_stake
    return summarise(position.history, local_time(case).date()) if position and position.history else None
