"""The closed lists of words: one word, one meaning, in code, API, docs and screens."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class ExceptionType(StrEnum):
    """What kind of work left its normal path."""

    SPLIT_SHIPMENT = "split_shipment"
    UNAVAILABLE_INVENTORY = "unavailable_inventory"
    DELAYED_SUPPLIER_CONFIRMATION = "delayed_supplier_confirmation"
    SUSPICIOUS_RETURN = "suspicious_return"
    PRICING_MISMATCH = "pricing_mismatch"
    FAILED_DELIVERY_HANDOFF = "failed_delivery_handoff"
    LATE_PICKUP_READINESS = "late_pickup_readiness"
    REFUND_RECONCILIATION_GAP = "refund_reconciliation_gap"


UNRECOGNISED = "unrecognised"
"""The label of a predicted exception type when no type is likely enough to act on."""


class RootCause(StrEnum):
    """Why the work left its normal path."""

    INVENTORY_MISMATCH = "inventory_mismatch"
    LABOR_SHORTAGE = "labor_shortage"
    SYSTEM_LATENCY = "system_latency"
    APPROVAL_BOTTLENECK = "approval_bottleneck"
    SUPPLIER_DELAY = "supplier_delay"
    CARRIER_FAILURE = "carrier_failure"
    DEMAND_SURGE = "demand_surge"
    PRICE_SYNC_ERROR = "price_sync_error"
    FRAUD_PATTERN = "fraud_pattern"
    ADDRESS_PROBLEM = "address_problem"


class Task(StrEnum):
    """What is predicted: one model, one set of fallback rules and one history check per task."""

    EXCEPTION_TYPE = "exception_type"
    ROOT_CAUSE = "root_cause"
    SLA_BREACH = "sla_breach"
    STOCKOUT = "stockout"

    @property
    def is_risk(self) -> bool:
        """True for a probability of one event, False for a label out of several."""
        return self in (Task.SLA_BREACH, Task.STOCKOUT)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of a label task in the order every model and array uses; empty for a risk."""
        if self is Task.EXCEPTION_TYPE:
            return tuple(ExceptionType)
        return tuple(RootCause) if self is Task.ROOT_CAUSE else ()


class Disposition(StrEnum):
    """What may happen with an option, in order of caution."""

    PROCEED = "proceed"
    REVIEW = "review"
    HOLD = "hold"

    @property
    def caution(self) -> int:
        """0 for `proceed`, 1 for `review`, 2 for `hold`."""
        return list(Disposition).index(self)


def most_cautious(dispositions: Iterable[Disposition]) -> Disposition:
    """Combine verdicts by taking the most cautious; `review` where nothing was said, never `proceed`."""
    return max(dispositions, key=lambda each: each.caution, default=Disposition.REVIEW)


class ServedBy(StrEnum):
    """The step of the ladder that answered."""

    MODEL = "model"
    PREVIOUS_MODEL = "previous_model"
    RULES = "rules"
    NONE = "none"


class Channel(StrEnum):
    """How the customer buys and receives."""

    BOPIS = "bopis"
    SHIP_FROM_STORE = "ship_from_store"
    SHIP_TO_HOME = "ship_to_home"
    SHIP_TO_STORE = "ship_to_store"
    MARKETPLACE = "marketplace"
    IN_STORE = "in_store"


class NodeKind(StrEnum):
    """What holds stock."""

    STORE = "store"
    DISTRIBUTION_CENTRE = "distribution_centre"
    SUPPLIER_DIRECT = "supplier_direct"


class System(StrEnum):
    """A system an action posts to or a snapshot came from."""

    OMS = "oms"
    WMS = "wms"
    ERP = "erp"
    POS = "pos"
    PRICING = "pricing"
    PAYMENTS = "payments"
    CARRIER = "carrier"
    RETURNS = "returns"
    SUPPLIER_PORTAL = "supplier_portal"


class SystemState(StrEnum):
    """Whether a dependency can be used."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class CustomerTier(StrEnum):
    """How the retailer ranks a customer relation."""

    NEW = "new"
    STANDARD = "standard"
    LOYAL = "loyal"
    KEY = "key"


class ReturnCondition(StrEnum):
    """The condition in which goods came back."""

    SEALED = "sealed"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"
    EMPTY_BOX = "empty_box"


class Control(StrEnum):
    """What an action touches that a person may have to guard."""

    FINANCIAL = "financial"
    INVENTORY = "inventory"
    CUSTOMER = "customer"
    COMPLIANCE = "compliance"


class Role(StrEnum):
    """A role that may have to agree, or that operates the service."""

    ORCHESTRATOR = "orchestrator"
    STORE_OPERATIONS = "store_operations"
    STORE_FINANCE = "store_finance"
    RETURNS_DESK = "returns_desk"
    SUPPLY_PLANNING = "supply_planning"
    PRICING_DESK = "pricing_desk"
    DATA_SCIENTIST = "data_scientist"
    MODEL_OWNER = "model_owner"
    AUDITOR = "auditor"


class ReviewVerdict(StrEnum):
    """What a person decided on a recommendation."""

    APPROVE = "approve"
    REJECT = "reject"
    OVERRIDE = "override"


class RejectReason(StrEnum):
    """Why a person rejected a recommendation or chose another action."""

    FACTS_WRONG = "facts_wrong"
    FACTS_STALE = "facts_stale"
    ALREADY_RESOLVED = "already_resolved"
    CUSTOMER_ASKED = "customer_asked"
    TOO_COSTLY = "too_costly"
    POLICY_EXCEPTION = "policy_exception"
    SUSPECTED_FRAUD = "suspected_fraud"
    OTHER = "other"
