"""The facts a table may name, flat, each with its type, unit and words: declared once, read once per case.

A fact that cannot be known is None: the conditions on it are then undecided, which tables and gates treat with caution.
Money is in the policy's currency, ages and remaining minutes count from the situation's moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from data.case import Refund
from data.record import Unit
from data.vocabulary import Channel, CustomerTier, ExceptionType, NodeKind, ReturnCondition, System, SystemState
from policies.situation import (
    DAY_PLACES,
    MINUTE_PLACES,
    RATIO_PLACES,
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
from policies.tables.columns import Column, ColumnType

Read = Callable[[Situation], Any]

STOCK_SYSTEMS = (System.OMS, System.WMS, System.POS)
"""The systems a stock record comes through."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a case: what it is called and says, and how it is read. One that `ages` changes with the moment."""

    name: str
    type: ColumnType
    says: str
    of: Read
    unit: str | None = None
    values: tuple[str, ...] = ()
    ages: bool = False


def _told(path: str) -> Read:
    """Reads `block.field` of the case as it was sent; None where the block is absent."""
    block, _, field = path.partition(".")
    return lambda s: getattr(getattr(s.case, block), field, None)


def _at_stake(field: str) -> Read:
    return lambda s: getattr(s.case.at_stake, field, None)


def _money(name: str, says: str, of: Read) -> Fact:
    return Fact(name, ColumnType.MONEY, says, lambda s: s.money(of(s)))


def _number(name: str, unit: str | None, says: str, of: Read, *, ages: bool = False) -> Fact:
    places = _PLACES[unit]
    return Fact(name, ColumnType.NUMBER, says, lambda s: rounded(of(s), places), unit, ages=ages)


def _since(name: str, says: str, instant: Read) -> Fact:
    return _number(name, _MIN, says, lambda s: s.minutes_since(instant(s)), ages=True)


def _age(name: str, says: str, instant: Read) -> Fact:
    return _number(name, _MIN, says, lambda s: s.age_of(instant(s)), ages=True)


def _age_in_days(name: str, says: str, instant: Read) -> Fact:
    return _number(name, _DAY, says, lambda s: days(s.age_of(instant(s))), ages=True)


def _count(name: str, says: str, of: Read) -> Fact:
    return Fact(name, ColumnType.COUNT, says, of)


def _flag(name: str, says: str, of: Read) -> Fact:
    return Fact(name, ColumnType.FLAG, says, of)


def _label(name: str, says: str, of: Read, values: Iterable[StrEnum] = ()) -> Fact:
    return Fact(name, ColumnType.LABEL, says, of, values=tuple(each.value for each in values))


_MIN, _DAY, _RATIO = Unit.MINUTE.value, Unit.DAY.value, Unit.RATIO.value
_PLACES = {_MIN: MINUTE_PLACES, _DAY: DAY_PLACES, _RATIO: RATIO_PLACES, None: RATIO_PLACES}


def _minutes_left(s: Situation) -> float | None:
    """Rounded up: a promise that has not passed does not read as if it had."""
    return None if s.minutes_left is None else math.ceil(s.minutes_left)


def _extra_parcels(s: Situation) -> int | None:
    order = s.case.order
    if order is None or order.shipments_actual is None or order.shipments_planned is None:
        return None
    return order.shipments_actual - order.shipments_planned


def _return_share(s: Situation) -> float | None:
    customer = s.case.customer
    return ratio(customer.returns_365d, customer.orders_365d) if customer else None


def _granted(s: Situation) -> Decimal | None:
    """Nothing for a customer never seen; unknown for one nobody names."""
    if s.case.customer is None or s.case.customer.id is None:
        return None
    customer = s.standing.of("customer")
    return Decimal(repr(round(customer.granted, 2))) if customer else Decimal(0)


_ORDER = (
    _flag("superseded", "a newer event was answered already", lambda s: s.standing.superseded is True),
    _label("reported_type", "reported type", lambda s: s.case.reported_type, ExceptionType),
    _label("code", "code of the source system", lambda s: s.case.code),
    _label("channel", "channel", lambda s: s.case.channel, Channel),
    _label("region", "region", lambda s: s.case.region),
    _label("node_kind", "kind of node", _told("node.kind"), NodeKind),
    _number("minutes_left", _MIN, "time left to the promise", _minutes_left, ages=True),
    _money("order_value", "order value", _told("order.value")),
    _money("order_margin", "margin of the order", _told("order.margin")),
    _count("extra_parcels", "parcels more than planned", _extra_parcels),
    _label("customer_tier", "customer tier", _told("customer.tier"), CustomerTier),
    _count("contacts", "contacts with customer care this week", _told("customer.contacts_7d")),
    _number("return_share", _RATIO, "returns per order of the customer", _return_share),
    _money("granted", "amount granted to the customer lately", _granted),
)

_BLOCKS = (
    _flag("about_return", "a return is told of", lambda s: s.case.returned is not None),
    _flag("about_price", "prices are told of", lambda s: s.case.price is not None),
    _flag("about_refund", "a refund is told of", lambda s: s.case.refund is not None),
    _flag("about_supplier", "a supplier is told of", lambda s: s.case.supplier is not None),
    _flag("about_carrier", "a carrier is told of", lambda s: s.case.carrier is not None),
    _flag("about_stock", "stock is told of", lambda s: s.case.at_stake is not None),
    _flag("about_work", "the work is told of", lambda s: s.case.workflow is not None),
)


def _short_units(s: Situation) -> int | None:
    position = s.case.at_stake
    wanted = [line.quantity for line in s.case.affected_lines if position and line.sku == position.sku]
    there = available(position)
    return None if there is None or not wanted else max(0, sum(wanted) - there)


def _cover_days(s: Situation) -> float | None:
    return ratio(available(s.case.at_stake), daily_demand(s.case.at_stake))


def _worst_state(systems: Iterable[System]) -> Read:
    order, wanted = list(SystemState), frozenset(systems)
    return lambda s: max(
        (each.state for each in s.case.dependencies if each.system in wanted), key=order.index, default=None
    )


_STOCK = (
    _count("on_hand", "units on hand", _at_stake("on_hand")),
    _count("available", "units to promise", lambda s: available(s.case.at_stake)),
    _count("short_units", "units missing for the order", _short_units),
    _count("inbound", "units on their way", _at_stake("inbound")),
    _number("cover_days", _DAY, "cover of the stock", _cover_days),
    _age("stock_age", "age of the stock record", _at_stake("as_of")),
    _age_in_days("count_age", "time since the last count", _at_stake("counted_at")),
    _label("stock_state", "worst state of the stock systems", _worst_state(STOCK_SYSTEMS), SystemState),
    _number("stock_lag", _MIN, "lag of the stock systems", lambda s: lag_minutes(s.case, STOCK_SYSTEMS)),
    _flag("promotion_ahead", "promotion ahead", _at_stake("promotion_ahead")),
)


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


def _breaches(kind: str) -> Read:
    return lambda s: breach_rate(s.standing.of(kind))


def _arrivals(kind: str) -> Read:
    return lambda s: getattr(s.standing.of(kind), "arrivals", None)


_PARTIES = (
    _number("confirmation_overdue", _MIN, "delay of the confirmation", _confirmation_overdue, ages=True),
    _flag("confirmed", "confirmed by the supplier", _confirmed),
    _number("confirmed_share", _RATIO, "share confirmed", _confirmed_share),
    _count("reminders", "reminders sent", _told("supplier.reminders")),
    _label("carrier_state", "state of the carrier", _told("carrier.state"), SystemState),
    _count("attempts", "hand-off attempts", _told("carrier.attempts")),
    _number("address_score", None, "address score", _told("carrier.address_score")),
    _since("handoff_overdue", "delay of the hand-off", _told("carrier.handoff_due_at")),
    _number("supplier_breach_rate", _RATIO, "broken promises of the supplier", _breaches("supplier")),
    _number("carrier_breach_rate", _RATIO, "broken promises of the carrier", _breaches("carrier")),
    _number("node_breach_rate", _RATIO, "broken promises of the node", _breaches("node")),
    _number("carrier_storm", None, "recent exceptions with the carrier", _arrivals("carrier")),
    _number("node_storm", None, "recent exceptions in the node", _arrivals("node")),
)


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


_RETURNS_AND_PRICES = (
    _label("return_condition", "condition of the goods", _told("returned.condition"), ReturnCondition),
    _flag("receipt_shown", "receipt shown", _told("returned.receipt_shown")),
    _flag("serial_matches", "serial number matches", _told("returned.serial_matches")),
    _number("days_since_purchase", _DAY, "time since the purchase", _told("returned.days_since_purchase")),
    _number("weight_difference", _RATIO, "missing share of the weight", _told("returned.weight_difference")),
    _money("refund_asked", "refund asked for", _told("returned.refund_asked")),
    _money("overcharge", "overcharge per unit", _overcharge),
    _money("price_gap", "gap between the prices", _price_gap),
    _age("price_age", "age of the prices", _told("price.synced_at")),
    _money("refund_gap", "gap between the refund amounts", _refund_gap),
    _money("unposted", "amount refunded and not posted", lambda s: unposted(s.case.refund)),
    _age_in_days("refund_age", "time since the refund was requested", _told("refund.requested_at")),
)


def _staff_share(s: Situation) -> float | None:
    work = s.case.workflow
    return ratio(work.staff_on_shift, work.staff_planned) if work else None


def _demand_ratio(s: Situation) -> float | None:
    work = s.case.workflow
    return ratio(work.orders_last_hour, work.orders_usual_hour) if work else None


_WORK = (
    _number("queue_minutes", _MIN, "wait in the queue", _told("workflow.queue_minutes")),
    _count("queue_length", "tasks in the queue", _told("workflow.queue_length")),
    _number("staff_share", _RATIO, "staff on shift per planned", _staff_share),
    _number("demand_ratio", None, "orders per usual hour", _demand_ratio),
    _number("approval_minutes", _MIN, "wait for an approval", _told("workflow.approval_minutes")),
    _count("approvals_open", "approvals in line before this one", _told("workflow.approvals_open")),
    _count("retries", "retries of the step", _told("workflow.retries")),
    _since("step_minutes", "time in the step", _told("workflow.step_started_at")),
    _label("worst_state", "worst state of the systems", _worst_state(System), SystemState),
    _number("worst_lag", _MIN, "worst lag of the systems", lambda s: lag_minutes(s.case, System)),
)

FACTS: tuple[Fact, ...] = (*_ORDER, *_BLOCKS, *_STOCK, *_PARTIES, *_RETURNS_AND_PRICES, *_WORK)
"""Every fact of a case and its standing."""

_AGEING = tuple(fact for fact in FACTS if fact.ages)


def case_facts(situation: Situation) -> dict[str, Any]:
    """All facts of a case at its moment."""
    return {fact.name: fact.of(situation) for fact in FACTS}


def aged(facts: Mapping[str, Any], situation: Situation) -> dict[str, Any]:
    """The same case's facts at another moment: those that change with time are read again."""
    return {**facts, **{fact.name: fact.of(situation) for fact in _AGEING}}


def columns_of(facts: Iterable[Fact], reference: str) -> dict[str, Column]:
    """The facts as columns of tables; money carries the policy's currency."""
    return {fact.name: _column(fact, reference) for fact in facts}


def _column(fact: Fact, reference: str) -> Column:
    unit = reference if fact.type is ColumnType.MONEY else fact.unit
    return Column(fact.name, fact.type, fact.says, unit, fact.values)
