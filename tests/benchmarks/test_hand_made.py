"""The tables an ensemble gets beside us know what was known, and nothing of later."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.hand_made import WEATHER, flights

COLUMNS = ("tailnum", "planned_at", "promised_at", "arrived_at", "later")
ROWS = (
    ("a", "01/01/2013 06:00", "01/01/2013 08:00", "01/01/2013 09:00", False),  # an hour late, known at 9
    ("b", "01/01/2013 08:59", "01/01/2013 11:00", "01/01/2013 10:30", False),
    ("a", "01/01/2013 12:00", "01/01/2013 14:00", "01/01/2013 14:44", False),  # late, but by less than 45 minutes
    ("b", "02/01/2013 09:30", "02/01/2013 11:00", "02/01/2013 11:45", True),
)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    pd.DataFrame({"tailnum": ["a"], "year": [1999], "seats": [150]}).to_csv(tmp_path / "planes.csv", index=False)
    hour = {"origin": ["JFK"], "time_hour": ["h"], **{name: [1.0] for name in WEATHER}}
    pd.DataFrame(hour).to_csv(tmp_path / "weather.csv", index=False)
    rows = pd.DataFrame(ROWS, columns=COLUMNS).assign(
        carrier="UA", flight=1, origin="JFK", dest="MIA", distance=1, time_hour="h"
    )
    return flights(rows, tmp_path)


def test_only_what_had_arrived_counts(table: pd.DataFrame) -> None:
    ever = table["late_of_all_ever"]
    assert ever.isna().tolist() == [True, True, False, False]
    assert ever[2:].tolist() == [1 / 2, 1 / 3]
    assert table["late_of_all_24"][3] == 0.0, "of the day before the fourth, what landed at 9:00 is too old"
    assert table["late_of_tailnum_ever"][2:].tolist() == [1.0, 0.0]


def test_late_is_what_the_mapping_calls_late(table: pd.DataFrame) -> None:
    assert table["y"].tolist() == [1, 0, 0, 1]
    assert table["later"].tolist() == [False, False, False, True]


def test_a_row_keeps_its_place_beside_planes_and_weather(table: pd.DataFrame) -> None:
    assert table["plane_seats"].isna().tolist() == [False, True, False, True]
    assert table["temp"].notna().all()
