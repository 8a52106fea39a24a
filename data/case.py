"""What comes in: one exception event with the snapshot of facts its sender had.

Every block is optional, as is almost every fact: an orchestrator sends what it knows. Each fact says its unit
and whether it tells of a person (`x-unit`, `x-personal` in the schema); a contract test holds that.
Amounts are in the case's `currency`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from data.record import LARGEST_EXACT_INTEGER, Count, Currency, Identifier, Instant, Money, Record, Unit, fact
from data.vocabulary import (
    Channel,
    CustomerTier,
    ExceptionType,
    NodeKind,
    ReturnCondition,
    System,
    SystemState,
)

CASE_SCHEMA = "fairlead/case/1"

AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]
_EXACT = Field(ge=-LARGEST_EXACT_INTEGER, le=LARGEST_EXACT_INTEGER)
AttributeValue = bool | Annotated[int, _EXACT] | Annotated[float, _EXACT] | Annotated[str, Field(max_length=512)] | None
"""A scalar. Larger numbers are refused rather than rounded: an id belongs in a string."""

AttributeKind = Literal["number", "category", "flag"]
"""How a model reads an attribute of the retailer's own; a value of another kind is no value to it."""


def kind_of(value: AttributeValue) -> AttributeKind | None:
    """The kind of an attribute's value; None where nothing is known."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "flag"
    return "category" if isinstance(value, str) else "number"


class Event(Record):
    """The CloudEvents attributes of the event; `(source, id)` identifies it."""

    source: Identifier = fact(Unit.IDENTIFIER, "the system that reports", default=...)
    id: Identifier = fact(Unit.IDENTIFIER, "the event's id in its source", default=...)
    time: Instant = fact(Unit.INSTANT, "when the exception was noticed", default=...)
    type: Identifier | None = fact(Unit.IDENTIFIER, "the event's type as its source names it")
    subject: Identifier | None = fact(Unit.IDENTIFIER, "what the event is about")
    traceparent: Identifier | None = fact(Unit.IDENTIFIER, "the W3C trace the event belongs to")


class Promise(Record):
    """What the customer was promised; the policy's table answers where `due_at` is absent."""

    due_at: Instant | None = fact(Unit.INSTANT, "the moment the promise breaks")
    made_at: Instant | None = fact(Unit.INSTANT, "when the promise was given")


class Node(Record):
    """The store or centre where the work stands."""

    id: Identifier = fact(Unit.IDENTIFIER, "the node's id", default=...)
    kind: NodeKind | None = fact(Unit.LABEL, "what kind of node it is")
    zone: Identifier | None = fact(Unit.IDENTIFIER, "the node's IANA time zone")


class Substitute(Record):
    """Another article that the customer may be offered."""

    sku: Identifier = fact(Unit.IDENTIFIER, "the article", default=...)
    on_hand: Count | None = fact(Unit.EACH, "recorded units at the fulfilling node")
    price_difference: Money | None = fact(Unit.MONEY, "substitute's unit price less the ordered one's")


class OrderLine(Record):
    """One line of the order."""

    line_id: Identifier = fact(Unit.IDENTIFIER, "the line's id", default=...)
    sku: Identifier = fact(Unit.IDENTIFIER, "the article: a local id or a GS1 Digital Link", default=...)
    quantity: Count = fact(Unit.EACH, "units ordered", default=...)
    unit_price: Money | None = fact(Unit.MONEY, "price of one unit", ge=Decimal(0))
    category: Identifier | None = fact(Unit.IDENTIFIER, "the article's category")
    affected: bool = fact(Unit.FLAG, "whether the exception concerns this line", default=False)
    substitutes: tuple[Substitute, ...] = fact(Unit.LABEL, "acceptable substitutes", default=(), max_length=20)


class Order(Record):
    """The order the exception belongs to."""

    order_id: Identifier = fact(Unit.IDENTIFIER, "the order's id", default=...)
    placed_at: Instant | None = fact(Unit.INSTANT, "when the customer ordered")
    value: Money | None = fact(Unit.MONEY, "what the customer pays for the whole order", ge=Decimal(0))
    margin: Money | None = fact(Unit.MONEY, "gross margin of the whole order")
    shipments_planned: Count | None = fact(Unit.EACH, "parcels the order was planned to leave in")
    shipments_actual: Count | None = fact(Unit.EACH, "parcels it would leave in now")
    lines: tuple[OrderLine, ...] = fact(Unit.LABEL, "the order's lines", default=(), max_length=200)


class Customer(Record):
    """The customer, as the sender may tell of them."""

    id: Identifier | None = fact(Unit.IDENTIFIER, "the customer's pseudonymous id", personal=True)
    tier: CustomerTier | None = fact(Unit.LABEL, "how the retailer ranks the relation", personal=True)
    tenure_days: Count | None = fact(Unit.DAY, "days since the first order", personal=True)
    orders_365d: Count | None = fact(Unit.EACH, "orders in the last 365 days", personal=True)
    returns_365d: Count | None = fact(Unit.EACH, "returns in the last 365 days", personal=True)
    contacts_7d: Count | None = fact(Unit.EACH, "contacts with customer care in the last 7 days", personal=True)


class StockDay(Record):
    """One past day of one article in one node, as recorded after it ended."""

    day: date = fact(Unit.DATE, "the local calendar day", default=...)
    sold: float | None = fact(Unit.EACH, "units sold", ge=0, le=1e7)
    sold_by_part: tuple[Annotated[float, Field(ge=0, le=1e7)], ...] = fact(
        Unit.EACH, "units sold in each part of the opening day, the earliest first", default=(), max_length=6
    )
    stockout_hours: float | None = fact(Unit.HOUR, "opening hours out of stock", ge=0, le=24)
    stockout_by_part: tuple[Annotated[float, Field(ge=0, le=24)], ...] = fact(
        Unit.HOUR, "hours out of stock in each part of the opening day, the earliest first", default=(), max_length=6
    )
    late_hours: float | None = fact(Unit.HOUR, "hours out of stock after the opening hours", ge=0, le=24)
    price_share: float | None = fact(Unit.RATIO, "the price paid as a share of the list price", ge=0, le=10)
    promotion: bool | None = fact(Unit.FLAG, "whether a promotion ran")
    holiday: bool | None = fact(Unit.FLAG, "whether it was a holiday")
    ran_empty: bool | None = fact(
        Unit.FLAG, "whether the shelf ran empty, as the training's table says: held against the answer, never a feature"
    )


class StockPosition(Record):
    """Recorded stock of one article in one node. The first position of a case is the one at stake."""

    sku: Identifier = fact(Unit.IDENTIFIER, "the article", default=...)
    node: Identifier = fact(Unit.IDENTIFIER, "where it lies", default=...)
    category: Identifier | None = fact(Unit.IDENTIFIER, "the article's category")
    on_hand: Count | None = fact(Unit.EACH, "units the record says are there")
    reserved: Count | None = fact(Unit.EACH, "units promised to other orders")
    safety_stock: Count | None = fact(Unit.EACH, "units to keep back")
    inbound: Count | None = fact(Unit.EACH, "units on their way")
    inbound_due_at: Instant | None = fact(Unit.INSTANT, "when the inbound units are expected")
    case_pack: Count | None = fact(Unit.EACH, "units per orderable pack", ge=1)
    unit_margin: Money | None = fact(Unit.MONEY, "margin of one unit sold")
    as_of: Instant | None = fact(Unit.INSTANT, "when the record was read")
    counted_at: Instant | None = fact(Unit.INSTANT, "when the shelf was last counted")
    transfer_minutes: float | None = fact(Unit.MINUTE, "time to bring a unit where it is needed", ge=0, le=1e6)
    transfer_cost: Money | None = fact(Unit.MONEY, "cost to bring a unit where it is needed", ge=Decimal(0))
    promotion_ahead: bool | None = fact(Unit.FLAG, "whether a promotion runs within the horizon")
    price_share_ahead: float | None = fact(Unit.RATIO, "the price within the horizon by the list price", ge=0, le=10)
    holiday_ahead: bool | None = fact(Unit.FLAG, "whether a holiday falls within the horizon")
    history: tuple[StockDay, ...] = fact(Unit.LABEL, "past days, oldest first", default=(), max_length=60)


class SupplierOption(Record):
    """Another supplier who could deliver."""

    id: Identifier = fact(Unit.IDENTIFIER, "the supplier's id", default=...)
    lead_days: float | None = fact(Unit.DAY, "days until delivery", ge=0, le=1000)
    extra_cost: Money | None = fact(Unit.MONEY, "cost over the present supplier's")


class Supplier(Record):
    """The supplier and the purchase order that waits."""

    id: Identifier = fact(Unit.IDENTIFIER, "the supplier's id", default=...)
    purchase_order: Identifier | None = fact(Unit.IDENTIFIER, "the purchase order")
    confirmation_due_at: Instant | None = fact(Unit.INSTANT, "when the confirmation was due")
    confirmed_at: Instant | None = fact(Unit.INSTANT, "when it came")
    requested_quantity: Count | None = fact(Unit.EACH, "units asked for")
    confirmed_quantity: Count | None = fact(Unit.EACH, "units confirmed")
    lead_days: float | None = fact(Unit.DAY, "agreed lead time", ge=0, le=1000)
    reminders: Count | None = fact(Unit.EACH, "reminders sent")
    alternatives: tuple[SupplierOption, ...] = fact(Unit.LABEL, "other suppliers", default=(), max_length=20)


class CarrierOption(Record):
    """Another carrier who could take the parcel."""

    id: Identifier = fact(Unit.IDENTIFIER, "the carrier's id", default=...)
    service: Identifier | None = fact(Unit.IDENTIFIER, "the carrier's service")
    cost: Money | None = fact(Unit.MONEY, "what the carriage costs", ge=Decimal(0))
    arrives_at: Instant | None = fact(Unit.INSTANT, "when it would arrive")
    state: SystemState | None = fact(Unit.LABEL, "whether the carrier accepts parcels now")


class Carrier(Record):
    """The carrier and the hand-off."""

    id: Identifier = fact(Unit.IDENTIFIER, "the carrier's id", default=...)
    service: Identifier | None = fact(Unit.IDENTIFIER, "the carrier's service")
    state: SystemState | None = fact(Unit.LABEL, "whether the carrier accepts parcels now")
    handoff_due_at: Instant | None = fact(Unit.INSTANT, "when the hand-off was due")
    last_scan_at: Instant | None = fact(Unit.INSTANT, "the carrier's last scan")
    attempts: Count | None = fact(Unit.EACH, "delivery or hand-off attempts so far")
    distance_km: float | None = fact(Unit.SCORE, "distance to the address in kilometres", ge=0, le=50_000)
    address_score: float | None = fact(Unit.RATIO, "how well the address was verified", ge=0, le=1, personal=True)
    alternatives: tuple[CarrierOption, ...] = fact(Unit.LABEL, "other carriers", default=(), max_length=20)


class Returned(Record):
    """Goods that come back, and the refund asked for."""

    return_id: Identifier | None = fact(Unit.IDENTIFIER, "the return's id")
    condition: ReturnCondition | None = fact(Unit.LABEL, "the condition on arrival")
    days_since_purchase: float | None = fact(Unit.DAY, "days between purchase and return", ge=0, le=10_000)
    receipt_shown: bool | None = fact(Unit.FLAG, "whether a receipt was shown")
    serial_matches: bool | None = fact(Unit.FLAG, "whether the serial number matches the sale")
    refund_asked: Money | None = fact(Unit.MONEY, "refund the customer asks for", ge=Decimal(0))
    weight_difference: float | None = fact(Unit.RATIO, "missing share of the expected weight", ge=-10, le=10)


class Price(Record):
    """The prices that do not agree."""

    charged: Money | None = fact(Unit.MONEY, "unit price charged", ge=Decimal(0))
    shelf: Money | None = fact(Unit.MONEY, "unit price on the shelf", ge=Decimal(0))
    online: Money | None = fact(Unit.MONEY, "unit price online", ge=Decimal(0))
    promotion_id: Identifier | None = fact(Unit.IDENTIFIER, "the promotion in force")
    synced_at: Instant | None = fact(Unit.INSTANT, "when prices were last synchronised")
    units: Count | None = fact(Unit.EACH, "units sold at the charged price")


class Refund(Record):
    """The amounts of a refund that should be equal."""

    refund_id: Identifier | None = fact(Unit.IDENTIFIER, "the refund's id")
    captured: Money | None = fact(Unit.MONEY, "amount captured from the customer", ge=Decimal(0))
    refunded: Money | None = fact(Unit.MONEY, "amount the payment provider refunded", ge=Decimal(0))
    posted: Money | None = fact(Unit.MONEY, "amount posted in the ledger", ge=Decimal(0))
    requested_at: Instant | None = fact(Unit.INSTANT, "when the refund was requested")
    settled_at: Instant | None = fact(Unit.INSTANT, "when the provider settled")


class Workflow(Record):
    """Where the work stands and what it waits for."""

    step: Identifier | None = fact(Unit.IDENTIFIER, "the step that failed or waits")
    step_started_at: Instant | None = fact(Unit.INSTANT, "when the step began")
    queue_length: Count | None = fact(Unit.EACH, "tasks waiting in the node")
    queue_minutes: float | None = fact(Unit.MINUTE, "how long this task has waited", ge=0, le=1e6)
    staff_on_shift: Count | None = fact(Unit.EACH, "people working in the node now")
    staff_planned: Count | None = fact(Unit.EACH, "people planned for this hour")
    approvals_open: Count | None = fact(Unit.EACH, "approvals waiting before this one")
    approval_minutes: float | None = fact(Unit.MINUTE, "how long the approval has waited", ge=0, le=1e6)
    retries: Count | None = fact(Unit.EACH, "times the step was tried again")
    orders_last_hour: Count | None = fact(Unit.EACH, "orders the node received in the last hour")
    orders_usual_hour: float | None = fact(Unit.EACH, "orders the node usually receives in this hour", ge=0, le=1e7)


class Dependency(Record):
    """The state of one system as the sender saw it."""

    system: System = fact(Unit.LABEL, "the system", default=...)
    state: SystemState = fact(Unit.LABEL, "whether it can be used", default=...)
    latency_minutes: float | None = fact(Unit.MINUTE, "how far its data lags", ge=0, le=1e6)
    as_of: Instant | None = fact(Unit.INSTANT, "when its state was read")


class Case(Record):
    """One exception event with the snapshot of facts its sender had."""

    event: Event
    exception_id: Identifier = fact(Unit.IDENTIFIER, "the exception; newer events of it supersede", default=...)
    reported_type: ExceptionType | None = fact(Unit.LABEL, "what the sender says it is; never overwritten")
    code: Identifier | None = fact(Unit.IDENTIFIER, "the source system's code")
    message: Annotated[str, Field(max_length=4000)] | None = fact(Unit.TEXT, "free text", personal=True)
    channel: Channel | None = fact(Unit.LABEL, "how the customer buys and receives")
    region: Identifier | None = fact(Unit.IDENTIFIER, "the retailer's region")
    currency: Currency | None = fact(Unit.LABEL, "the currency of all amounts")
    node: Node | None = None
    promise: Promise | None = None
    order: Order | None = None
    customer: Customer | None = None
    stock: tuple[StockPosition, ...] = fact(
        Unit.LABEL, "stock positions, the one at stake first", default=(), max_length=50
    )
    supplier: Supplier | None = None
    carrier: Carrier | None = None
    returned: Returned | None = None
    price: Price | None = None
    refund: Refund | None = None
    workflow: Workflow | None = None
    dependencies: tuple[Dependency, ...] = fact(Unit.LABEL, "systems and their state", default=(), max_length=30)
    attributes: dict[AttributeName, AttributeValue] = fact(
        Unit.LABEL, "typed scalars of the retailer's own", personal=True, default={}, max_length=200
    )

    @property
    def at_stake(self) -> StockPosition | None:
        """The stock position whose shelf may run empty: the first one sent."""
        return self.stock[0] if self.stock else None

    @property
    def affected_lines(self) -> tuple[OrderLine, ...]:
        """The lines the exception concerns; all of them where the sender marked none."""
        lines = self.order.lines if self.order else ()
        return tuple(line for line in lines if line.affected) or lines

    def state_of(self, system: System) -> SystemState | None:
        """The reported state of a system, None where the sender did not say."""
        return next((each.state for each in self.dependencies if each.system is system), None)


def minutes_between(start: datetime | None, end: datetime | None) -> float | None:
    """Minutes from start to end, negative where end is earlier, None where either is unknown."""
    if start is None or end is None:
        return None
    return (end - start).total_seconds() / 60.0
