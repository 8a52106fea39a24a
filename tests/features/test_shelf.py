"""The days behind and the day ahead, as features."""

from __future__ import annotations

from datetime import timedelta

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
