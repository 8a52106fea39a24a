"""Lessons that wait for their moment: exact through JSON, counted in order, told from what is told again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.record import canonical
from data.vocabulary import RootCause
from features.lessons import Lesson, Lessons, Pending, pending_rows, read_lessons, taught
from features.party_rows import NOW, PartyKey, PartyState, Until
from tests.fixtures.cases import NOON, a_case

HOUR = timedelta(hours=1)
DHL, RETAILER = PartyKey("carrier", "dhl"), PartyKey("retailer", "retailer")


def _pending(number: int, hours: float, keys: tuple[PartyKey, ...] = (DHL, RETAILER)) -> Pending:
    at = NOON + hours * HOUR
    lesson = Lesson(at, number % 3 == 0, None, RootCause.LABOR_SHORTAGE, number / 7, 0.1 * number)
    return Pending(at, f"e-{number:03}", number, keys, lesson, f"x-{number}")


def test_lessons_are_exact_through_json() -> None:
    told = [_pending(2, 1.0), _pending(1, 1.0), _pending(3, 0.5, (RETAILER,))]
    bare = Pending(NOON, "e-0", 0, (DHL,), Lesson(NOON, stockout=False), "x-0")
    lessons = Lessons([*told, bare])
    rows = json.loads(canonical(pending_rows(lessons.pending)))
    read = read_lessons([{"kind": "carrier", "id": "dhl"}, *rows])
    assert [each._replace(position=0) for each in read.pending] == [
        each._replace(position=0) for each in (bare, told[2], told[1], told[0])
    ]
    assert read.digest == lessons.digest
    assert rows[0] == {
        "kind": "pending",
        "id": "e-0",
        "exception": "x-0",
        "parties": [["carrier", "dhl"]],
        "stockout": False,
        "recorded_at": NOON.isoformat(),
    }


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(20, 60))
def test_a_row_comes_to_the_same_however_often_it_is_read(hours: list[int], n: int) -> None:
    """Lessons of one party are not all counted anew by each reading: what is kept on the way changes nothing."""
    lessons = Lessons(_pending(number, number) for number in range(n))
    begun = lessons.begun(PartyState(*DHL))
    for until in hours:
        straight = begun
        for each in lessons.pending[: until + 1]:
            straight = taught(straight, each.lesson)
        read = lessons.heard(begun, Until(NOON + until * HOUR))
        assert read == straight._replace(heard=min(until + 1, n))
        assert lessons.heard(read, NOW) == lessons.heard(begun, NOW)


def test_at_one_moment_lessons_come_in_the_order_of_their_events() -> None:
    lessons = Lessons([_pending(1, 1.0), _pending(3, 1.0)])
    begun, at = lessons.begun(PartyState(*DHL)), NOON + HOUR
    assert [lessons.heard(begun, Until(at, event)).heard for event in ("e-000", "e-002", "e-004")] == [0, 1, 2]
    assert lessons.heard(begun, Until(at)).heard == 2


@pytest.mark.parametrize(("hours", "foretold"), [(-1.0, True), (2.0, True), (2.01, False)])
def test_an_exception_is_foretold_until_its_outcome_is_known(hours: float, foretold: bool) -> None:
    """An identifier that is used again, such as a row's number, is of another exception."""
    lessons = Lessons([_pending(1, 2.0, (DHL,))])
    case = a_case(1, at=NOON + hours * HOUR).model_copy(update={"exception_id": "x-1"})
    assert lessons.foretell(DHL, case) is foretold
    assert not lessons.foretell(RETAILER, case)
    assert not lessons.foretell(DHL, case.model_copy(update={"exception_id": "x-2"}))


def test_a_row_is_marked_where_a_lesson_of_its_party_waits() -> None:
    lessons = Lessons([_pending(1, 2.0, (DHL,))])
    assert lessons.begun(PartyState(*DHL)).lessons == lessons.digest
    assert lessons.begun(PartyState(*RETAILER)) == PartyState(*RETAILER)
