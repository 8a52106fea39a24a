"""The order, its promise and its customer."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from data.vocabulary import Channel, CustomerTier, ExceptionType, NodeKind
from features.definition import Value, coder, difference, feature, number, ratio, since

_channel = coder(tuple(Channel))
_type = coder(tuple(ExceptionType))
_tier = coder(tuple(CustomerTier))
_kind = coder(tuple(NodeKind))


@feature(Unit.LABEL, "the sender reports {value}", levels=tuple(ExceptionType))
def reported_type(case: Case, standing: Standing) -> Value:
    """The type the sender reports."""
    return _type(case.reported_type)


@feature(Unit.LABEL, "the channel is {value}", levels=tuple(Channel))
def channel(case: Case, standing: Standing) -> Value:
    """The channel of the order."""
    return _channel(case.channel)


@feature(Unit.LABEL, "the work stands in a {value}", levels=tuple(NodeKind))
def node_kind(case: Case, standing: Standing) -> Value:
    """The kind of node the work stands in."""
    return _kind(case.node.kind) if case.node else None


@feature(Unit.MINUTE, "the promise breaks in {value}", below_zero="the promise broke {value} ago")
def minutes_to_promise(case: Case, standing: Standing) -> Value:
    """How long the promise still holds."""
    late = since(case.promise.due_at, case) if case.promise else None
    return None if late is None else -late


@feature(Unit.MINUTE, "the promise gave {value} in all")
def promise_minutes(case: Case, standing: Standing) -> Value:
    """How much time the promise gave in all."""
    promise, order = case.promise, case.order
    if promise is None or promise.due_at is None:
        return None
    made_at = promise.made_at or (order.placed_at if order else None)
    return None if made_at is None else (promise.due_at - made_at).total_seconds() / 60.0


@feature(Unit.RATIO, "{value} of the promised time is used up")
def promise_used(case: Case, standing: Standing) -> Value:
    """How much of the promised time is used up."""
    whole, left = promise_minutes.of(case, standing), minutes_to_promise.of(case, standing)
    used = None if whole is None or left is None else whole - left
    return ratio(used, whole)


@feature(Unit.MINUTE, "the customer ordered {value} ago")
def minutes_since_order(case: Case, standing: Standing) -> Value:
    """How long ago the customer ordered."""
    return since(case.order.placed_at, case) if case.order else None


@feature(Unit.MONEY, "the order is worth {value}")
def order_value(case: Case, standing: Standing) -> Value:
    """What the order is worth."""
    return number(case.order.value) if case.order else None


@feature(Unit.RATIO, "the order earns a margin of {value}")
def order_margin_share(case: Case, standing: Standing) -> Value:
    """The margin of the order as a share of its value."""
    return ratio(case.order.margin, case.order.value) if case.order else None


@feature(Unit.EACH, "the order has {value} [line|lines]")
def order_lines(case: Case, standing: Standing) -> Value:
    """The number of lines of the order."""
    return float(len(case.order.lines)) if case.order and case.order.lines else None


@feature(Unit.EACH, "the order is for {value} [unit|units]")
def order_units(case: Case, standing: Standing) -> Value:
    """The number of units ordered."""
    lines = case.order.lines if case.order else ()
    return float(sum(line.quantity for line in lines)) if lines else None


@feature(Unit.RATIO, "the exception concerns {value} of the order's lines")
def affected_share(case: Case, standing: Standing) -> Value:
    """The share of the order's lines the exception concerns."""
    lines = case.order.lines if case.order else ()
    return len(case.affected_lines) / len(lines) if lines else None


@feature(Unit.EACH, "the exception concerns {value} [unit|units]")
def affected_units(case: Case, standing: Standing) -> Value:
    """The number of units the exception concerns."""
    lines = case.affected_lines
    return float(sum(line.quantity for line in lines)) if lines else None


@feature(Unit.MONEY, "the goods concerned are worth {value}")
def affected_value(case: Case, standing: Standing) -> Value:
    """What the goods concerned are worth."""
    priced = [line.quantity * line.unit_price for line in case.affected_lines if line.unit_price is not None]
    return float(sum(priced)) if priced else None


@feature(Unit.EACH, "{value} [substitute is|substitutes are] on the shelf", lever=True)
def substitutes_on_hand(case: Case, standing: Standing) -> Value:
    """The number of substitutes on the shelf."""
    lines = case.affected_lines
    return float(sum(bool(each.on_hand) for line in lines for each in line.substitutes)) if lines else None


@feature(Unit.EACH, "the order was planned to leave in {value} [parcel|parcels]")
def shipments_planned(case: Case, standing: Standing) -> Value:
    """The number of parcels the order was planned to leave in."""
    return number(case.order.shipments_planned) if case.order else None


@feature(
    Unit.EACH,
    "the order needs {value} [parcel|parcels] more than planned",
    below_zero="the order needs {value} [parcel|parcels] fewer than planned",
    lever=True,
)
def shipments_extra(case: Case, standing: Standing) -> Value:
    """The number of parcels more than planned."""
    return difference(case.order.shipments_actual, case.order.shipments_planned) if case.order else None


@feature(Unit.LABEL, "the customer's tier is {value}", levels=tuple(CustomerTier))
def customer_tier(case: Case, standing: Standing) -> Value:
    """The customer's tier."""
    return _tier(case.customer.tier) if case.customer else None


@feature(Unit.DAY, "the customer first ordered {value} ago")
def customer_tenure(case: Case, standing: Standing) -> Value:
    """How long the customer has been one."""
    return number(case.customer.tenure_days) if case.customer else None


@feature(Unit.EACH, "the customer placed {value} [order|orders] in a year")
def customer_orders(case: Case, standing: Standing) -> Value:
    """The number of orders the customer placed in a year."""
    return number(case.customer.orders_365d) if case.customer else None


@feature(Unit.EACH, "the customer called {value} [time|times] this week")
def customer_contacts(case: Case, standing: Standing) -> Value:
    """The number of times the customer called this week."""
    return number(case.customer.contacts_7d) if case.customer else None
