"""The order, its promise and its customer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from data.case import Customer, Node, Order, OrderLine, Promise, Substitute
from data.vocabulary import Channel, CustomerTier, ExceptionType, NodeKind
from features import order
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)
LINES = (
    OrderLine(line_id="1", sku="milk", quantity=2, unit_price=Decimal("1.50"), affected=True),
    OrderLine(line_id="2", sku="bread", quantity=3, unit_price=Decimal("4.00")),
    OrderLine(line_id="3", sku="eggs", quantity=1),
)


def test_labels_are_coded_in_the_vocabularys_order() -> None:
    case = a_case(
        channel=Channel.SHIP_FROM_STORE,
        reported_type=ExceptionType.SPLIT_SHIPMENT,
        node=Node(id="n", kind=NodeKind.SUPPLIER_DIRECT),
        customer=Customer(tier=CustomerTier.KEY),
    )
    assert [
        value(each, case) for each in (order.channel, order.reported_type, order.node_kind, order.customer_tier)
    ] == [
        1.0,
        0.0,
        2.0,
        3.0,
    ]
    assert order.channel.levels[1] == "ship_from_store"


@pytest.mark.parametrize(("hours", "minutes"), [(2, 120.0), (0, 0.0), (-1, -60.0)])
def test_the_promise_counts_down_and_past(hours: int, minutes: float) -> None:
    case = a_case(promise=Promise(due_at=NOON + hours * HOUR))
    assert value(order.minutes_to_promise, case) == minutes
    assert value(order.promise_used, case) is None, "nobody says when it was given"


def test_a_promise_without_a_time_of_its_own_was_given_with_the_order() -> None:
    placed = Order(order_id="o", placed_at=NOON - HOUR)
    case = a_case(order=placed, promise=Promise(due_at=NOON + 3 * HOUR))
    assert value(order.promise_minutes, case) == 240.0
    assert value(order.promise_used, case) == 0.25
    assert value(order.minutes_since_order, case) == 60.0


def test_only_affected_lines_are_at_stake() -> None:
    case = a_case(order=Order(order_id="o", lines=LINES))
    assert value(order.affected_share, case) == pytest.approx(1 / 3)
    assert value(order.affected_units, case) == 2.0
    assert value(order.affected_value, case) == 3.0
    assert (value(order.order_lines, case), value(order.order_units, case)) == (3.0, 6.0)


def test_all_lines_are_at_stake_where_none_is_marked() -> None:
    case = a_case(order=Order(order_id="o", lines=LINES[1:]))
    assert value(order.affected_units, case) == 4.0
    assert value(order.affected_value, case) == 12.0, "the line without a price is worth what is known"


def test_a_substitute_counts_where_it_is_there() -> None:
    offered = (Substitute(sku="oat", on_hand=3), Substitute(sku="soy", on_hand=0), Substitute(sku="rice"))
    line = OrderLine(line_id="1", sku="milk", quantity=1, substitutes=offered)
    assert value(order.substitutes_on_hand, a_case(order=Order(order_id="o", lines=(line,)))) == 1.0


def test_amounts_and_parcels() -> None:
    told = Order(order_id="o", value=Decimal(80), margin=Decimal(20), shipments_planned=2, shipments_actual=1)
    case = a_case(order=told)
    assert value(order.order_margin_share, case) == 0.25
    assert value(order.shipments_extra, case) == -1.0
    assert value(order.order_value, case) == 80.0
