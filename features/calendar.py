"""The hour and the day, by the node's own clock where its zone is known, else in UTC."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, feature

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this name, None where there is none: a sender's typing error is a missing fact."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def local_time(case: Case) -> datetime:
    """The case's moment by the node's own clock; in UTC where the node's zone is not known."""
    zone = zone_named(case.node.zone) if case.node and case.node.zone else None
    try:
        return case.event.time.astimezone(zone) if zone else case.event.time
    except OverflowError:  # the first and the last day that a calendar knows
        return case.event.time


@feature(Unit.HOUR, "it was noticed {value} after midnight")
def hour_of_day(case: Case, standing: Standing) -> Value:
    """The hour of the day."""
    now = local_time(case)
    return now.hour + now.minute / 60.0


@feature(Unit.LABEL, "it is a {value}", levels=WEEKDAYS)
def day_of_week(case: Case, standing: Standing) -> Value:
    """The day of the week."""
    return float(local_time(case).weekday())
