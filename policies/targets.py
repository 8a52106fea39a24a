"""What the parameters of an action point at in the snapshot, whoever chose them: the policy or a person.

Everything that is priced or gated of an option comes from here, so an override passes the same checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from data.actions import ActionId
from data.case import (
    Case,
    CarrierOption,
    OrderLine,
    StockPosition,
    Substitute,
    SupplierOption,
    minutes_between,
)
from data.record import Record
from data.vocabulary import SystemState
from policies.situation import Situation


@dataclass(frozen=True)
class Target:
    """The things of the snapshot an action's parameters name; None where the snapshot does not know them."""

    case: Case
    parameters: Record

    def _named(self, field: str) -> str | None:
        value = getattr(self.parameters, field, None)
        return value if isinstance(value, str) else None

    @cached_property
    def position(self) -> StockPosition | None:
        """The stock position of the named node and article."""
        node, sku = self._named("node"), self._named("sku")
        return next((each for each in self.case.stock if each.node == node and each.sku == sku), None)

    @cached_property
    def line(self) -> OrderLine | None:
        """The named line of the order."""
        lines = self.case.order.lines if self.case.order else ()
        return next((each for each in lines if each.line_id == self._named("line_id")), None)

    @cached_property
    def substitute(self) -> Substitute | None:
        """The named substitute of the named line."""
        offered = self.line.substitutes if self.line else ()
        return next((each for each in offered if each.sku == self._named("sku")), None)

    @cached_property
    def supplier(self) -> SupplierOption | None:
        """The named other supplier."""
        others = self.case.supplier.alternatives if self.case.supplier else ()
        return next((each for each in others if each.id == self._named("supplier")), None)

    @cached_property
    def carrier(self) -> CarrierOption | None:
        """The named other carrier."""
        others = self.case.carrier.alternatives if self.case.carrier else ()
        wanted, service = self._named("carrier"), self._named("service")
        return next((each for each in others if each.id == wanted and each.service == service), None)

    @property
    def carrier_state(self) -> SystemState | None:
        """Whether the named carrier accepts parcels, the present one's state where it is the one named."""
        present = self.case.carrier
        if self.carrier is not None:
            return self.carrier.state
        return present.state if present and present.id == self._named("carrier") else None

    @property
    def amount(self) -> Decimal | None:
        """The money that moves, in the case's currency."""
        value = getattr(self.parameters, "amount", None)
        return value if isinstance(value, Decimal) else None


def outlay(action: ActionId, target: Target) -> Decimal | None:
    """What the snapshot says the action costs in cash, in the case's currency; None where it does not say."""
    read = _OUTLAYS.get(action)
    return read(target) if read else None


def _price_difference(target: Target) -> Decimal | None:
    if target.substitute is None or target.line is None or target.substitute.price_difference is None:
        return None
    return max(Decimal(0), target.substitute.price_difference) * target.line.quantity


_OUTLAYS: dict[ActionId, Callable[[Target], Decimal | None]] = {
    ActionId.RESOURCE_FROM_NODE: lambda target: target.position and target.position.transfer_cost,
    ActionId.SUBSTITUTE_ITEM: _price_difference,
    ActionId.SWITCH_SUPPLIER: lambda target: target.supplier and target.supplier.extra_cost,
    ActionId.REASSIGN_CARRIER: lambda target: target.carrier and target.carrier.cost,
}


def travel_minutes(action: ActionId, target: Target, situation: Situation) -> float | None:
    """How long the snapshot says goods are on their way; None where it does not say."""
    if action is ActionId.RESOURCE_FROM_NODE and target.position:
        return target.position.transfer_minutes
    if action is ActionId.REASSIGN_CARRIER and target.carrier:
        arrives = minutes_between(situation.now, target.carrier.arrives_at)
        return None if arrives is None else max(0.0, arrives)
    return None
