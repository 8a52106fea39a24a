"""The days behind and the day ahead, as features."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.case import StockDay, StockPosition
from features import shelf
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

DAYS = tuple(
    StockDay(day=NOON.date() - timedelta(days=14 - n), sold=10.0, stockout_hours=0.0, promotion=False)
    for n in range(14)
)


def test_free_units_last_as_long_as_the_demand_to_be_expected_lets_them() -> None:
    position = StockPosition(sku="milk", node="s-1", on_hand=25, history=DAYS)
    assert value(shelf.daily_demand, a_case(stock=(position,))) == 10.0
    assert value(shelf.cover_days, a_case(stock=(position,))) == 2.5


def test_a_promotion_ahead_counts_only_where_one_is_ahead() -> None:
    promoted = (*DAYS, StockDay(day=NOON.date(), sold=40.0, stockout_hours=0.0, promotion=True))
    calm = StockPosition(sku="milk", node="s-1", promotion_ahead=False, history=promoted)
    busy = calm.model_copy(update={"promotion_ahead": True})
    assert value(shelf.next_day_demand, a_case(stock=(busy,))) == 10.0 * (4 + 3) / 4
    assert value(shelf.next_day_demand, a_case(stock=(calm,))) == 10.0


def test_without_days_nothing_is_known_of_them() -> None:
    case = a_case(stock=(StockPosition(sku="milk", node="s-1", on_hand=3),))
    assert value(shelf.cover_days, case) is None
    assert value(shelf.days_known, case) is None


def test_what_is_promised_leaves_the_shelf_and_what_is_kept_back_may_be_sold() -> None:
    position = StockPosition(sku="milk", node="s-1", on_hand=25, reserved=5, safety_stock=10, history=DAYS)
    case = a_case(stock=(position,))
    assert value(shelf.cover_days, case) == 1.0
    assert value(shelf.stock_days, case) == 2.0
    assert value(shelf.left_after_day, case) == 10.0
    assert value(shelf.safety_factor, case) == pytest.approx(10.0 / 10.25**0.5)


@pytest.mark.parametrize(
    ("due_in", "counted"),
    [(timedelta(hours=-3), 8.0), (timedelta(), 8.0), (timedelta(hours=12), 4.0), (timedelta(hours=24), 0.0)],
)
def test_what_is_due_counts_for_the_share_of_the_day_it_will_be_there(due_in: timedelta, counted: float) -> None:
    position = StockPosition(sku="milk", node="s-1", on_hand=10, inbound=8, inbound_due_at=NOON + due_in, history=DAYS)
    assert value(shelf.left_after_day, a_case(stock=(position,))) == counted


def test_what_is_due_at_an_unknown_moment_does_not_count() -> None:
    position = StockPosition(sku="milk", node="s-1", on_hand=10, inbound=8, history=DAYS)
    assert value(shelf.left_after_day, a_case(stock=(position,))) == 0.0
