"""Party rows in a dict."""

from __future__ import annotations

from datetime import timedelta

from features.party_rows import MemoryRows, PartyKey, PartyState
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
