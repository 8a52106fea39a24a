"""Goods that come back."""

from __future__ import annotations

from decimal import Decimal

from data.case import Customer, Order, Returned
from data.vocabulary import ReturnCondition
from features import returns
from tests.fixtures.cases import a_case
from tests.fixtures.features import value


def test_returns() -> None:
    case = a_case(
        returned=Returned(condition=ReturnCondition.EMPTY_BOX, refund_asked=Decimal(60), serial_matches=False),
        order=Order(order_id="o", value=Decimal(240)),
        customer=Customer(orders_365d=10, returns_365d=4),
    )
    assert value(returns.return_condition, case) == 4.0
    assert value(returns.refund_asked_share, case) == 0.25
    assert value(returns.serial_matches, case) == 0.0
    assert value(returns.receipt_shown, case) is None
    assert value(returns.customer_return_rate, case) == 0.4
