"""Track records in the database are those of the dict by which a model is evaluated, to the bit."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select

from data.vocabulary import Task
from models.delays import Delays
from models.record_sums import Sums
from models.track_record import MemoryRecords, Proven, RecordState, keys_of, known, learn
from serving.store.engine import Database
from serving.store.tables import track_records
from serving.store.track_records import StoredRecords

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOST_VALUES = 32_766
"""In one statement, where nobody compiled SQLite for more."""


DELAYS = Delays(1, {"no": (0.7, 1.0), "yes": (0.2, 0.4, 0.8, 1.0)})


@pytest.mark.parametrize("delays", [None, DELAYS])
def test_stored_records_are_those_of_a_dict(tmp_path: Path, delays: Delays | None) -> None:
    dice, memory = np.random.default_rng(3), MemoryRecords()
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    for number in range(60):
        keys = keys_of(Task.SLA_BREACH, f"v{number % 2}", (None, "emea", "apac")[number % 3])
        at = NOON + timedelta(minutes=int(dice.integers(0, 10_000)))
        due_at = None if number % 5 == 0 else NOON + timedelta(minutes=int(dice.integers(0, 20_000)))
        proven = Proven(("no", "yes")[number % 2], at, float(dice.random()), float(dice.random()), due_at, at - DAY)
        learn(memory, keys, proven, delays)
        with database.write() as connection:
            learn(StoredRecords(connection), keys, proven, delays)
    asked = [key for version in ("v0", "v1", "v2") for key in keys_of(Task.SLA_BREACH, version, "emea")]
    later = [NOON + days * DAY for days in range(18)]
    with database.read() as connection:
        stored = [known(StoredRecords(connection), asked, at, {Task.SLA_BREACH: delays}) for at in later]
        assert StoredRecords(connection).get([]) == {}
        rows = StoredRecords(connection).get(asked)
        due = StoredRecords(connection).get(asked, NOON + DAY)
    assert rows == memory.get(asked)
    assert any(state.waiting for state in rows.values()), "or this would not show what waits"
    assert any(state.levels for state in rows.values()) == (delays is not None)
    assert sum(len(state.waiting) for state in due.values()) < sum(len(state.waiting) for state in rows.values())
    assert stored == [known(memory, asked, at, {Task.SLA_BREACH: delays}) for at in later]
    assert len(stored[-1]) == 4, "nothing is known of a version that never answered"
    database.close()


def test_a_model_s_records_are_read_however_many_regions_senders_name(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    states = [RecordState(Task.STOCKOUT, "one", f"region-{number}", NOON, Sums(1.0)) for number in range(11_000)]
    with database.write() as connection:
        StoredRecords(connection).put(states)
    with database.read() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MOST_VALUES)
        rows = StoredRecords(connection)
        assert rows.get(rows.regions(Task.STOCKOUT, "one")) == {each.key: each for each in states}
    database.close()


EARLIER = """{"at": 1795435200000, "answers": 2.5, "surplus": -0.25, "doubt": 0.5, "true": {"no": 2.5},
    "missed": {"no": [0, 0, 0, 0.5, 1]}}"""
"""A row as it was written when every answer counted as soon as it was known."""


def test_a_row_in_which_nothing_could_wait_is_read_as_it_is(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    (key, _) = keys = keys_of(Task.SLA_BREACH, "one", "emea")
    with database.write() as connection:
        connection.execute(insert(track_records).values(task="sla_breach", version="one", region="", state=EARLIER))
        rows = StoredRecords(connection)
        (before,) = known(rows, keys, NOON)
        assert (before.answers, before.surplus, dict(before.true)) == (2.5, -0.25, {"no": 2.5})
        learn(rows, [key], Proven("yes", NOON, 0.5, None, NOON + timedelta(days=2)))
        assert known(rows, keys, NOON) == (before,)
        (then,) = known(rows, keys, NOON + timedelta(days=3))
        assert then.surplus > before.surplus
    database.close()


@pytest.mark.parametrize(
    "levels",
    [
        '{"1795435200000": {"yes": [0.7]}}',
        '{"1795435200000": {"yes": {}}}',
        '{"1795435200000": {"yes": true}}',
        '{"1795435200000": {"yes": [0.7, -500]}}',
        '{"1795435200000": {"yes": [1e305, 1]}}',
        '{"1795435200000": {"yes": [1, 1e305]}}',
        '{"1795435200000": {"yes": [NaN, 1]}}',
        '{"1795435200000": {"yes": [1, 2, 3]}}',
        '{"1795435200000": {"late": [1, 2]}}',
        '{"1795435200000": {"yes": ["x", 2]}}',
        '{"soon": {"yes": [1, 2]}}',
        "[1]",
    ],
)
def test_levels_that_nobody_writes_are_an_altered_row_which_stays_and_counts_for_nothing(
    tmp_path: Path, levels: str
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    (key, _) = keys = keys_of(Task.SLA_BREACH, "one", "emea")
    state = EARLIER.replace('"missed"', f'"levels": {levels}, "missed"')
    with database.write() as connection:
        connection.execute(insert(track_records).values(task="sla_breach", version="one", region="", state=state))
        rows = StoredRecords(connection)
        assert known(rows, keys, NOON, {Task.SLA_BREACH: DELAYS}) == ()
        learn(rows, [key], Proven("yes", NOON, 0.5, None), DELAYS)
        assert connection.execute(select(track_records.c.state)).scalar_one() == state
    database.close()


def test_a_later_step_that_somebody_altered_is_found_by_who_writes_and_when_it_would_count(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    (key, _) = keys = keys_of(Task.SLA_BREACH, "one", "emea")
    later = int((NOON + DAY).timestamp() * 1_000)
    state = EARLIER.replace('"missed"', f'"waiting": {{"{later}": {{"answers": "x"}}}}, "missed"')
    with database.write() as connection:
        connection.execute(insert(track_records).values(task="sla_breach", version="one", region="", state=state))
        assert len(known(StoredRecords(connection), keys, NOON)) == 1
        assert known(StoredRecords(connection), keys, NOON + DAY) == ()
        learn(StoredRecords(connection), [key], Proven("yes", NOON, 0.5, None))
        assert connection.execute(select(track_records.c.state)).scalar_one() == state
    database.close()


def test_a_level_of_the_last_day_there_is_ends_no_outcome() -> None:
    memory, last = MemoryRecords(), datetime.max.replace(tzinfo=UTC)
    keys = keys_of(Task.SLA_BREACH, "one", None)
    for known_at, due_at in ((NOON, last), (last, last), (NOON, None)):
        learn(memory, keys, Proven("yes", known_at, 0.5, None, due_at, NOON), DELAYS)
    assert len(known(memory, keys, last, {Task.SLA_BREACH: DELAYS})) == 1
