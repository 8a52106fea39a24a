"""When an outcome can have happened: after its case, before now, and known no earlier than it happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from data.outcome import Outcome
from serving.errors import Fault, InvalidRequest
from serving.recommendations.service import LATEST_AHEAD

AHEAD = "no later than five minutes from now, by the service's clock"
BEFORE = "no earlier than the case's event.time; clocks may differ by five minutes"
KNOWN_TOO_SOON = "no earlier than resolved_at: an outcome is known once it has happened"


def check_instants(outcome: Outcome, event_time: datetime, now: datetime) -> None:
    """Raises InvalidRequest, which names each instant that cannot be and never repeats it."""
    faults = list(_faults(outcome, event_time, now))
    resolved_at = outcome.resolved_at
    if not faults and resolved_at is not None and outcome.recorded_at < resolved_at:
        faults = [Fault("/recorded_at", KNOWN_TOO_SOON)]
    if faults:
        raise InvalidRequest("The outcome cannot have happened then: see `errors`.", faults=faults)


def _faults(outcome: Outcome, event_time: datetime, now: datetime) -> Iterator[Fault]:
    for name, instant in (("recorded_at", outcome.recorded_at), ("resolved_at", outcome.resolved_at)):
        if instant is None:
            continue
        # Differences: at either end of the calendar there is no instant five minutes further.
        if instant - now > LATEST_AHEAD:
            yield Fault(f"/{name}", AHEAD)
        elif event_time - instant > LATEST_AHEAD:
            yield Fault(f"/{name}", BEFORE)
