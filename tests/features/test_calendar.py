"""The hour and the day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.case import Node
from features import calendar
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [
        ("Europe/Berlin", 0.5, "Tuesday"),
        (None, 23.5, "Monday"),
        ("Nowhere/City", 23.5, "Monday"),
        ("../../etc/passwd", 23.5, "Monday"),
        ("Europe", 23.5, "Monday"),
    ],
)
def test_the_nodes_own_clock_or_utc(zone: str | None, hour: float, day: str) -> None:
    late = NOON.replace(hour=23, minute=30)
    case = a_case(at=late, node=Node(id="s-1", zone=zone))
    assert value(calendar.hour_of_day, case) == hour
    assert value(calendar.day_of_week, case) == calendar.WEEKDAYS.index(day)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
def test_the_ends_of_the_calendar(zone: str) -> None:
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert value(calendar.hour_of_day, a_case(at=at, node=Node(id="s-1", zone=zone))) is not None
