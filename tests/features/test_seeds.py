"""Party rows over a bundle's snapshot, through JSON, with the lessons that wait for their moment."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from data.record import canonical
from features.lessons import NO_LESSONS, Lesson, Lessons, Pending
from features.party_rows import MemoryRows, PartyState, Until
from features.seeds import SeededRows, read_snapshot, snapshot
from tests.fixtures.cases import NOON

HOUR = timedelta(hours=1)
DHL = PartyState(
    "carrier",
    "dhl",
    arrived_at=NOON,
    arrivals=1.0,
    recorded_at=NOON - timedelta(milliseconds=7),
    outcomes=0.1 + 0.2,
    breaches=0.1,
    causes={"late": 2.0},
)
UPS = PartyState("carrier", "ups", NOON, 3.0)


def test_a_snapshot_is_exact_through_json() -> None:
    written = json.loads(canonical(snapshot([DHL, UPS])))
    assert read_snapshot(written) == {DHL.key: DHL, UPS.key: UPS}
    assert type(read_snapshot(written)[UPS.key].arrivals) is float
    assert "breaches" not in written[1], "what is nothing is not written"


def test_a_row_counts_over_the_seed_it_grew_from() -> None:
    rows = MemoryRows()
    seeded = SeededRows(rows, {DHL.key: DHL, UPS.key: UPS})
    newer = PartyState("carrier", "ups", NOON, 4.0)
    seeded.put([newer])
    assert seeded.get([DHL.key, UPS.key]) == {DHL.key: DHL, UPS.key: newer}
    assert list(rows) == [newer], "the snapshot itself is not copied into the rows"


def test_a_row_takes_the_memory_of_years_from_a_snapshot_that_knows_more() -> None:
    seed = PartyState("carrier", "ups", recorded_at=NOON, outcomes=9.0, outcomes_long=80.0, breaches_long=20.0)
    begun_before = PartyState("carrier", "ups", recorded_at=NOON + timedelta(days=365), outcomes=3.0, outcomes_long=2.0)
    rows = MemoryRows()
    rows.put([begun_before])
    told = SeededRows(rows, {seed.key: seed}).get([seed.key])[seed.key]
    assert told == begun_before._replace(outcomes_long=40.0, breaches_long=10.0), "faded by a year; the rest is its own"
    knows_more = begun_before._replace(outcomes_long=41.0, breaches_long=41.0)
    rows.put([knows_more])
    assert SeededRows(rows, {seed.key: seed}).get([seed.key])[seed.key] == knows_more


def test_of_what_it_never_counted_a_row_takes_the_memory_though_it_knows_more_of_something_else() -> None:
    """One that was begun before a memory was kept."""
    took: dict[str, Any] = {"resolved_long": 8.0, "resolution_long": 24.0, "resolution_squares": 80.0}
    seed = PartyState("carrier", "ups", recorded_at=NOON, outcomes_long=80.0, breaches_long=20.0)._replace(**took)
    knows_more = PartyState("carrier", "ups", recorded_at=NOON, outcomes_long=90.0, breaches_long=9.0)
    rows = MemoryRows()
    rows.put([knows_more])
    assert SeededRows(rows, {seed.key: seed}).get([seed.key])[seed.key] == knows_more._replace(**took)


def test_a_row_that_only_met_cases_takes_the_memory_with_its_moment() -> None:
    seed = PartyState("carrier", "ups", recorded_at=NOON, outcomes_long=8.0, breaches_long=2.0)
    rows = MemoryRows()
    rows.put([UPS])
    told = SeededRows(rows, {seed.key: seed}).get([seed.key])[seed.key]
    assert told == UPS._replace(recorded_at=NOON, outcomes_long=8.0, breaches_long=2.0)


def _lesson(hours: float, number: int = 1, breached: bool = True) -> Pending:
    at = NOON + hours * HOUR
    return Pending(at, f"e-{number}", number, (UPS.key,), Lesson(at, breached), f"x-{number}")


def _seeded(rows: MemoryRows, *told: Pending, earlier: Lessons = NO_LESSONS) -> SeededRows:
    return SeededRows(rows, {UPS.key: UPS}, Lessons(told), lambda digest: earlier)


def test_a_seeded_row_knows_a_lesson_from_its_moment_on() -> None:
    seeded = _seeded(MemoryRows(), _lesson(1.0))
    known = [seeded.get([UPS.key], Until(NOON + hours * HOUR))[UPS.key].outcomes for hours in (0.99, 1.0, 0.99)]
    assert known == [0.0, 1.0, 0.0], "and reading it changes nothing"


def test_a_row_that_was_written_counts_each_lesson_once() -> None:
    rows = MemoryRows()
    seeded = _seeded(rows, _lesson(1.0, 1), _lesson(2.0, 2))
    for hours in (0.5, 1.5, 1.6, 1.2, 3.0, 3.0):
        seeded.put([seeded.get([UPS.key], Until(NOON + hours * HOUR))[UPS.key]])
    (kept,) = rows
    assert kept.heard == 2
    assert kept.outcomes == pytest.approx(2.0, abs=1e-2)


def test_of_a_row_that_began_without_them_no_lesson_counts() -> None:
    rows = MemoryRows()
    rows.put([UPS])
    assert _seeded(rows, _lesson(1.0)).get([UPS.key])[UPS.key].outcomes == 0.0


def test_a_row_hears_the_lessons_of_the_snapshot_that_it_began_from() -> None:
    """A promotion puts another snapshot beneath it: what it waits for comes nevertheless, and nothing else."""
    rows, first = MemoryRows(), Lessons([_lesson(1.0, 1), _lesson(5.0, 2)])
    seeded = SeededRows(rows, {UPS.key: UPS}, first)
    seeded.put([seeded.get([UPS.key], Until(NOON + HOUR))[UPS.key]])
    (kept,) = rows
    later = _seeded(rows, _lesson(5.0, 2), _lesson(6.0, 3), earlier=first).get([UPS.key])[UPS.key]
    assert (kept.heard, later.heard, later.lessons) == (1, 2, first.digest)
    assert later.breaches == first.heard(kept, Until(NOON + 9 * HOUR)).breaches > 1.9


def test_a_party_of_which_only_a_lesson_is_known_begins_blank() -> None:
    seeded = SeededRows(MemoryRows(), {}, Lessons([_lesson(1.0)]))
    assert seeded.get([UPS.key], Until(NOON))[UPS.key].recorded_at is None
    assert seeded.get([UPS.key], Until(NOON + HOUR))[UPS.key].breaches == 1.0
