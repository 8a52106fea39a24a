"""The position at stake and what other nodes could give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.case import Order, OrderLine, StockPosition
from features import stock
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value


def _at(sku: str = "milk", node: str = "s-1", **facts: object) -> StockPosition:
    return StockPosition.model_validate({"sku": sku, "node": node, **facts})


@pytest.mark.parametrize(
    ("facts", "free"),
    [
        ({"on_hand": 5, "reserved": 2, "safety_stock": 1}, 2.0),
        ({"on_hand": 5}, 5.0),
        ({"on_hand": 1, "reserved": 4}, -3.0),
        ({"reserved": 4}, None),
    ],
)
def test_what_is_free_is_what_nobody_was_promised(facts: dict[str, Any], free: float | None) -> None:
    assert value(stock.stock_available, a_case(stock=(_at(**facts),))) == free


def test_the_order_takes_its_own_article_only() -> None:
    lines = tuple(OrderLine(line_id=sku, sku=sku, quantity=4) for sku in ("milk", "bread"))
    case = a_case(stock=(_at(on_hand=3),), order=Order(order_id="o", lines=lines))
    assert value(stock.stock_after_order, case) == -1.0
    assert value(stock.stock_after_order, case.model_copy(update={"order": None})) is None


def test_other_nodes_help_out_with_what_is_free_and_near() -> None:
    near_empty = _at(node="s-2", on_hand=1, reserved=1, transfer_minutes=5.0)
    far, farther = _at(node="s-3", on_hand=4, transfer_minutes=90.0), _at(node="s-4", on_hand=2, transfer_minutes=200.0)
    case = a_case(stock=(_at(on_hand=0), near_empty, farther, far))
    assert value(stock.stock_elsewhere, case) == 6.0
    assert value(stock.nearest_unit, case) == 90.0
    assert value(stock.stock_elsewhere, a_case(stock=(_at(on_hand=9),))) is None


def test_a_record_ages() -> None:
    read, counted, due = NOON - timedelta(hours=1), NOON - timedelta(days=2), NOON + timedelta(minutes=30)
    case = a_case(stock=(_at(as_of=read, counted_at=counted, inbound_due_at=due),))
    assert value(stock.stock_record_age, case) == 60.0
    assert value(stock.minutes_since_count, case) == 2880.0
    assert value(stock.inbound_minutes, case) == 30.0


def test_units_are_told_as_a_share_of_what_is_to_be_kept_back() -> None:
    case = a_case(stock=(_at(on_hand=9, reserved=3, safety_stock=4),))
    assert value(stock.safety_stock, case) == 4.0
    assert value(stock.safety_share, case) == 1.5
    assert value(stock.safety_share, a_case(stock=(_at(on_hand=9, safety_stock=0),))) is None
