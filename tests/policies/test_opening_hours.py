"""Calendars: open minutes are counted in local time, through nights, weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.opening_hours import OpeningHours, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
STORE = OpeningHours(dict.fromkeys(range(6), (9 * 60, 20 * 60)))
ALWAYS = OpeningHours(dict.fromkeys(range(7), (0, 24 * 60)))
NIGHT_TO_NIGHT = OpeningHours({6: (0, 24 * 60)})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T11:00", 60, "2026-11-23T12:00"),
        ("2026-11-23T07:00", 60, "2026-11-23T10:00"),
        ("2026-11-23T19:30", 60, "2026-11-24T09:30"),
        ("2026-11-28T19:30", 60, "2026-11-30T09:30"),
        ("2026-11-23T19:00", 60, "2026-11-23T20:00"),
        ("2026-11-23T09:00", 11 * 60 * 6 + 30, "2026-11-30T09:30"),
    ],
)
def test_minutes_pass_only_while_it_is_open(start: str, minutes: float, end: str) -> None:
    assert STORE.after(at(start), minutes, BERLIN) == at(end)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)])
def test_a_day_is_as_long_as_its_clock_makes_it(day: str, hours: int) -> None:
    start = at(f"{day}T00:00")
    assert NIGHT_TO_NIGHT.after(start, hours * 60, BERLIN) == start.astimezone(UTC) + timedelta(hours=hours)


def test_a_calendar_that_never_closes_needs_no_zone() -> None:
    start = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert ALWAYS.always
    assert ALWAYS.after(start, 90, None) == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    assert not STORE.always
    assert STORE.after(start, 90, None) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_are_unknown_rather_than_an_error(year: int) -> None:
    month, day = (1, 1) if year == 1 else (12, 31)
    for calendar in (STORE, ALWAYS):
        calendar.after(datetime(year, month, day, tzinfo=UTC), 100_000, ZoneInfo("Pacific/Kiritimati"))
    assert ALWAYS.after(datetime(9999, 12, 31, tzinfo=UTC), 100_000, None) is None


@given(
    st.integers(0, 60 * 24 * 14).map(lambda minute: datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=minute)),
    st.integers(1, 3000),
    st.integers(0, 3000),
)
def test_more_minutes_never_end_earlier(start: datetime, minutes: int, more: int) -> None:
    first, second = STORE.after(start, minutes, BERLIN), STORE.after(start, minutes + more, BERLIN)
    assert first is not None
    assert second is not None
    assert start + timedelta(minutes=minutes) <= first
    assert first + timedelta(minutes=more) <= second


@pytest.mark.parametrize("name", [None, "Nowhere/City", "../etc/passwd", "/etc/passwd", "", "Europe", "x" * 300])
def test_a_zone_that_is_none_is_none(name: str | None) -> None:
    assert zone_of(name) is None


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_of("Europe/Berlin") == BERLIN
