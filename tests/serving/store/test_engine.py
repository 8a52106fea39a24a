"""The store commits all or nothing, one writer at a time, and is built by its migrations alone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from serving.errors import StoreUnavailable
from serving.store import documents, engine
from serving.store.engine import Database
from serving.store.tables import documents as table
from serving.store.tables import metadata


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    opened.migrate()
    yield opened
    opened.close()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_migrations_build_what_the_tables_declare(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", engine.BUSY_MILLISECONDS)],
)
def test_every_connection_is_durable_and_strict(database: Database, pragma: str, value: object) -> None:
    with database.read() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            documents.put(connection, b"half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert count(database) == 0


def test_constraints_are_no_outage(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO principal_roles VALUES ('nobody', 'auditor')"))


def test_writers_take_turns(database: Database) -> None:
    inside, most = [0], [0]

    def write(number: int) -> None:
        with database.write() as connection:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            documents.put(connection, str(number).encode())
            inside[0] -= 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (most[0], count(database)) == (1, 16)


def test_a_database_locked_from_outside_is_a_problem_that_passes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 50)
    impatient = Database(f"sqlite:///{tmp_path / 'store.db'}")
    outside = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as refusal, impatient.write():
        pass
    assert refusal.value.headers["Retry-After"]
    outside.execute("ROLLBACK")
    outside.close()
    impatient.probe()
    impatient.close()


def test_altered_documents_are_never_handed_out(database: Database) -> None:
    with database.write() as connection:
        digest = documents.put(connection, b"as it was")
        connection.execute(text("UPDATE documents SET content = :other"), {"other": b"as it is"})
        with pytest.raises(documents.DocumentAltered):
            documents.get(connection, digest)


def test_refuses_what_a_newer_version_has_written(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ValueError, match="newer Fairlead"):
        database.migrate()


def test_to_look_the_tables_must_have_this_versions_shape(database: Database, tmp_path: Path) -> None:
    database.check()
    (tmp_path / "empty.db").touch()
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}", looking=True)
    with pytest.raises(ValueError, match="start fairlead serve"):
        empty.check()
    empty.close()


def test_one_opened_to_look_writes_nothing(database: Database, tmp_path: Path) -> None:
    looking = Database(f"sqlite:///{tmp_path / 'store.db'}", looking=True)
    with pytest.raises(StoreUnavailable), looking.write() as connection:
        documents.put(connection, b"unasked")
    assert count(looking) == 0
    looking.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://localhost/fairlead"])
def test_refuses_what_is_no_sqlite_file(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite file"):
        Database(url)
