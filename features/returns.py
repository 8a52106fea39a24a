"""Goods that come back."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from data.vocabulary import ReturnCondition
from features.definition import Value, coder, feature, number, ratio

_condition = coder(tuple(ReturnCondition))


@feature(Unit.LABEL, "the goods came back {value}", levels=tuple(ReturnCondition))
def return_condition(case: Case, standing: Standing) -> Value:
    """The condition in which the goods came back."""
    return _condition(case.returned.condition) if case.returned else None


@feature(Unit.DAY, "the goods came back {value} after the purchase")
def days_since_purchase(case: Case, standing: Standing) -> Value:
    """How long after the purchase the goods came back."""
    return case.returned.days_since_purchase if case.returned else None


@feature(Unit.FLAG, "a receipt was {value}", words=("not shown", "shown"))
def receipt_shown(case: Case, standing: Standing) -> Value:
    """Whether a receipt was shown."""
    return number(case.returned.receipt_shown) if case.returned else None


@feature(Unit.FLAG, "the serial number {value} the sale", words=("does not match", "matches"))
def serial_matches(case: Case, standing: Standing) -> Value:
    """Whether the serial number matches the sale."""
    return number(case.returned.serial_matches) if case.returned else None


@feature(Unit.RATIO, "{value} of the expected weight is missing", below_zero="the goods weigh {value} too much")
def weight_difference(case: Case, standing: Standing) -> Value:
    """How much of the expected weight is missing."""
    return case.returned.weight_difference if case.returned else None


@feature(Unit.MONEY, "the customer asks for a refund of {value}")
def refund_asked(case: Case, standing: Standing) -> Value:
    """The refund the customer asks for."""
    return number(case.returned.refund_asked) if case.returned else None


@feature(Unit.RATIO, "the refund asked for is {value} of the order")
def refund_asked_share(case: Case, standing: Standing) -> Value:
    """The refund asked for as a share of the order."""
    return ratio(case.returned.refund_asked, case.order.value) if case.returned and case.order else None


@feature(Unit.EACH, "the customer returned {value} [order|orders] in a year")
def customer_returns(case: Case, standing: Standing) -> Value:
    """The number of returns of the customer in a year."""
    return number(case.customer.returns_365d) if case.customer else None


@feature(Unit.RATIO, "the customer returns {value} of what they order")
def customer_return_rate(case: Case, standing: Standing) -> Value:
    """The share of their orders the customer returns."""
    return ratio(case.customer.returns_365d, case.customer.orders_365d) if case.customer else None
