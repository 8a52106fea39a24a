"""What then happened: from the true state and the action taken, never from what was recorded."""

from __future__ import annotations

from math import exp, log, log1p

from data.actions import ActionId
from data.simulator.clock import DAY, HOUR, MINUTE, stamp
from data.simulator.dice import Dice
from data.simulator.facts import Facts, amount, known
from data.simulator.facts_money import paid
from data.simulator.messages import CONFUSED
from data.simulator.symptoms import TYPES_OF
from data.simulator.truth import Truth
from data.vocabulary import ExceptionType, NodeKind, RootCause

_A, _C, _T = ActionId, RootCause, ExceptionType

_MINUTES: dict[ExceptionType, float] = {
    _T.SPLIT_SHIPMENT: 88.0,
    _T.UNAVAILABLE_INVENTORY: 58.0,
    _T.DELAYED_SUPPLIER_CONFIRMATION: 600.0,
    _T.SUSPICIOUS_RETURN: 470.0,
    _T.PRICING_MISMATCH: 88.0,
    _T.FAILED_DELIVERY_HANDOFF: 145.0,
    _T.LATE_PICKUP_READINESS: 10.0,
    _T.REFUND_RECONCILIATION_GAP: 700.0,
}
"""Median minutes of work on an exception of this type when nothing stands in the way."""

_BY_HAND: dict[ExceptionType, float] = {
    _T.LATE_PICKUP_READINESS: 1.0,
    _T.UNAVAILABLE_INVENTORY: 0.7,
    _T.SPLIT_SHIPMENT: 0.6,
    _T.FAILED_DELIVERY_HANDOFF: 0.35,
}
"""How far the node's queue slows the work."""

_EFFECTS: dict[ActionId, dict[RootCause, float]] = {
    _A.CYCLE_COUNT_FIRST: {_C.INVENTORY_MISMATCH: -0.5, _C.LABOR_SHORTAGE: 0.4, _C.DEMAND_SURGE: 0.4},
    _A.RESOURCE_FROM_NODE: {_C.INVENTORY_MISMATCH: -0.3, _C.DEMAND_SURGE: -0.4, _C.SUPPLIER_DELAY: -0.5},
    _A.SUBSTITUTE_ITEM: {_C.SUPPLIER_DELAY: -0.7, _C.DEMAND_SURGE: -0.4, _C.INVENTORY_MISMATCH: -0.4},
    _A.CANCEL_LINE: dict.fromkeys(RootCause, -0.8),
    _A.NOTIFY_DELAY: dict.fromkeys(RootCause, 0.25),
    _A.EXPEDITE_SUPPLIER: {_C.SUPPLIER_DELAY: -0.5},
    _A.SWITCH_SUPPLIER: {_C.SUPPLIER_DELAY: -0.6, _C.APPROVAL_BOTTLENECK: 0.3},
    _A.REASSIGN_CARRIER: {_C.CARRIER_FAILURE: -0.5, _C.ADDRESS_PROBLEM: 0.2},
    _A.RETRY_HANDOFF: {_C.CARRIER_FAILURE: 0.2, _C.SYSTEM_LATENCY: -0.3, _C.ADDRESS_PROBLEM: 0.3},
    _A.CONFIRM_ADDRESS: {_C.ADDRESS_PROBLEM: -0.7, _C.CARRIER_FAILURE: 0.2},
    _A.PRIORITISE_PICK: {_C.LABOR_SHORTAGE: -0.5, _C.DEMAND_SURGE: -0.4, _C.INVENTORY_MISMATCH: 0.2},
    _A.ADD_LABOUR: {_C.LABOR_SHORTAGE: -0.6, _C.DEMAND_SURGE: -0.5},
    _A.INSPECT_RETURN: {_C.FRAUD_PATTERN: -0.3, _C.APPROVAL_BOTTLENECK: 0.2},
    _A.ACCEPT_RETURN: dict.fromkeys(RootCause, -0.5),
    _A.RESYNC_PRICES: {_C.PRICE_SYNC_ERROR: -0.4},
    _A.HONOUR_LOWER_PRICE: {_C.PRICE_SYNC_ERROR: -0.6, _C.APPROVAL_BOTTLENECK: -0.2},
    _A.EXPEDITE_APPROVAL: {_C.APPROVAL_BOTTLENECK: -0.8},
    _A.RETRY_SYSTEM_SYNC: {_C.SYSTEM_LATENCY: -0.4},
    _A.RECONCILE_LEDGER: {_C.PRICE_SYNC_ERROR: -0.2, _C.FRAUD_PATTERN: -0.2},
}
"""How far an action shortens (or lengthens) the work, as a logarithm, per true cause."""

_WAITS_OUT = {_A.REASSIGN_CARRIER: 0.1, _A.CANCEL_LINE: 0.0, _A.RETRY_SYSTEM_SYNC: 0.6, _A.HONOUR_LOWER_PRICE: 0.1}
"""Share of a running outage that the action still has to wait out; 0.8 for others."""

_COSTS = {
    _A.EXPEDITE_SUPPLIER: 28.0,
    _A.SWITCH_SUPPLIER: 22.0,
    _A.ADD_LABOUR: 26.0,
    _A.REASSIGN_CARRIER: 7.5,
    _A.RESOURCE_FROM_NODE: 6.0,
    _A.CONSOLIDATE_SHIPMENT: 4.0,
    _A.SHIP_AVAILABLE_NOW: 5.5,
    _A.CYCLE_COUNT_FIRST: 3.0,
    _A.INSPECT_RETURN: 5.0,
    _A.RECONCILE_LEDGER: 9.0,
    _A.INVESTIGATE: 12.0,
}
_GRANTING = frozenset({_A.ACCEPT_RETURN, _A.CANCEL_LINE, _A.HONOUR_LOWER_PRICE, _A.POST_REFUND_ADJUSTMENT})
_NOISE = 0.55
_TYPE_SLIP, _CAUSE_SLIP, _UNTOLD = 0.02, 0.03, 0.08


def outcome_of(dice: Dice, truth: Truth, action: ActionId, case: Facts) -> Facts:
    """The outcome as it is recorded: with slips in the labels, and some facts never told."""
    minutes = resolution_minutes(dice, truth, action)
    resolved_at = None if dice.chance(0.02) else truth.at + minutes * MINUTE
    late = minutes > truth.slack
    # Who tracks the promise may leave out when it was resolved; who does neither would make a kept promise look broken.
    tracked = dice.chance(0.03)
    facts = known(
        action=action.value,
        resolved_at=stamp(resolved_at) if resolved_at and not tracked else None,
        sla_breached=late or resolved_at is None if tracked or dice.chance(0.25) else None,
        granted=_granted(dice, truth, action, late),
        cost=amount(_cost(dice, truth, action, minutes)) if dice.chance(0.8) else None,
        **_labels(dice, truth, minutes),
    )
    if "stock" in case and dice.chance(0.88):
        facts["stockout"] = truth.shelf.runs_out
    return {"recorded_at": stamp(_recorded_at(dice, truth, resolved_at, "stockout" in facts)), **facts}


def resolution_minutes(dice: Dice, truth: Truth, action: ActionId) -> float:
    """Minutes until the exception is resolved: the work, slowed by the place, and what has to be waited out."""
    slowed = _slowed(truth) + _EFFECTS.get(action, {}).get(truth.cause, 0.1) + dice.normal(0.0, _NOISE)
    waiting = truth.left * _WAITS_OUT.get(action, 0.8) + _closed_minutes(truth)
    return _MINUTES[truth.type] * exp(slowed) + waiting


def _slowed(truth: Truth) -> float:
    work = truth.work
    by_hand = _BY_HAND.get(truth.type, 0.1)
    slowed = by_hand * (0.85 * log1p(work.wait_minutes / 15.0) - 0.7 + 2.2 * work.gap * min(1.0, work.queue / 20.0))
    match truth.cause:
        case _C.SUPPLIER_DELAY:
            slowed += 0.75 * log(max(0.05, truth.slipping)) + 0.05 * (truth.supplier.lead_days - 6.0)
        case _C.APPROVAL_BOTTLENECK:
            slowed += 0.6 * log((1.0 + work.approvals) / 8.0) + (0.6 if work.weekend else 0.0)
        case _C.INVENTORY_MISMATCH:
            slowed += 0.5 * log(truth.node.inaccuracy) + 0.2
        case _C.CARRIER_FAILURE:
            slowed += 0.5 * truth.carrier.fragility + (0.3 if truth.left == 0 else 0.0)
        case _C.FRAUD_PATTERN:
            slowed += 0.45
        case _C.ADDRESS_PROBLEM:
            slowed += 0.9 * (0.8 - truth.customer.address)
    return slowed


def _closed_minutes(truth: Truth) -> float:
    """Stores sleep: what needs hands there waits for the morning."""
    if truth.node.kind is NodeKind.DISTRIBUTION_CENTRE or truth.type not in _BY_HAND:
        return 0.0
    hour = truth.work.local_hour
    until_open = (8.5 - hour) % 24.0 if hour >= 20.5 or hour < 8.5 else 0.0
    return 0.5 * 60.0 * until_open * _BY_HAND[truth.type]


def _labels(dice: Dice, truth: Truth, minutes: float) -> Facts:
    # What was solved quickly is written up least.
    untold = _UNTOLD + (0.12 if minutes < _MINUTES[truth.type] else 0.0)
    kind = dice.spin(CONFUSED[truth.type]) if dice.chance(_TYPE_SLIP) else truth.type
    cause = _other_cause(dice, truth) if dice.chance(_CAUSE_SLIP) else truth.cause
    return known(
        exception_type=None if dice.chance(untold) else kind.value,
        root_cause=None if dice.chance(untold) else cause.value,
    )


def _other_cause(dice: Dice, truth: Truth) -> RootCause:
    return dice.pick([cause for cause, wheel in TYPES_OF.items() if truth.type in wheel.items])


def _granted(dice: Dice, truth: Truth, action: ActionId, late: bool) -> str | None:
    if action in _GRANTING:
        share = 1.0 if action in (_A.ACCEPT_RETURN, _A.CANCEL_LINE) else dice.uniform(0.05, 0.4)
        return amount(paid(truth) * share)
    return amount(dice.pick((5.0, 10.0, 15.0))) if late and dice.chance(0.25) else None


def _cost(dice: Dice, truth: Truth, action: ActionId, minutes: float) -> float:
    price = paid(truth)
    late = max(0.0, minutes - truth.slack)
    cost = _COSTS.get(action, 1.5) * dice.uniform(0.8, 1.25) + 0.001 * minutes
    if late > 0:
        cost += 4.0 + 0.12 * price * truth.sku.margin + 0.004 * min(late, 5000.0)
    if truth.cause is _C.FRAUD_PATTERN and action is _A.ACCEPT_RETURN:
        cost += 0.8 * price
    if truth.shelf.runs_out:
        cost += truth.sku.margin * truth.sku.price * min(truth.shelf.wanted, 5)
    return cost


def _recorded_at(dice: Dice, truth: Truth, resolved_at: float | None, tells_stock: bool) -> float:
    settled = resolved_at or truth.at + dice.uniform(3.0, 9.0) * DAY
    if tells_stock:
        settled = max(settled, truth.at + DAY)
    return settled + dice.spread(5.0, 1.0) * HOUR
