"""What the parameters of an action point at in the snapshot, whoever chose them: the policy or a person.

Everything that is priced or gated of an option comes from here, so an override passes the same checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from data.actions import ActionId
from data.case import (
    CarrierOption,
    Case,
    OrderLine,
    StockPosition,
    Substitute,
    SupplierOption,
    minutes_between,
)
from data.record import Record
from data.vocabulary import System, SystemState


@dataclass(frozen=True, slots=True)
class Target:
    """An action and the things of the snapshot its parameters name; None where the snapshot does not know them."""

    action: ActionId
    amount: Decimal | None
    """The money that moves, in the case's currency."""
    position: StockPosition | None
    """The stock position of the named node and article."""
    line: OrderLine | None
    substitute: Substitute | None
    """The named substitute of the named line."""
    supplier: SupplierOption | None
    """The named other supplier."""
    carrier: CarrierOption | None
    """The named other carrier."""
    carrier_named: str | None
    carrier_state: SystemState | None
    """Whether the named carrier accepts parcels, the present one's state where it is the one named."""
    system_named: System | None
    share: float = 1.0
    """The share of the affected lines it settles: one of them where it names a line, else all."""
    margin: Decimal | None = None
    """The named line's part of the order's margin, by value; None where the snapshot does not say."""

    @property
    def loss(self) -> Decimal | None:
        """What the snapshot says is lost of the money that moves; None where it does not say."""
        return self.margin if self.action is ActionId.CANCEL_LINE else None

    @property
    def outlay(self) -> Decimal | None:
        """What the snapshot says the action costs in cash, in the case's currency; None where it does not say."""
        read = _OUTLAYS.get(self.action)
        return read(self) if read else None

    def travel_minutes(self, now: datetime) -> float | None:
        """How long the snapshot says goods are on their way from now; None where it does not say."""
        if self.action is ActionId.RESOURCE_FROM_NODE and self.position:
            return self.position.transfer_minutes
        if self.action is ActionId.REASSIGN_CARRIER and self.carrier:
            arrives = minutes_between(now, self.carrier.arrives_at)
            return None if arrives is None else max(0.0, arrives)
        return None


def target_of(case: Case, action: ActionId, parameters: Record) -> Target:
    """What the parameters point at."""
    named = vars(parameters)
    line = _line(case, named.get("line_id"))
    other = _other_carrier(case, named.get("carrier"), named.get("service"))
    return Target(
        action=action,
        amount=named.get("amount"),
        position=_position(case, named.get("node"), named.get("sku")),
        line=line,
        substitute=_substitute(line, named.get("sku")),
        supplier=_other_supplier(case, named.get("supplier")),
        carrier=other,
        carrier_named=named.get("carrier"),
        carrier_state=other.state if other else _present_state(case, named.get("carrier")),
        system_named=named.get("system"),
        share=_share_of_lines(case, named.get("line_id")),
        margin=_margin(case, line),
    )


def _position(case: Case, node: str | None, sku: str | None) -> StockPosition | None:
    return next((each for each in case.stock if each.node == node and each.sku == sku), None)


def _line(case: Case, line_id: str | None) -> OrderLine | None:
    lines = case.order.lines if case.order and line_id is not None else ()
    return next((each for each in lines if each.line_id == line_id), None)


def _share_of_lines(case: Case, line_id: str | None) -> float:
    """A line the exception does not concern settles nothing."""
    affected = [line.line_id for line in case.affected_lines]
    return 1.0 if line_id is None or not affected else affected.count(line_id) / len(affected)


def _margin(case: Case, line: OrderLine | None) -> Decimal | None:
    order = case.order
    if order is None or line is None or line.unit_price is None or order.margin is None or not order.value:
        return None
    return max(Decimal(0), order.margin) * min(Decimal(1), line.unit_price * line.quantity / order.value)


def _substitute(line: OrderLine | None, sku: str | None) -> Substitute | None:
    return next((each for each in line.substitutes if each.sku == sku), None) if line else None


def _other_supplier(case: Case, supplier: str | None) -> SupplierOption | None:
    others = case.supplier.alternatives if case.supplier else ()
    return next((each for each in others if each.id == supplier), None)


def _other_carrier(case: Case, carrier: str | None, service: str | None) -> CarrierOption | None:
    others = case.carrier.alternatives if case.carrier else ()
    return next((each for each in others if each.id == carrier and each.service == service), None)


def _present_state(case: Case, carrier: str | None) -> SystemState | None:
    return case.carrier.state if case.carrier and case.carrier.id == carrier else None


def _price_difference(target: Target) -> Decimal | None:
    if target.substitute is None or target.line is None or target.substitute.price_difference is None:
        return None
    return max(Decimal(0), target.substitute.price_difference) * target.line.quantity


_OUTLAYS: dict[ActionId, Callable[[Target], Decimal | None]] = {
    ActionId.RESOURCE_FROM_NODE: lambda target: target.position.transfer_cost if target.position else None,
    ActionId.SUBSTITUTE_ITEM: _price_difference,
    ActionId.SWITCH_SUPPLIER: lambda target: target.supplier.extra_cost if target.supplier else None,
    ActionId.REASSIGN_CARRIER: lambda target: target.carrier.cost if target.carrier else None,
}
