"""What people did: a logging policy of habit with some exploration, and how likely each choice was.

The policy sees what the sender believed and told, never the truth. Each node's people have habits of their own.
"""

from __future__ import annotations

from data.actions import ActionId
from data.simulator.dice import Dice
from data.simulator.facts import Facts
from data.simulator.truth import Truth
from data.vocabulary import ExceptionType

_A, _T = ActionId, ExceptionType

EXPLORATION = 0.15
"""Share of decisions drawn evenly from what is possible."""

_HABITS: dict[ExceptionType, dict[ActionId, float]] = {
    _T.UNAVAILABLE_INVENTORY: {
        _A.RESOURCE_FROM_NODE: 3.0,
        _A.CYCLE_COUNT_FIRST: 2.5,
        _A.SUBSTITUTE_ITEM: 1.5,
        _A.CANCEL_LINE: 1.0,
        _A.NOTIFY_DELAY: 1.0,
        _A.REPLENISH: 1.0,
    },
    _T.SPLIT_SHIPMENT: {
        _A.SHIP_AVAILABLE_NOW: 3.0,
        _A.CONSOLIDATE_SHIPMENT: 2.0,
        _A.RESOURCE_FROM_NODE: 1.5,
        _A.NOTIFY_DELAY: 1.0,
        _A.CANCEL_LINE: 0.5,
    },
    _T.DELAYED_SUPPLIER_CONFIRMATION: {
        _A.EXPEDITE_SUPPLIER: 3.0,
        _A.SWITCH_SUPPLIER: 1.5,
        _A.NOTIFY_DELAY: 1.5,
        _A.EXPEDITE_APPROVAL: 1.0,
        _A.INVESTIGATE: 0.5,
    },
    _T.SUSPICIOUS_RETURN: {
        _A.INSPECT_RETURN: 3.0,
        _A.ACCEPT_RETURN: 2.0,
        _A.DECLINE_RETURN: 1.5,
        _A.INVESTIGATE: 1.0,
        _A.EXPEDITE_APPROVAL: 0.5,
    },
    _T.PRICING_MISMATCH: {
        _A.HONOUR_LOWER_PRICE: 3.0,
        _A.RESYNC_PRICES: 3.0,
        _A.RETRY_SYSTEM_SYNC: 0.7,
        _A.INVESTIGATE: 0.7,
    },
    _T.FAILED_DELIVERY_HANDOFF: {
        _A.RETRY_HANDOFF: 3.0,
        _A.REASSIGN_CARRIER: 2.0,
        _A.QUEUE_FOR_CARRIER: 1.0,
        _A.CONFIRM_ADDRESS: 1.0,
        _A.NOTIFY_DELAY: 1.0,
    },
    _T.LATE_PICKUP_READINESS: {
        _A.PRIORITISE_PICK: 3.0,
        _A.NOTIFY_DELAY: 2.0,
        _A.ADD_LABOUR: 1.0,
        _A.RESOURCE_FROM_NODE: 0.7,
        _A.CYCLE_COUNT_FIRST: 0.6,
    },
    _T.REFUND_RECONCILIATION_GAP: {
        _A.POST_REFUND_ADJUSTMENT: 2.5,
        _A.RECONCILE_LEDGER: 2.5,
        _A.EXPEDITE_APPROVAL: 1.0,
        _A.RETRY_SYSTEM_SYNC: 1.0,
        _A.INVESTIGATE: 0.7,
    },
}


def decide(dice: Dice, truth: Truth, belief: ExceptionType, case: Facts) -> tuple[ActionId, float]:
    """The action taken and its propensity under the logging policy."""
    habits = {
        action: weight * _leaning(truth.node.habit, action, case)
        for action, weight in _HABITS[belief].items()
        if _possible(action, case)
    }
    total = sum(habits.values())
    chances = [EXPLORATION / len(habits) + (1.0 - EXPLORATION) * weight / total for weight in habits.values()]
    drawn, chosen = dice.unit(), 0
    while chosen < len(chances) - 1 and drawn >= chances[chosen]:
        drawn -= chances[chosen]
        chosen += 1
    return tuple(habits)[chosen], round(chances[chosen], 6)


def _possible(action: ActionId, case: Facts) -> bool:
    match action:
        case _A.RESOURCE_FROM_NODE:
            return len(case.get("stock", ())) > 1
        case _A.REPLENISH:
            return "stock" in case
        case _A.SUBSTITUTE_ITEM:
            return any("substitutes" in line for line in case.get("order", {}).get("lines", ()))
        case _A.CANCEL_LINE:
            return "order" in case
        case _A.SWITCH_SUPPLIER:
            return "alternatives" in case.get("supplier", {})
        case _A.REASSIGN_CARRIER:
            return "alternatives" in case.get("carrier", {})
    return True


def _leaning(habit: int, action: ActionId, case: Facts) -> float:
    own = 0.6 + 0.35 * ((habit * 7 + len(action) * 3) % 5)
    work = case.get("workflow", {})
    if action is _A.EXPEDITE_APPROVAL and work.get("approvals_open", 0) > 8:
        return own * 2.5
    if action is _A.ADD_LABOUR and work.get("staff_on_shift", 1) < work.get("staff_planned", 1):
        return own * 2.0
    if action is _A.RETRY_SYSTEM_SYNC and any(each["state"] != "up" for each in case.get("dependencies", ())):
        return own * 2.0
    return own
