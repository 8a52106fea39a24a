"""The supplier and the purchase order that waits."""

from __future__ import annotations

from data.case import Case, minutes_between
from data.record import Unit
from data.standing import Standing
from features.definition import Value, difference, feature, number, ratio


@feature(
    Unit.MINUTE,
    "the supplier's confirmation is {value} overdue",
    below_zero="the supplier's confirmation is due in {value}",
    lever=True,
)
def supplier_overdue(case: Case, standing: Standing) -> Value:
    """How long the supplier's confirmation is overdue."""
    supplier = case.supplier
    if supplier is None:
        return None
    end = supplier.confirmed_at or case.event.time
    return minutes_between(supplier.confirmation_due_at, end)


@feature(Unit.FLAG, "the supplier has {value}", words=("not confirmed", "confirmed"))
def supplier_confirmed(case: Case, standing: Standing) -> Value:
    """Whether the supplier has confirmed."""
    return None if case.supplier is None else float(case.supplier.confirmed_at is not None)


@feature(Unit.RATIO, "the supplier confirmed {value} of the units asked for")
def confirmed_share(case: Case, standing: Standing) -> Value:
    """The share of the units asked for that the supplier confirmed."""
    supplier = case.supplier
    return ratio(supplier.confirmed_quantity, supplier.requested_quantity) if supplier else None


@feature(Unit.EACH, "{value} [unit was|units were] asked of the supplier")
def requested_quantity(case: Case, standing: Standing) -> Value:
    """The number of units asked of the supplier."""
    return number(case.supplier.requested_quantity) if case.supplier else None


@feature(Unit.DAY, "the supplier's agreed lead time is {value}")
def supplier_lead(case: Case, standing: Standing) -> Value:
    """The supplier's agreed lead time."""
    return case.supplier.lead_days if case.supplier else None


@feature(Unit.EACH, "the supplier was reminded {value} [time|times]", lever=True)
def supplier_reminders(case: Case, standing: Standing) -> Value:
    """The number of reminders the supplier was sent."""
    return number(case.supplier.reminders) if case.supplier else None


@feature(Unit.EACH, "{value} other [supplier|suppliers] could deliver")
def supplier_alternatives(case: Case, standing: Standing) -> Value:
    """The number of other suppliers who could deliver."""
    return float(len(case.supplier.alternatives)) if case.supplier else None


@feature(
    Unit.DAY,
    "another supplier would be {value} faster",
    below_zero="every other supplier would be at least {value} slower",
)
def supplier_days_saved(case: Case, standing: Standing) -> Value:
    """How much faster another supplier would be."""
    if case.supplier is None:
        return None
    leads = [each.lead_days for each in case.supplier.alternatives if each.lead_days is not None]
    return difference(case.supplier.lead_days, min(leads, default=None))
