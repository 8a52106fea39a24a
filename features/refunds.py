"""The amounts of a refund that should be equal."""

from __future__ import annotations

from data.case import Case, minutes_between
from data.record import Unit
from data.standing import Standing
from features.definition import Value, feature, number, ratio, since


@feature(Unit.MONEY, "{value} was refunded")
def refund_amount(case: Case, standing: Standing) -> Value:
    """The amount refunded."""
    return number(case.refund.refunded) if case.refund else None


@feature(
    Unit.RATIO,
    "{value} of what was captured has not been refunded",
    below_zero="{value} more was refunded than captured",
)
def refund_short_of_capture(case: Case, standing: Standing) -> Value:
    """The share of the captured amount that has not been refunded."""
    refund = case.refund
    if refund is None or refund.captured is None or refund.refunded is None:
        return None
    return ratio(refund.captured - refund.refunded, refund.captured)


@feature(
    Unit.RATIO,
    "{value} of the refund is missing in the ledger",
    below_zero="the ledger shows {value} more than was refunded",
    lever=True,
)
def ledger_short_of_refund(case: Case, standing: Standing) -> Value:
    """The share of the refund that is missing in the ledger."""
    refund = case.refund
    if refund is None or refund.refunded is None or refund.posted is None:
        return None
    return ratio(refund.refunded - refund.posted, refund.refunded)


@feature(Unit.MONEY, "the amounts of the refund differ by {value}", lever=True)
def refund_gap(case: Case, standing: Standing) -> Value:
    """How far the amounts of the refund differ."""
    refund = case.refund
    told = [each for each in (refund.captured, refund.refunded, refund.posted) if each is not None] if refund else []
    return float(max(told) - min(told)) if len(told) > 1 else None


@feature(Unit.MINUTE, "the refund was requested {value} ago")
def minutes_since_refund(case: Case, standing: Standing) -> Value:
    """When the refund was requested."""
    return since(case.refund.requested_at, case) if case.refund else None


@feature(Unit.MINUTE, "the provider took {value} to settle the refund")
def refund_settling(case: Case, standing: Standing) -> Value:
    """How long the provider took to settle the refund."""
    return minutes_between(case.refund.requested_at, case.refund.settled_at) if case.refund else None


@feature(Unit.FLAG, "the refund is {value}", words=("not settled yet", "settled"))
def refund_settled(case: Case, standing: Standing) -> Value:
    """Whether the refund is settled."""
    return None if case.refund is None else float(case.refund.settled_at is not None)
