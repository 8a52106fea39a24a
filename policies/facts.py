"""The facts a table may name, flat, each with its type, unit and words: declared once, read once per case.

A fact that cannot be known is None: the conditions on it are then undecided, which tables and gates treat with caution.
Money is in the policy's currency, ages and remaining minutes count from the situation's moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from data.case import Refund
from data.record import Unit
from data.vocabulary import Channel, CustomerTier, ExceptionType, NodeKind, ReturnCondition, System, SystemState
from policies.columns import Column, ColumnType
from policies.situation import (
    Situation,
    available,
    breach_rate,
    daily_demand,
    days,
    lag_minutes,
    largest_gap,
    lowest,
    ratio,
    rounded,
)

STOCK_SYSTEMS = (System.OMS, System.WMS, System.POS)
"""The systems a stock record comes through."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a case: what it is called and says, and how it is read."""

    name: str
    type: ColumnType
    says: str
    of: Callable[[Situation], Any]
    unit: str | None = None
    values: tuple[str, ...] = ()


def _money(name: str, says: str, of: Callable[[Situation], Any]) -> Fact:
    return Fact(name, ColumnType.MONEY, says, lambda s: s.money(of(s)))


def _number(name: str, unit: str | None, says: str, of: Callable[[Situation], Any]) -> Fact:
    return Fact(name, ColumnType.NUMBER, says, lambda s: rounded(of(s)), unit)


def _count(name: str, says: str, of: Callable[[Situation], Any], unit: str | None = None) -> Fact:
    return Fact(name, ColumnType.COUNT, says, of, unit)


def _flag(name: str, says: str, of: Callable[[Situation], Any]) -> Fact:
    return Fact(name, ColumnType.FLAG, says, of)


def _label(name: str, says: str, of: Callable[[Situation], Any], values: Iterable[StrEnum] = ()) -> Fact:
    return Fact(name, ColumnType.LABEL, says, of, values=tuple(each.value for each in values))


_MIN, _DAY, _UNITS = Unit.MINUTE.value, "days", "units"

_ORDER = (
    _label("reported_type", "reported type", lambda s: s.case.reported_type, ExceptionType),
    _label("code", "code of the source system", lambda s: s.case.code),
    _label("channel", "channel", lambda s: s.case.channel, Channel),
    _label("region", "region", lambda s: s.case.region),
    _label("node_kind", "kind of node", lambda s: s.case.node and s.case.node.kind, NodeKind),
    _number("minutes_left", _MIN, "time left to the promise", lambda s: s.minutes_left),
    _money("order_value", "order value", lambda s: s.case.order and s.case.order.value),
    _money("order_margin", "margin of the order", lambda s: s.case.order and s.case.order.margin),
    _count("order_lines", "lines of the order", lambda s: len(s.case.order.lines) if s.case.order else None),
    _count("extra_parcels", "parcels more than planned", lambda s: _extra_parcels(s)),
    _label("customer_tier", "customer tier", lambda s: s.case.customer and s.case.customer.tier, CustomerTier),
    _count(
        "contacts", "contacts with customer care this week", lambda s: s.case.customer and s.case.customer.contacts_7d
    ),
    _number("return_share", None, "returns per order of the customer", lambda s: _return_share(s)),
)

_BLOCKS = (
    _flag("about_return", "a return is told of", lambda s: s.case.returned is not None),
    _flag("about_price", "prices are told of", lambda s: s.case.price is not None),
    _flag("about_refund", "a refund is told of", lambda s: s.case.refund is not None),
    _flag("about_supplier", "a supplier is told of", lambda s: s.case.supplier is not None),
    _flag("about_carrier", "a carrier is told of", lambda s: s.case.carrier is not None),
)

_STOCK = (
    _count("on_hand", "units on hand", lambda s: s.case.at_stake and s.case.at_stake.on_hand, _UNITS),
    _count("available", "units to promise", lambda s: available(s.case.at_stake), _UNITS),
    _count("short_units", "units missing for the order", lambda s: _short_units(s), _UNITS),
    _count("inbound", "units on their way", lambda s: s.case.at_stake and s.case.at_stake.inbound, _UNITS),
    _number("cover_days", _DAY, "cover of the stock", lambda s: _cover_days(s)),
    _number(
        "stock_age",
        _MIN,
        "age of the stock record",
        lambda s: s.minutes_since(s.case.at_stake and s.case.at_stake.as_of),
    ),
    _number("count_age", _DAY, "time since the last count", lambda s: days(s.minutes_since(_counted_at(s)))),
    _number("stock_lag", _MIN, "lag of the stock systems", lambda s: lag_minutes(s.case, STOCK_SYSTEMS)),
    _flag("promotion_ahead", "promotion ahead", lambda s: s.case.at_stake and s.case.at_stake.promotion_ahead),
)

_PARTIES = (
    _number("confirmation_overdue", _MIN, "delay of the confirmation", lambda s: _confirmation_overdue(s)),
    _flag("confirmed", "confirmed by the supplier", lambda s: _confirmed(s)),
    _number("confirmed_share", None, "share confirmed", lambda s: _confirmed_share(s)),
    _count("reminders", "reminders sent", lambda s: s.case.supplier and s.case.supplier.reminders),
    _label("carrier_state", "state of the carrier", lambda s: s.case.carrier and s.case.carrier.state, SystemState),
    _count("attempts", "hand-off attempts", lambda s: s.case.carrier and s.case.carrier.attempts),
    _number("address_score", None, "address score", lambda s: s.case.carrier and s.case.carrier.address_score),
    _number("handoff_overdue", _MIN, "delay of the hand-off", lambda s: s.minutes_since(s.case.carrier and s.case.carrier.handoff_due_at)),
    _number("supplier_breach_rate", None, "broken promises of the supplier", lambda s: breach_rate(s.standing.of("supplier"))),
    _number("carrier_breach_rate", None, "broken promises of the carrier", lambda s: breach_rate(s.standing.of("carrier"))),
    _number("node_breach_rate", None, "broken promises of the node", lambda s: breach_rate(s.standing.of("node"))),
    _number("carrier_storm", None, "recent exceptions with the carrier", lambda s: _arrivals(s, "carrier")),
    _number("node_storm", None, "recent exceptions in the node", lambda s: _arrivals(s, "node")),
)  # fmt: skip

_RETURNS_AND_PRICES = (
    _label("return_condition", "condition of the goods", lambda s: s.case.returned and s.case.returned.condition, ReturnCondition),
    _flag("receipt_shown", "receipt shown", lambda s: s.case.returned and s.case.returned.receipt_shown),
    _flag("serial_matches", "serial number matches", lambda s: s.case.returned and s.case.returned.serial_matches),
    _number("days_since_purchase", _DAY, "time since the purchase", lambda s: s.case.returned and s.case.returned.days_since_purchase),
    _number("weight_difference", None, "missing share of the weight", lambda s: s.case.returned and s.case.returned.weight_difference),
    _money("refund_asked", "refund asked for", lambda s: s.case.returned and s.case.returned.refund_asked),
    _money("overcharge", "overcharge per unit", lambda s: _overcharge(s)),
    _money("price_gap", "gap between the prices", lambda s: _price_gap(s)),
    _number("price_age", _MIN, "age of the prices", lambda s: s.minutes_since(s.case.price and s.case.price.synced_at)),
    _money("refund_gap", "gap between the refund amounts", lambda s: _refund_gap(s)),
    _money("unposted", "amount refunded and not posted", lambda s: unposted(s.case.refund)),
    _number("refund_age", _DAY, "time since the refund was requested", lambda s: days(s.minutes_since(s.case.refund and s.case.refund.requested_at))),
    _money("granted", "amount granted to the customer lately", lambda s: _granted(s)),
)  # fmt: skip

_WORK = (
    _number("queue_minutes", _MIN, "wait in the queue", lambda s: s.case.workflow and s.case.workflow.queue_minutes),
    _count("queue_length", "tasks in the queue", lambda s: s.case.workflow and s.case.workflow.queue_length),
    _number("staff_share", None, "staff on shift per planned", lambda s: _staff_share(s)),
    _number("demand_ratio", None, "orders per usual hour", lambda s: _demand_ratio(s)),
    _number("approval_minutes", _MIN, "wait for an approval", lambda s: s.case.workflow and s.case.workflow.approval_minutes),
    _count("approvals_open", "approvals in line before this one", lambda s: s.case.workflow and s.case.workflow.approvals_open),
    _count("retries", "retries of the step", lambda s: s.case.workflow and s.case.workflow.retries),
    _number("step_minutes", _MIN, "time in the step", lambda s: s.minutes_since(s.case.workflow and s.case.workflow.step_started_at)),
    _label("worst_state", "worst state of the systems", lambda s: _worst_state(s), SystemState),
    _number("worst_lag", _MIN, "worst lag of the systems", lambda s: lag_minutes(s.case, System)),
)  # fmt: skip

FACTS: tuple[Fact, ...] = (*_ORDER, *_BLOCKS, *_STOCK, *_PARTIES, *_RETURNS_AND_PRICES, *_WORK)
"""Every fact of a case and its standing."""


def case_facts(situation: Situation) -> dict[str, Any]:
    """All facts of a case at its moment."""
    return {fact.name: fact.of(situation) for fact in FACTS}


def columns_of(facts: Iterable[Fact], reference: str) -> dict[str, Column]:
    """The facts as columns of tables; money carries the policy's currency."""
    return {fact.name: _column(fact, reference) for fact in facts}


def _column(fact: Fact, reference: str) -> Column:
    unit = reference if fact.type is ColumnType.MONEY else fact.unit
    return Column(fact.name, fact.type, fact.says, unit, fact.values)


def shown_facts(columns: Mapping[str, Column], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an explanation carries them: money as text, counts as numbers."""
    return {name: _seen(columns.get(name), value) for name, value in values.items()}


def _seen(column: Column | None, value: Any) -> Any:
    if column is None or value is None or column.type is not ColumnType.MONEY:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return column.show(value)


def _extra_parcels(s: Situation) -> int | None:
    order = s.case.order
    if order is None or order.shipments_actual is None or order.shipments_planned is None:
        return None
    return order.shipments_actual - order.shipments_planned


def _return_share(s: Situation) -> float | None:
    customer = s.case.customer
    return ratio(customer.returns_365d, customer.orders_365d) if customer else None


def _short_units(s: Situation) -> int | None:
    position = s.case.at_stake
    wanted = [line.quantity for line in s.case.affected_lines if position and line.sku == position.sku]
    there = available(position)
    return None if there is None or not wanted else max(0, sum(wanted) - there)


def _cover_days(s: Situation) -> float | None:
    return ratio(available(s.case.at_stake), daily_demand(s.case.at_stake))


def _counted_at(s: Situation) -> Any:
    return s.case.at_stake and s.case.at_stake.counted_at


def _confirmation_overdue(s: Situation) -> float | None:
    supplier = s.case.supplier
    if supplier is None or supplier.confirmation_due_at is None:
        return None
    return ((supplier.confirmed_at or s.now) - supplier.confirmation_due_at).total_seconds() / 60


def _confirmed(s: Situation) -> bool | None:
    return s.case.supplier.confirmed_at is not None if s.case.supplier else None


def _confirmed_share(s: Situation) -> float | None:
    supplier = s.case.supplier
    return ratio(supplier.confirmed_quantity, supplier.requested_quantity) if supplier else None


def _arrivals(s: Situation, kind: str) -> float | None:
    party = s.standing.of(kind)
    return party.arrivals if party else None


def _overcharge(s: Situation) -> Decimal | None:
    price = s.case.price
    promised = lowest((price.shelf, price.online)) if price else None
    return None if price is None or price.charged is None or promised is None else price.charged - promised


def _price_gap(s: Situation) -> Decimal | None:
    price = s.case.price
    return largest_gap((price.charged, price.shelf, price.online)) if price else None


def _refund_gap(s: Situation) -> Decimal | None:
    refund = s.case.refund
    return largest_gap((refund.captured, refund.refunded, refund.posted)) if refund else None


def unposted(refund: Refund | None) -> Decimal | None:
    """What the provider refunded and the ledger does not show; None where either is unknown."""
    if refund is None or refund.refunded is None or refund.posted is None:
        return None
    return refund.refunded - refund.posted


def _granted(s: Situation) -> Decimal | None:
    if s.case.customer is None or s.case.customer.id is None:
        return None
    customer = s.standing.of("customer")
    return Decimal(repr(round(customer.granted, 2))) if customer else Decimal(0)


def _staff_share(s: Situation) -> float | None:
    work = s.case.workflow
    return ratio(work.staff_on_shift, work.staff_planned) if work else None


def _demand_ratio(s: Situation) -> float | None:
    work = s.case.workflow
    return ratio(work.orders_last_hour, work.orders_usual_hour) if work else None


def _worst_state(s: Situation) -> SystemState | None:
    order = list(SystemState)
    return max((each.state for each in s.case.dependencies), key=order.index, default=None)
