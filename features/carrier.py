"""The carrier, the hand-off and the address."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from data.vocabulary import SystemState
from features.definition import Value, coder, feature, number, since

_state = coder(tuple(SystemState))


@feature(Unit.LABEL, "the carrier is {value}", levels=tuple(SystemState), lever=True)
def carrier_state(case: Case, standing: Standing) -> Value:
    """Whether the carrier accepts parcels now."""
    return _state(case.carrier.state) if case.carrier else None


@feature(
    Unit.MINUTE, "the hand-off to the carrier is due in {value}", below_zero="the hand-off was due {value} ago"
)  # fmt: skip
def minutes_to_handoff(case: Case, standing: Standing) -> Value:
    """When the hand-off to the carrier is due."""
    late = since(case.carrier.handoff_due_at, case) if case.carrier else None
    return None if late is None else -late


@feature(Unit.MINUTE, "the carrier has not scanned the parcel for {value}")
def minutes_since_scan(case: Case, standing: Standing) -> Value:
    """When the carrier last scanned the parcel."""
    return since(case.carrier.last_scan_at, case) if case.carrier else None


@feature(Unit.EACH, "the carrier has tried {value} [time|times]")
def carrier_attempts(case: Case, standing: Standing) -> Value:
    """The number of times the carrier has tried."""
    return number(case.carrier.attempts) if case.carrier else None


@feature(Unit.SCORE, "the address is {value} km away")
def address_distance(case: Case, standing: Standing) -> Value:
    """The distance to the address."""
    return case.carrier.distance_km if case.carrier else None


@feature(Unit.RATIO, "the address was verified to {value}", lever=True)
def address_score(case: Case, standing: Standing) -> Value:
    """How well the address was verified."""
    return case.carrier.address_score if case.carrier else None


@feature(Unit.EACH, "{value} other [carrier|carriers] could take the parcel now")
def carrier_alternatives(case: Case, standing: Standing) -> Value:
    """The number of other carriers who could take the parcel now."""
    if case.carrier is None:
        return None
    return float(sum(each.state is not SystemState.DOWN for each in case.carrier.alternatives))
