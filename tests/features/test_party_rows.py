"""Party rows: in a dict, over a snapshot, through JSON."""

from __future__ import annotations

import json
from datetime import timedelta

from data.record import canonical
from features.party_rows import MemoryRows, PartyKey, PartyState, SeededRows, read_snapshot, snapshot
from tests.fixtures.cases import NOON

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


def test_rows_are_found_by_key_and_told_in_order() -> None:
    rows = MemoryRows()
    rows.put([UPS, DHL])
    assert rows.get([DHL.key, PartyKey("carrier", "nobody")]) == {DHL.key: DHL}
    assert list(rows) == [DHL, UPS]


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


def test_a_row_that_only_met_cases_takes_the_memory_with_its_moment() -> None:
    seed = PartyState("carrier", "ups", recorded_at=NOON, outcomes_long=8.0, breaches_long=2.0)
    rows = MemoryRows()
    rows.put([UPS])
    told = SeededRows(rows, {seed.key: seed}).get([seed.key])[seed.key]
    assert told == UPS._replace(recorded_at=NOON, outcomes_long=8.0, breaches_long=2.0)
