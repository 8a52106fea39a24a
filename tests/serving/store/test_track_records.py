"""Track records in the database are those of the dict by which a model is evaluated, to the bit."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from data.vocabulary import Task
from models.track_record import MemoryRecords, Proven, RecordState, keys_of, known, learn
from serving.store.engine import Database
from serving.store.track_records import StoredRecords

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_VALUES = 32_766
"""In one statement, where nobody compiled SQLite for more."""


def test_stored_records_are_those_of_a_dict(tmp_path: Path) -> None:
    dice, memory = np.random.default_rng(3), MemoryRecords()
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    for number in range(60):
        keys = keys_of(Task.SLA_BREACH, f"v{number % 2}", (None, "emea", "apac")[number % 3])
        at = NOON + timedelta(minutes=int(dice.integers(0, 10_000)))
        proven = Proven(("no", "yes")[number % 2], at, float(dice.random()), float(dice.random()))
        learn(memory, keys, proven)
        with database.write() as connection:
            learn(StoredRecords(connection), keys, proven)
    asked = [key for version in ("v0", "v1", "v2") for key in keys_of(Task.SLA_BREACH, version, "emea")]
    with database.read() as connection:
        stored = known(StoredRecords(connection), asked, NOON + timedelta(days=9))
        assert StoredRecords(connection).get([]) == {}
    assert stored == known(memory, asked, NOON + timedelta(days=9))
    assert len(stored) == 4, "nothing is known of a version that never answered"
    database.close()


def test_a_model_s_records_are_read_however_many_regions_senders_name(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    states = [RecordState(Task.STOCKOUT, "one", f"region-{number}", NOON, 1.0) for number in range(11_000)]
    with database.write() as connection:
        StoredRecords(connection).put(states)
    with database.read() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MOST_VALUES)
        rows = StoredRecords(connection)
        assert rows.get(rows.regions(Task.STOCKOUT, "one")) == {each.key: each for each in states}
    database.close()
