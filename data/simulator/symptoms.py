"""What exception a cause yields: which step of the work breaks, and through which channel it is noticed."""

from __future__ import annotations

from data.simulator.dice import Dice, Wheel
from data.vocabulary import Channel, ExceptionType, NodeKind, RootCause, System

_T, _C, _S, _CH = ExceptionType, RootCause, System, Channel

TYPES_OF: dict[RootCause, Wheel[ExceptionType]] = {
    _C.INVENTORY_MISMATCH: Wheel(
        {
            _T.UNAVAILABLE_INVENTORY: 0.55,
            _T.SPLIT_SHIPMENT: 0.23,
            _T.LATE_PICKUP_READINESS: 0.16,
            _T.REFUND_RECONCILIATION_GAP: 0.06,
        }
    ),
    _C.LABOR_SHORTAGE: Wheel(
        {
            _T.LATE_PICKUP_READINESS: 0.56,
            _T.FAILED_DELIVERY_HANDOFF: 0.17,
            _T.UNAVAILABLE_INVENTORY: 0.15,
            _T.SPLIT_SHIPMENT: 0.12,
        }
    ),
    _C.APPROVAL_BOTTLENECK: Wheel(
        {
            _T.REFUND_RECONCILIATION_GAP: 0.42,
            _T.DELAYED_SUPPLIER_CONFIRMATION: 0.26,
            _T.SUSPICIOUS_RETURN: 0.2,
            _T.PRICING_MISMATCH: 0.12,
        }
    ),
    _C.SUPPLIER_DELAY: Wheel(
        {_T.DELAYED_SUPPLIER_CONFIRMATION: 0.6, _T.UNAVAILABLE_INVENTORY: 0.24, _T.SPLIT_SHIPMENT: 0.16}
    ),
    _C.CARRIER_FAILURE: Wheel(
        {
            _T.FAILED_DELIVERY_HANDOFF: 0.72,
            _T.SPLIT_SHIPMENT: 0.1,
            _T.LATE_PICKUP_READINESS: 0.08,
            _T.REFUND_RECONCILIATION_GAP: 0.1,
        }
    ),
    _C.DEMAND_SURGE: Wheel(
        {
            _T.UNAVAILABLE_INVENTORY: 0.42,
            _T.LATE_PICKUP_READINESS: 0.32,
            _T.SPLIT_SHIPMENT: 0.2,
            _T.DELAYED_SUPPLIER_CONFIRMATION: 0.06,
        }
    ),
    _C.PRICE_SYNC_ERROR: Wheel({_T.PRICING_MISMATCH: 0.8, _T.REFUND_RECONCILIATION_GAP: 0.2}),
    _C.FRAUD_PATTERN: Wheel(
        {_T.SUSPICIOUS_RETURN: 0.8, _T.REFUND_RECONCILIATION_GAP: 0.12, _T.FAILED_DELIVERY_HANDOFF: 0.08}
    ),
    _C.ADDRESS_PROBLEM: Wheel({_T.FAILED_DELIVERY_HANDOFF: 0.86, _T.SPLIT_SHIPMENT: 0.07, _T.SUSPICIOUS_RETURN: 0.07}),
}
"""Types per cause; what a lagging system breaks is in `TYPES_OF_SYSTEM`."""

TYPES_OF_SYSTEM: dict[System, Wheel[ExceptionType]] = {
    _S.OMS: Wheel({_T.SPLIT_SHIPMENT: 0.35, _T.UNAVAILABLE_INVENTORY: 0.35, _T.LATE_PICKUP_READINESS: 0.3}),
    _S.WMS: Wheel({_T.LATE_PICKUP_READINESS: 0.45, _T.UNAVAILABLE_INVENTORY: 0.35, _T.FAILED_DELIVERY_HANDOFF: 0.2}),
    _S.ERP: Wheel({_T.REFUND_RECONCILIATION_GAP: 0.5, _T.DELAYED_SUPPLIER_CONFIRMATION: 0.4, _T.PRICING_MISMATCH: 0.1}),
    _S.POS: Wheel({_T.PRICING_MISMATCH: 0.45, _T.REFUND_RECONCILIATION_GAP: 0.35, _T.SUSPICIOUS_RETURN: 0.2}),
    _S.PRICING: Wheel({_T.PRICING_MISMATCH: 1.0}),
    _S.PAYMENTS: Wheel({_T.REFUND_RECONCILIATION_GAP: 0.9, _T.SUSPICIOUS_RETURN: 0.1}),
    _S.CARRIER: Wheel({_T.FAILED_DELIVERY_HANDOFF: 0.9, _T.SPLIT_SHIPMENT: 0.1}),
    _S.RETURNS: Wheel({_T.SUSPICIOUS_RETURN: 0.5, _T.REFUND_RECONCILIATION_GAP: 0.5}),
    _S.SUPPLIER_PORTAL: Wheel({_T.DELAYED_SUPPLIER_CONFIRMATION: 1.0}),
}

_SHIPPED = Wheel({_CH.SHIP_TO_HOME: 0.42, _CH.SHIP_FROM_STORE: 0.28, _CH.MARKETPLACE: 0.17, _CH.SHIP_TO_STORE: 0.13})
_FROM_CENTRE = Wheel({_CH.SHIP_TO_HOME: 0.6, _CH.MARKETPLACE: 0.25, _CH.SHIP_TO_STORE: 0.15})
_ANY = Wheel(
    {_CH.BOPIS: 0.3, _CH.SHIP_FROM_STORE: 0.25, _CH.SHIP_TO_HOME: 0.15, _CH.SHIP_TO_STORE: 0.15, _CH.MARKETPLACE: 0.15}
)
_COUNTER = Wheel({_CH.IN_STORE: 0.5, _CH.BOPIS: 0.15, _CH.SHIP_TO_HOME: 0.2, _CH.MARKETPLACE: 0.15})
_CHANNELS: dict[ExceptionType, Wheel[Channel]] = {
    _T.SPLIT_SHIPMENT: Wheel(
        {_CH.SHIP_TO_HOME: 0.4, _CH.SHIP_FROM_STORE: 0.3, _CH.MARKETPLACE: 0.15, _CH.SHIP_TO_STORE: 0.15}
    ),
    _T.UNAVAILABLE_INVENTORY: _ANY,
    _T.DELAYED_SUPPLIER_CONFIRMATION: _ANY,
    _T.SUSPICIOUS_RETURN: _COUNTER,
    _T.PRICING_MISMATCH: _COUNTER,
    _T.FAILED_DELIVERY_HANDOFF: _SHIPPED,
    _T.LATE_PICKUP_READINESS: Wheel({_CH.BOPIS: 0.6, _CH.SHIP_TO_STORE: 0.24, _CH.SHIP_FROM_STORE: 0.16}),
    _T.REFUND_RECONCILIATION_GAP: _COUNTER,
}

_STEPS: dict[ExceptionType, Wheel[str]] = {
    _T.SPLIT_SHIPMENT: Wheel({"allocate": 0.4, "pack": 0.3, "pick": 0.3}),
    _T.UNAVAILABLE_INVENTORY: Wheel({"allocate": 0.35, "pick": 0.5, "replenish": 0.15}),
    _T.DELAYED_SUPPLIER_CONFIRMATION: Wheel({"replenish": 0.7, "allocate": 0.3}),
    _T.SUSPICIOUS_RETURN: Wheel({"receive_return": 0.5, "refund": 0.5}),
    _T.PRICING_MISMATCH: Wheel({"check_out": 0.6, "refund": 0.4}),
    _T.FAILED_DELIVERY_HANDOFF: Wheel({"hand_over": 0.55, "pack": 0.25, "stage": 0.2}),
    _T.LATE_PICKUP_READINESS: Wheel({"pick": 0.5, "stage": 0.25, "pack": 0.15, "hand_over": 0.1}),
    _T.REFUND_RECONCILIATION_GAP: Wheel({"refund": 0.65, "receive_return": 0.2, "check_out": 0.15}),
}


def type_of(dice: Dice, cause: RootCause, system: System | None) -> ExceptionType:
    """The type of exception this cause yields; `system` names what lags where the cause is a lag."""
    return dice.spin(TYPES_OF_SYSTEM[system] if system else TYPES_OF[cause])


def channel_of(dice: Dice, kind: ExceptionType, node: NodeKind) -> Channel:
    """The channel through which the broken work was to reach its customer."""
    if node is NodeKind.DISTRIBUTION_CENTRE:
        return dice.spin(_FROM_CENTRE)
    return dice.spin(_CHANNELS[kind])


def step_of(dice: Dice, kind: ExceptionType, cause: RootCause) -> str:
    """The step of the workflow that broke."""
    if cause is RootCause.APPROVAL_BOTTLENECK and dice.chance(0.35):
        return "approve"
    if cause is RootCause.SYSTEM_LATENCY and dice.chance(0.2):
        return "synchronise"
    return dice.spin(_STEPS[kind])
