"""An old case as if it happened now: every instant moves as far, nothing else changes, and no id is used twice."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.case import Case, StockDay, StockPosition
from data.record import canonical, plain
from data.today import as_if_now
from tests.fixtures.cases import NOON, a_case, cases

EXAMPLE = Case.model_validate_json(Path("examples/exception.json").read_bytes())
NOW = datetime(2027, 3, 1, 9, 30, 15, 123_456, tzinfo=UTC)
INSTANT = re.compile(r'"(\d{4}-\d\d-\d\dT[0-9:.]+Z)"')


def test_the_event_happens_now_and_every_other_instant_moves_as_far() -> None:
    moved = as_if_now(EXAMPLE, NOW, "fresh")
    before, after = (
        [datetime.fromisoformat(each) for each in INSTANT.findall(canonical(case).decode())]
        for case in (EXAMPLE, moved)
    )
    assert moved.event.time == NOW.replace(microsecond=123_000)
    assert len(before) > 10
    assert {late - early for early, late in zip(before, after, strict=True)} == {moved.event.time - EXAMPLE.event.time}


def test_it_is_a_new_event_of_a_new_exception_and_else_the_same() -> None:
    moved = as_if_now(EXAMPLE, NOW, "fresh")
    assert (moved.event.id, moved.exception_id) == ("fresh", "exc-77120-fresh")
    back = as_if_now(moved, EXAMPLE.event.time, "again")
    told, again = plain(EXAMPLE), plain(back)
    for case in (told, again):
        case.pop("exception_id")
        case["event"].pop("id")
    assert told == again


def test_days_move_by_whole_days() -> None:
    days = tuple(StockDay(day=date(2026, 11, day), sold=1.0) for day in (21, 22))
    case = a_case(at=NOON, stock=(StockPosition(sku="s", node="n", history=days),))
    almost_midnight = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)
    (position,) = as_if_now(case, almost_midnight, "fresh").stock
    assert [each.day for each in position.history] == [date(2026, 11, 23), date(2026, 11, 24)]


def test_the_senders_own_attributes_are_left_alone() -> None:
    case = a_case(attributes={"bought": "2026-11-20T10:00:00Z", "size": 3})
    assert as_if_now(case, NOW, "fresh").attributes == case.attributes


def test_the_longest_name_keeps_room_for_the_new_id() -> None:
    moved = as_if_now(a_case().model_copy(update={"exception_id": "e" * 128}), NOW, "f" * 36)
    assert len(moved.exception_id) == 128
    assert moved.exception_id.endswith("-" + "f" * 36)


def test_an_instant_that_has_no_date_is_refused() -> None:
    case = a_case(promise={"due_at": datetime(9999, 12, 31, tzinfo=UTC)})
    with pytest.raises(ValueError, match="years 1 to 9999"):
        as_if_now(case, NOW, "fresh")


def test_a_clock_in_another_zone_is_the_same_moment() -> None:
    position = StockPosition(sku="s", node="n", history=(StockDay(day=date(2026, 11, 22)),))
    case = a_case(stock=(position,))
    tomorrow_there = NOW.replace(hour=20).astimezone(timezone(timedelta(hours=9)))
    assert as_if_now(case, tomorrow_there, "fresh") == as_if_now(case, NOW.replace(hour=20), "fresh")


@given(cases(), st.integers(-1_000, 1_000))
def test_whatever_comes_out_is_a_case_that_the_service_reads(case: Case, hours: int) -> None:
    try:
        moved = as_if_now(case, case.event.time + timedelta(hours=hours), "fresh")
    except (ValueError, OverflowError):
        return
    assert Case.model_validate_json(canonical(moved)) == moved
