"""What the past days of articles in nodes say of their demand and of their empty shelves.

One shelf or millions: every summary is computed on windows of days, a row each, by the same code, so that a service
which asks about one shelf agrees with a history of a year to the last bit.

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

import numpy as np
from numpy.typing import NDArray

from data.case import Case, StockDay
from features.calendar import local_time
from features.definition import Value, shared

Floats = NDArray[np.float64]

OPENING_HOURS = 16.0
"""Hours of a day in which a shelf can be empty for customers."""
DAYS = 28
"""Days of a window: four weeks, the last day known at its end."""
_LEAST_FILLED = 0.25
_PRIOR_DAYS = 3.0
"""How many usual days stand against the days seen, for the share of a weekday, a promotion or a holiday."""
_LONGEST = 60.0
_NEARLY_NONE = 1e-6
_LONG = 4.0
"""Hours from which a day counts as one that the shelf did not serve."""
_SHORT_HALF_LIFE = 3.0
_LONG_HALF_LIFE = 10.0


@dataclass(frozen=True)
class Windows:
    """Past days of n shelves, float64[n, DAYS] each, NaN where a day or a fact of it is not known.

    `sold` units; `empty` opening hours out of stock; `late` hours out of stock after them; `promotion` and
    `holiday` 0 or 1; `price` by the list price; `told` whether the day is. Of the last two days, the last at the end,
    `parts` float64[n, 2, 6] is what each part sold and `gaps` the hours out of stock in it; `final` is what the last
    part that is told sold on each day.
    """

    sold: Floats
    empty: Floats
    late: Floats
    promotion: Floats
    holiday: Floats
    price: Floats
    told: Floats
    parts: Floats
    gaps: Floats
    final: Floats


MOST_PARTS = 6
LAST_DAYS = 2
"""Days of which the parts are read."""
SUMMARIES = (
    "days",
    "daily",
    "next_weekday",
    "promotion",
    "holiday",
    "last_day",
    "day_before",
    "two_days_before",
    "last_week",
    "lately",
    "variation",
    "idle_share",
    "last_day_units",
    "first_part",
    "middle_part",
    "last_part",
    "last_part_share",
    "last_part_pace",
    "empty_last_day",
    "empty_day_before",
    "empty_last_week",
    "empty_month",
    "empty_same_weekday",
    "empty_last_part",
    "empty_last_part_before",
    "empty_first_part",
    "empty_share",
    "empty_run",
    "days_since_empty",
    "unserved_lately",
    "unserved_month",
    "late_last_day",
    "late_day_before",
    "last_price",
    "usual_price",
)


def summarise(windows: Windows) -> dict[str, Floats]:
    """Every summary of `SUMMARIES` by name, float64[n]; NaN where no day tells.

    `daily` is in units a day; `next_weekday`, `promotion`, `holiday` and what lies between `last_day` and `lately`
    are shares of it (1 is usual); `variation` is the standard deviation by the mean; hours are hours out of stock.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return {**_demand(windows), **_emptiness(windows), **_prices(windows)}


def _units(windows: Windows) -> Floats:
    """Units wanted a day, float64[n, days]: what was sold, over the share of the opening hours there was some."""
    filled = np.where(windows.empty > 0.0, 1.0 - windows.empty / OPENING_HOURS, 1.0)
    return np.where(filled >= _LEAST_FILLED, windows.sold / filled, np.nan)


def _daily(windows: Windows, units: Floats) -> Floats:
    """Units wanted on a usual day: of those without a promotion, where there are any."""
    plain = _mean(np.where(windows.promotion == 1.0, np.nan, units))
    return np.where(np.isnan(plain), _mean(units), plain)


def _usual(daily: Floats) -> Floats:
    """What shares are told of; NaN where nearly nothing is usual."""
    return np.where(daily >= _NEARLY_NONE, daily, np.nan)


def _demand(windows: Windows) -> dict[str, Floats]:
    units = _units(windows)
    promoted, daily = windows.promotion == 1.0, _daily(windows, units)
    usual = _usual(daily)
    last, parts, final = units[:, -1], windows.parts[:, -1], windows.final[:, -1]
    final_usual = _faded(windows.final, _LONG_HALF_LIFE)
    return {
        "days": windows.told.sum(axis=1),
        "daily": daily,
        "next_weekday": _share(units[:, ::-1][:, 6::7], usual),
        "promotion": _share(np.where(promoted, units, np.nan), usual),
        "holiday": _share(np.where(windows.holiday == 1.0, units, np.nan), usual),
        "last_day": last / usual,
        "day_before": units[:, -2] / usual,
        "two_days_before": units[:, -3] / usual,
        "last_week": _mean(units[:, -7:]) / usual,
        "lately": _faded(units, _SHORT_HALF_LIFE) / usual,
        "variation": _variation(units, usual),
        "idle_share": _mean(np.where(np.isnan(units), np.nan, units < _NEARLY_NONE)),
        "last_day_units": windows.sold[:, -1],
        "first_part": parts[:, 0],
        "middle_part": parts[:, 1],
        "last_part": final,
        "last_part_share": final / usual,
        "last_part_pace": final / np.where(final_usual >= _NEARLY_NONE, final_usual, np.nan),
    }


def _emptiness(windows: Windows) -> dict[str, Floats]:
    empty, known = windows.empty, ~np.isnan(windows.empty)
    ran_empty = np.where(known, empty >= 1.0, np.nan)
    unserved = np.where(known, empty >= _LONG, np.nan)
    any_known = known.any(axis=1)
    held = _run(ran_empty == 0.0, ran_empty == 1.0)
    since = np.where((ran_empty == 1.0).any(axis=1), held, _LONGEST)
    return {
        "empty_last_day": empty[:, -1],
        "empty_day_before": empty[:, -2],
        "empty_last_week": _mean(empty[:, -7:]),
        "empty_month": _mean(empty),
        "empty_same_weekday": _mean(empty[:, ::-1][:, 6::7]),
        "empty_last_part": _last_part(windows.gaps[:, -1]),
        "empty_last_part_before": _last_part(windows.gaps[:, -2]),
        "empty_first_part": windows.gaps[:, -1, 0],
        "empty_share": _mean(ran_empty),
        "empty_run": np.where(any_known, _run(ran_empty == 1.0, ran_empty == 0.0), np.nan),
        "days_since_empty": np.where(any_known, since, np.nan),
        "unserved_lately": _faded(unserved, _SHORT_HALF_LIFE),
        "unserved_month": _faded(unserved, _LONG_HALF_LIFE),
        "late_last_day": windows.late[:, -1],
        "late_day_before": windows.late[:, -2],
    }


def _prices(windows: Windows) -> dict[str, Floats]:
    return {"last_price": windows.price[:, -1], "usual_price": _faded(windows.price, _LONG_HALF_LIFE)}


def _last_part(parts: Floats) -> Floats:
    """What is told of the last part that is."""
    place = parts.shape[1] - 1 - np.argmax(~np.isnan(parts[:, ::-1]), axis=1)
    return np.asarray(parts[np.arange(len(parts)), place])


def _mean(values: Floats) -> Floats:
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))


def _faded(values: Floats, half_life: float) -> Floats:
    """The mean in which a day counts half as much for every half-life it lies back."""
    weight = 0.5 ** (np.arange(values.shape[1])[::-1] / half_life)
    known = ~np.isnan(values)
    return np.asarray((np.where(known, values, 0.0) * weight).sum(axis=1) / (known * weight).sum(axis=1))


def _share(values: Floats, usual: Floats) -> Floats:
    """The values' mean as a share of the usual, shrunk to 1 while few; NaN where no usual is known."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray((total / usual + _PRIOR_DAYS) / (known.sum(axis=1) + _PRIOR_DAYS))


def _variation(units: Floats, usual: Floats) -> Floats:
    known = ~np.isnan(units)
    count = known.sum(axis=1)
    squares = np.where(known, (units / usual[:, None] - 1.0) ** 2, 0.0).sum(axis=1)
    return np.asarray(np.where(count >= 2, np.sqrt(squares / (count - 1.0)), np.nan) + 0.0 * usual)


def _run(counted: NDArray[np.bool_], breaks: NDArray[np.bool_]) -> Floats:
    """How many of the last days are counted without one that breaks; days that tell nothing do neither."""
    after = np.cumsum(breaks[:, ::-1], axis=1) == 0
    return np.asarray((counted[:, ::-1] & after).sum(axis=1), np.float64)


class ShelfReport(NamedTuple):
    """What a case tells of its shelf's last day.

    The share of the opening hours it was empty, the hours it was in the last part and after them, units wanted and
    usual.
    """

    empty: float
    closing: float
    late: float
    wanted: float
    usual: float


def shelf_report(case: Case) -> ShelfReport | None:
    """What is told of yesterday or today at the shelf at stake; None where nobody told.

    Of the summaries only what it needs: every case of a history is asked for it, where nothing else can be done.
    """
    found = _window(case)
    if found is None or found[1] > 1.0:
        return None
    windows, _ = found
    empty, closing, late = (
        float(each[0]) for each in (windows.empty[:, -1], _last_part(windows.gaps[:, -1]), windows.late[:, -1])
    )
    if math.isnan(empty):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        units = _units(windows)
        daily = _daily(windows, units)
        last_day = float((units[:, -1] / _usual(daily))[0])
    sells = not math.isnan(last_day)  # Where demand is not known, nothing was wanted and nothing is usual.
    return ShelfReport(
        empty=min(empty / OPENING_HOURS, 1.0),
        closing=0.0 if math.isnan(closing) else closing,
        late=0.0 if math.isnan(late) else late,
        wanted=last_day * float(daily[0]) if sells else 0.0,
        usual=float(daily[0]) if sells else 0.0,
    )


def _told(history: Sequence[StockDay], today: date) -> list[StockDay]:
    """The days by date; one after `today` cannot have been known and is left out."""
    latest = today + timedelta(days=1) if today < date.max else today  # the node's day may be ahead of UTC's
    return sorted((each for each in history if each.day <= latest), key=lambda each: each.day)


def window_of(history: Sequence[StockDay], today: date) -> tuple[Windows, float] | None:
    """The days of one shelf up to today as windows of one row, and how many days ago the last one was.

    None where no day is told. Of a day told twice, the later in the sequence counts.
    """
    told = _told(history, today)
    if not told:
        return None
    last = told[-1].day
    cells = np.full((8, 1, DAYS), np.nan)
    cells[7] = 0.0
    for each in told:
        place = DAYS - 1 - (last - each.day).days
        if place >= 0:
            cells[:, 0, place] = _cells(each)
    parts, gaps = (np.full((1, LAST_DAYS, MOST_PARTS), np.nan) for _ in range(2))
    for each in told:
        back = (last - each.day).days
        if back < LAST_DAYS:
            parts[0, LAST_DAYS - 1 - back, : len(each.sold_by_part)] = each.sold_by_part
            gaps[0, LAST_DAYS - 1 - back, : len(each.stockout_by_part)] = each.stockout_by_part
    sold, empty, late, promotion, holiday, price, final, there = cells
    return Windows(sold, empty, late, promotion, holiday, price, there, parts, gaps, final), float((today - last).days)


def _cells(day: StockDay) -> list[float]:
    final = day.sold_by_part[-1] if day.sold_by_part else None
    facts = (day.sold, day.stockout_hours, day.late_hours, day.promotion, day.holiday, day.price_share, final)
    return [*(np.nan if each is None else float(each) for each in facts), 1.0]


@shared
def _window(case: Case) -> tuple[Windows, float] | None:
    position = case.at_stake
    return window_of(position.history, local_time(case).date()) if position and position.history else None


@shared
def summary_of(case: Case) -> dict[str, float]:
    """The known summaries for the position at stake, and the last day's `age` in days; empty where no day is known."""
    found = _window(case)
    if found is None:
        return {}
    windows, age = found
    values = {name: float(each[0]) for name, each in summarise(windows).items()}
    return {name: value for name, value in values.items() if not math.isnan(value)} | {"age": age}


def told(case: Case, name: str) -> Value:
    """One summary of the case's shelf; None where it is not known."""
    return summary_of(case).get(name)
