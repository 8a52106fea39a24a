"""Every change to the chain shows: edits, removals, reorderings, and a record that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from data.record import digest_of
from serving.store import audit, documents
from serving.store.engine import Database
from serving.store.tables import audit_leaves
from serving.store.tables import documents as table

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEAVES = 6


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    database.migrate()
    with database.write() as connection:
        for number in range(LEAVES):
            content = documents.put(connection, f"record {number}".encode())
            at = NOON + timedelta(seconds=number)
            audit.append(connection, "recommendation", f"subject-{number}", "orchestrator", at, content)
        yield connection
    database.close()


def test_an_untouched_chain_has_no_fault(connection: Connection) -> None:
    assert list(audit.faults(connection)) == []
    assert audit.head(connection).leaves == LEAVES


@pytest.mark.parametrize("sequence", range(1, LEAVES + 1))
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "review"},
        {"subject": "another"},
        {"principal": "somebody"},
        {"at": 0},
        {"content": audit.GENESIS},
        {"previous": audit.GENESIS.replace("0", "1")},
        {"digest": audit.GENESIS.replace("0", "2")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_edit_shows(connection: Connection, sequence: int, change: dict[str, object]) -> None:
    connection.execute(update(audit_leaves).where(audit_leaves.c.sequence == sequence).values(**change))
    assert list(audit.faults(connection))


@pytest.mark.parametrize("sequence", range(1, LEAVES))
def test_every_removal_but_the_last_shows(connection: Connection, sequence: int) -> None:
    connection.execute(delete(audit_leaves).where(audit_leaves.c.sequence == sequence))
    assert list(audit.faults(connection))


def test_cutting_off_the_end_shows_against_a_head_kept_elsewhere(connection: Connection) -> None:
    before = audit.head(connection)
    connection.execute(delete(audit_leaves).where(audit_leaves.c.sequence == LEAVES))
    assert list(audit.faults(connection)) == []
    assert audit.head(connection) != before


def test_a_record_that_is_gone_shows(connection: Connection) -> None:
    connection.execute(delete(table).where(table.c.digest == digest_of(b"record 3")))
    assert list(audit.faults(connection)) == ["1 leaves tell of records that are gone"]
