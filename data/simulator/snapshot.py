"""The case a sender would emit for a truth: the blocks it has, from recorded state, without what it never tells."""

from __future__ import annotations

from data.simulator.causes import DayState
from data.simulator.clock import stamp
from data.simulator.dice import Dice
from data.simulator.facts import Facts, known
from data.simulator.facts_money import price_facts, refund_facts, returned_facts
from data.simulator.facts_order import customer_facts, order_facts, promise_facts
from data.simulator.facts_parties import carrier_facts, supplier_facts
from data.simulator.facts_stock import stock_facts
from data.simulator.facts_work import attribute_facts, dependency_facts, workflow_facts
from data.simulator.markets import REGIONS
from data.simulator.messages import Sender
from data.simulator.truth import Truth, work_at
from data.simulator.world import World
from data.vocabulary import ExceptionType, System

_T = ExceptionType

_TOLD: dict[ExceptionType, dict[str, float]] = {
    _T.SPLIT_SHIPMENT: {"stock": 0.82, "carrier": 0.6, "supplier": 0.42, "workflow": 0.8},
    _T.UNAVAILABLE_INVENTORY: {"stock": 0.92, "carrier": 0.38, "supplier": 0.48, "workflow": 0.8},
    _T.DELAYED_SUPPLIER_CONFIRMATION: {"stock": 0.85, "supplier": 0.86, "workflow": 0.65},
    _T.SUSPICIOUS_RETURN: {"returned": 0.88, "refund": 0.66, "price": 0.28, "workflow": 0.6, "stock": 0.1},
    _T.PRICING_MISMATCH: {"price": 0.84, "refund": 0.4, "returned": 0.22, "workflow": 0.5, "stock": 0.25},
    _T.FAILED_DELIVERY_HANDOFF: {"carrier": 0.88, "workflow": 0.78, "stock": 0.3, "returned": 0.08},
    _T.LATE_PICKUP_READINESS: {"workflow": 0.9, "stock": 0.65, "carrier": 0.42, "supplier": 0.14},
    _T.REFUND_RECONCILIATION_GAP: {"refund": 0.9, "returned": 0.58, "price": 0.45, "workflow": 0.6, "carrier": 0.12},
}
"""How often a sender tells a block, per type."""

_WITH_ORDER = {_T.DELAYED_SUPPLIER_CONFIRMATION: 0.8, _T.PRICING_MISMATCH: 0.85}
_ABOUT_STOCK = frozenset(
    {_T.SPLIT_SHIPMENT, _T.UNAVAILABLE_INVENTORY, _T.DELAYED_SUPPLIER_CONFIRMATION, _T.LATE_PICKUP_READINESS}
)


def snapshot(world: World, state: DayState, dice: Dice, truth: Truth, sender: Sender, number: int) -> Facts:
    """The first event of the exception, as JSON values; `number` names it and its records."""
    order_id = f"ord-{number}"
    case: Facts = known(
        event=_event(sender, truth.at, f"evt-{number}-1", order_id),
        exception_id=f"exc-{number}",
        reported_type=sender.reported_type,
        code=sender.code,
        message=sender.message,
        channel=truth.channel.value if dice.chance(0.96) else None,
        region=REGIONS[truth.node.region].id,
        currency=REGIONS[truth.node.region].currency,
        node={"id": truth.node.id, "kind": truth.node.kind.value, "zone": truth.node.zone},
        promise=promise_facts(dice, truth),
        dependencies=dependency_facts(state, dice, truth, truth.at) if dice.chance(0.85) else None,
        attributes=attribute_facts(dice, truth),
    )
    if dice.chance(_WITH_ORDER.get(truth.type, 0.94)):
        case["order"] = order_facts(world, dice, truth, order_id)
        if dice.chance(0.88):
            case["customer"] = customer_facts(dice, truth)
    return _add_blocks(case, world, state, dice, truth, number)


def follow_up(case: Facts, state: DayState, dice: Dice, truth: Truth, at: float, number: int, message: str) -> Facts:
    """A later event of the same exception: the work has waited longer, the rest stands as it was told."""
    event = {**case["event"], "id": f"evt-{number}-2", "time": stamp(at), "type": "exception.updated"}
    later = {**case, "event": event, "message": message}
    if "workflow" in case:
        later["workflow"] = workflow_facts(dice, truth, work_at(state, dice, truth.node, at), at)
    if "dependencies" in case:
        later["dependencies"] = dependency_facts(state, dice, truth, at)
    return later


def _event(sender: Sender, at: float, event_id: str, order_id: str) -> Facts:
    return {"source": sender.source, "id": event_id, "time": stamp(at), "type": "exception.raised", "subject": order_id}


def _add_blocks(case: Facts, world: World, state: DayState, dice: Dice, truth: Truth, number: int) -> Facts:
    told = {name for name, share in _TOLD[truth.type].items() if dice.chance(share * _reach(state, truth, name))}
    if "stock" in told:
        case["stock"] = stock_facts(world, dice, truth, truth.type in _ABOUT_STOCK and dice.chance(0.75))
    if "carrier" in told:
        case["carrier"] = carrier_facts(world, dice, truth)
    if "supplier" in told:
        case["supplier"] = supplier_facts(world, dice, truth, number)
    if "returned" in told:
        case["returned"] = returned_facts(dice, truth, number)
    if "price" in told:
        case["price"] = price_facts(dice, truth, number)
    if "refund" in told:
        case["refund"] = refund_facts(dice, truth, number)
    if "workflow" in told:
        case["workflow"] = workflow_facts(dice, truth, truth.work, truth.at)
    return case


_SOURCE_OF = {
    "stock": System.WMS,
    "workflow": System.WMS,
    "refund": System.PAYMENTS,
    "supplier": System.SUPPLIER_PORTAL,
}


def _reach(state: DayState, truth: Truth, block: str) -> float:
    """Facts go missing most where the system that keeps them lags."""
    if block not in _SOURCE_OF:
        return 1.0
    hour = state.hour_of(truth.at)
    lag = float(state.hazards.lagging[list(System).index(_SOURCE_OF[block]), truth.node.region, hour])
    return 0.6 if lag > 0.5 else 1.0
