"""What the parameters of an action point at in the snapshot, whoever chose them: the policy or a person.

Everything that is priced or gated of an option comes from here, so an override passes the same checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

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


@dataclass(frozen=True)
class Target:
    """An action and the things of the snapshot its parameters name; None where the snapshot does not know them."""

    case: Case
    action: ActionId
    parameters: Record

    def _named(self, field: str) -> Any:
        return vars(self.parameters).get(field)

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

    @property
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
    def carrier_named(self) -> str | None:
        """The carrier's id as the parameters name it."""
        named: str | None = self._named("carrier")
        return named

    @property
    def system_named(self) -> System | None:
        """The system the parameters name."""
        named: System | None = self._named("system")
        return named

    @property
    def carrier_state(self) -> SystemState | None:
        """Whether the named carrier accepts parcels, the present one's state where it is the one named."""
        present = self.case.carrier
        if self.carrier is not None:
            return self.carrier.state
        return present.state if present and present.id == self.carrier_named else None

    @property
    def amount(self) -> Decimal | None:
        """The money that moves, in the case's currency."""
        amount: Decimal | None = self._named("amount")
        return amount

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
