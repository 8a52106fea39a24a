"""Demand from past days: censored sales corrected, empty days counted, the future left out."""

from __future__ import annotations

import math
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.case import StockDay
from features.demand import DAYS, OPENING_HOURS, SUMMARIES, Windows, summarise, window_of
from tests.fixtures.cases import records

SUNDAY = date(2026, 11, 22)


def _days(*told: tuple[float | None, float | None], promotions: tuple[int, ...] = ()) -> list[StockDay]:
    """Days that end on Sunday: units sold, hours out of stock."""
    first = SUNDAY - timedelta(days=len(told) - 1)
    return [
        StockDay(day=first + timedelta(days=n), sold=sold, stockout_hours=hours, promotion=n in promotions)
        for n, (sold, hours) in enumerate(told)
    ]


def _found(days: list[StockDay], today: date) -> Any:
    """The summaries by name, None where one is not known; None where no day is."""
    found = window_of(days, today)
    if found is None:
        return None
    told = {name: float(each[0]) for name, each in summarise(found[0]).items()}
    return SimpleNamespace(**{name: None if math.isnan(each) else each for name, each in told.items()})


def _summary(days: list[StockDay]) -> Any:
    found = _found(days, SUNDAY + timedelta(days=1))
    assert found is not None
    return found


def test_no_days_tell_nothing() -> None:
    assert window_of([], SUNDAY) is None


def test_every_summary_is_told_whatever_the_shelf() -> None:
    assert set(vars(_summary(_days((8.0, 0.0))))) == set(SUMMARIES)


def test_sales_are_corrected_for_the_hours_nobody_could_buy() -> None:
    assert _summary(_days((8.0, 0.0), (4.0, OPENING_HOURS / 2))).daily == 8.0


def test_a_day_that_was_empty_nearly_throughout_tells_nothing_of_demand() -> None:
    found = _summary(_days((8.0, 0.0), (0.0, OPENING_HOURS), (0.0, 15.0)))
    assert (found.daily, found.idle_share) == (8.0, 0.0)


def test_a_promotion_is_a_share_of_the_usual_shrunk_while_seen_seldom() -> None:
    usual = [(10.0, 0.0)] * 6
    once, often = (
        _days(*usual, (30.0, 0.0), promotions=(6,)),
        _days(*usual, *[(30.0, 0.0)] * 9, promotions=tuple(range(6, 15))),
    )
    assert _summary(once).daily == _summary(often).daily == 10.0
    assert _summary(once).promotion == pytest.approx((3 + 3) / 4)
    assert _summary(often).promotion == pytest.approx((27 + 3) / 12)


def test_the_coming_weekday_has_its_own_share() -> None:
    days = _days(*[(40.0, 0.0) if n % 7 == 0 else (10.0, 0.0) for n in range(28)])
    assert days[0].day.weekday() == 0, "Mondays sell more, and the day after Sunday is one"
    assert (_summary(days).next_weekday or 0.0) > 1.2


def test_runs_and_shares_of_empty_days() -> None:
    held = _summary(_days((1, 5.0), (1, 0.0), (1, 0.0)))
    assert (held.days_since_empty, held.empty_run, held.empty_last_day) == (2.0, 0.0, 0.0)
    empty = _summary(_days((1, 0.0), (1, 4.0), (1, 2.0)))
    assert (empty.days_since_empty, empty.empty_run, empty.empty_last_day, empty.empty_day_before) == (
        0.0,
        2.0,
        2.0,
        4.0,
    )
    assert empty.empty_share == pytest.approx(2 / 3)
    assert _summary(_days((1, 0.0), (1, 0.0))).days_since_empty == 60.0, "never seen empty"


def test_unknown_hours_are_not_hours_in_stock() -> None:
    found = _summary(_days((1, None), (2, None)))
    assert (found.empty_run, found.days_since_empty, found.empty_share, found.empty_month) == (None, None, None, None)


def test_days_to_come_are_left_out() -> None:
    days = _days((1.0, 0.0), (2.0, 0.0), (900.0, 16.0))
    assert _found(days, SUNDAY - timedelta(days=2)) == _found(days[:2], SUNDAY)


def test_a_day_that_nobody_told_of_is_no_day_of_the_week_and_breaks_no_run() -> None:
    days = _days(*[(40.0, 0.0) if n % 7 == 0 else (10.0, 0.0) for n in range(28)])
    assert _summary(days[:20] + days[21:]).next_weekday > 1.2
    assert _summary(_days((1, 5.0), (1, 0.0), (1, None), (1, 0.0))).days_since_empty == 2.0


def test_a_shelf_that_sells_little_before_it_closes_shows() -> None:
    days = [each.model_copy(update={"sold_by_part": (4.0, 5.0, 0.5)}) for each in _days((8.0, 0.0), (8.0, 0.0))]
    found = _summary(days)
    assert (found.first_part, found.middle_part, found.last_part) == (4.0, 5.0, 0.5)
    assert found.last_part_share == 0.5 / 8.0


def test_a_last_part_is_compared_with_what_it_usually_sells() -> None:
    usual = [each.model_copy(update={"sold_by_part": (4.0, 2.0)}) for each in _days(*[(6.0, 0.0)] * 10)]
    assert _summary(usual).last_part_pace == 1.0
    short = [*usual[:-1], usual[-1].model_copy(update={"sold_by_part": (4.0, 0.5)})]
    assert 0.25 < _summary(short).last_part_pace < 0.3
    assert _summary(_days((6.0, 0.0))).last_part_pace is None


def test_holidays_are_a_share_of_the_usual_of_their_own() -> None:
    days = _days(*[(4.0, 0.0)] * 5, (12.0, 0.0))
    feast = [*days[:-1], days[-1].model_copy(update={"holiday": True})]
    daily = (5 * 4 + 12) / 6
    assert _summary(feast).holiday == pytest.approx((12 / daily + 3) / 4)
    assert _summary(days).holiday == 1.0


def test_many_shelves_are_told_as_one_is_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)

    def cells(high: float, gaps: float) -> Any:
        drawn = np.round(rng.uniform(0, high, (5_000, DAYS)), 2)
        return np.where(rng.random(drawn.shape) < gaps, np.nan, drawn)

    def parts(high: float) -> Any:
        return np.round(rng.uniform(0, high, (5_000, 2, 6)), 2)

    sold, empty = cells(9, 0.1), np.where(rng.random((5_000, DAYS)) < 0.7, 0.0, cells(16, 0.2))
    promotion, holiday = (np.where(rng.random(sold.shape) < 0.2, 1.0, 0.0) for _ in range(2))
    told = (~np.isnan(sold)).astype(np.float64)
    late, price, final = cells(8, 0.5), cells(1, 0.3), cells(3, 0.3)
    many = Windows(sold, empty, late, promotion, holiday, price, told, parts(5), parts(4), final)
    whole = summarise(many)
    for row in range(0, 5_000, 61):
        one = summarise(Windows(**{name: each[row : row + 1] for name, each in vars(many).items()}))
        for name in SUMMARIES:
            np.testing.assert_array_equal(one[name][0], whole[name][row], err_msg=name)


@settings(deadline=None)
@given(st.permutations(_days((1.0, 0.0), (2.0, 3.0), (3.0, None), (None, 1.0))))
def test_the_order_of_the_days_does_not_matter(days: list[StockDay]) -> None:
    assert _summary(days) == _summary(sorted(days, key=lambda each: each.day))


@settings(deadline=None)
@given(st.lists(records(StockDay), max_size=40), st.sampled_from([SUNDAY, date.max, date.min]))
def test_any_days_give_finite_numbers(days: list[StockDay], today: date) -> None:
    found = _found(days, today)
    if found is not None:
        assert all(value is None or math.isfinite(value) for value in vars(found).values())
        assert found.empty_share is None or 0.0 <= found.empty_share <= 1.0
