"""Which actions may be taken for a type and cause, each with the parameters the snapshot offers.

The table `candidates` says which actions; a builder per action says with what: the nodes, carriers, suppliers and
substitutes the sender named. An action without its facts offers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from data.actions import (
    ActionId,
    AtNode,
    AtPlace,
    NoParameters,
    OfAmount,
    OfLine,
    OfSystem,
    Replenishment,
    WithCarrier,
    WithSubstitute,
    WithSupplier,
)
from data.case import Case, OrderLine, StockPosition
from data.record import Record, plain
from data.vocabulary import SystemState
from policies.facts import unposted
from policies.money import known
from policies.situation import available, lowest

MOST_OF_ONE_ACTION = 3
"""Alternatives of one action that are priced: the nearest nodes, the cheapest carriers."""


@dataclass(frozen=True)
class Candidate:
    """An action with its parameters, and why the table allows it."""

    action: ActionId
    parameters: Record

    @cached_property
    def shown(self) -> dict[str, Any]:
        """The parameters as the answer carries them."""
        return plain(self.parameters)


def proposals(case: Case, actions: Iterable[ActionId], refill: Replenishment | None) -> Iterator[Candidate]:
    """Every candidate of the allowed actions, in their order; `investigate` last, whatever the table says.

    `refill` is the refill the replenishment table suggests, the one parameter that is computed and not looked up.
    """
    allowed = dict.fromkeys(actions)
    allowed.pop(ActionId.INVESTIGATE, None)
    for action in (*allowed, ActionId.INVESTIGATE):
        offered = _BUILDERS[action](case) if action is not ActionId.REPLENISH else [refill] if refill else []
        for parameters in list(dict.fromkeys(offered))[:MOST_OF_ONE_ACTION]:
            yield Candidate(action, parameters)


def _bare(case: Case) -> list[Record]:
    return [NoParameters()]


def _in_parts(case: Case) -> list[Record]:
    """Nothing to ship now or to bring together where the order is one parcel and none of it is there."""
    order = case.order
    if order is None:
        return []
    several = len(order.lines) > 1 or (order.shipments_actual or 0) > 1
    return [NoParameters()] if several or available(case.at_stake) else []


def _other_nodes(case: Case) -> list[Record]:
    here = {case.node.id if case.node else None, case.at_stake.node if case.at_stake else None}
    wanted = _wanted(case)
    able = [each for each in case.stock if each.node not in here and _can_serve(each, wanted)]
    return [AtNode(node=each.node, sku=each.sku) for each in sorted(able, key=_nearness)]


def _wanted(case: Case) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for line in case.affected_lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return wanted or ({case.at_stake.sku: 1} if case.at_stake else {})


def _can_serve(position: StockPosition, wanted: dict[str, int]) -> bool:
    there = available(position)
    return there is not None and position.sku in wanted and there >= max(1, wanted[position.sku])


def _nearness(position: StockPosition) -> tuple[float, Decimal, str]:
    minutes = position.transfer_minutes
    cost = position.transfer_cost
    return (float("inf") if minutes is None else minutes, Decimal("Infinity") if cost is None else cost, position.node)


def _shelf(case: Case) -> list[Record]:
    if case.at_stake:
        return [AtNode(node=case.at_stake.node, sku=case.at_stake.sku)]
    lines = case.affected_lines
    return [AtNode(node=case.node.id, sku=lines[0].sku)] if case.node and lines else []


def _substitutes(case: Case) -> list[Record]:
    return [
        WithSubstitute(line_id=line.line_id, sku=each.sku)
        for line in case.affected_lines
        for each in sorted(
            line.substitutes, key=lambda one: (one.price_difference is None, one.price_difference, one.sku)
        )
        if each.on_hand is None or each.on_hand >= line.quantity
    ]


def _lines(case: Case) -> list[Record]:
    """The lines that may be given up: those the sender marked, or the only one there is."""
    lines = case.order.lines if case.order else ()
    marked = [line for line in lines if line.affected or len(lines) == 1]
    return [OfLine(line_id=line.line_id, amount=_line_value(line)) for line in marked]


def _line_value(line: OrderLine) -> Decimal | None:
    return None if line.unit_price is None else known(line.unit_price * line.quantity)


def _present_supplier(case: Case) -> list[Record]:
    supplier = case.supplier
    return [WithSupplier(supplier=supplier.id, purchase_order=supplier.purchase_order)] if supplier else []


def _other_suppliers(case: Case) -> list[Record]:
    if case.supplier is None:
        return []
    by_lead = sorted(case.supplier.alternatives, key=lambda one: (one.lead_days is None, one.lead_days or 0.0, one.id))
    return [WithSupplier(supplier=each.id, purchase_order=case.supplier.purchase_order) for each in by_lead]


def _present_carrier(case: Case) -> list[Record]:
    return [WithCarrier(carrier=case.carrier.id, service=case.carrier.service)] if case.carrier else []


def _other_carriers(case: Case) -> list[Record]:
    others = case.carrier.alternatives if case.carrier else ()
    accepting = [each for each in others if each.state is not SystemState.DOWN]
    by_cost = sorted(accepting, key=lambda one: (one.cost is None, one.cost or Decimal(0), one.id, one.service or ""))
    return [WithCarrier(carrier=each.id, service=each.service) for each in by_cost]


def _place(case: Case) -> list[Record]:
    return [AtPlace(node=case.node.id)] if case.node else []


def _refund_asked(case: Case) -> list[Record]:
    return _amount(case.returned.refund_asked if case.returned else None)


def _price_difference(case: Case) -> list[Record]:
    price = case.price
    promised = lowest((price.shelf, price.online)) if price else None
    if price is None or price.charged is None or promised is None or price.units is None:
        return []
    return _amount((price.charged - promised) * price.units)


def _unposted(case: Case) -> list[Record]:
    return _amount(unposted(case.refund))


def _amount(amount: Decimal | None) -> list[Record]:
    told = known(amount)
    return [OfAmount(amount=told)] if told is not None and told > 0 else []


def _troubled_systems(case: Case) -> list[Record]:
    states = list(SystemState)
    troubled = [each for each in case.dependencies if each.state is not SystemState.UP or each.latency_minutes]
    worst = sorted(troubled, key=lambda one: (-states.index(one.state), -(one.latency_minutes or 0.0), one.system))
    return [OfSystem(system=each.system) for each in worst[:1]]


_A = ActionId
_BUILDERS: dict[ActionId, Callable[[Case], list[Any]]] = {
    _A.RESOURCE_FROM_NODE: _other_nodes,
    _A.CYCLE_COUNT_FIRST: _shelf,
    _A.SUBSTITUTE_ITEM: _substitutes,
    _A.SHIP_AVAILABLE_NOW: _in_parts,
    _A.CONSOLIDATE_SHIPMENT: _in_parts,
    _A.CANCEL_LINE: _lines,
    _A.NOTIFY_DELAY: _bare,
    _A.EXPEDITE_SUPPLIER: _present_supplier,
    _A.SWITCH_SUPPLIER: _other_suppliers,
    _A.REASSIGN_CARRIER: _other_carriers,
    _A.RETRY_HANDOFF: _present_carrier,
    _A.QUEUE_FOR_CARRIER: _present_carrier,
    _A.CONFIRM_ADDRESS: _bare,
    _A.PRIORITISE_PICK: _place,
    _A.ADD_LABOUR: _place,
    _A.INSPECT_RETURN: _bare,
    _A.ACCEPT_RETURN: _refund_asked,
    _A.DECLINE_RETURN: _bare,
    _A.HONOUR_LOWER_PRICE: _price_difference,
    _A.RESYNC_PRICES: _bare,
    _A.POST_REFUND_ADJUSTMENT: _unposted,
    _A.RECONCILE_LEDGER: _bare,
    _A.EXPEDITE_APPROVAL: _bare,
    _A.RETRY_SYSTEM_SYNC: _troubled_systems,
    _A.INVESTIGATE: _bare,
}
