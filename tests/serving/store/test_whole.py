"""Every look at the store is taken, whatever another one found; what rows name must be there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from serving.store import whole
from serving.store.engine import Database
from tests.fixtures.used import alter, used

OVERWRITTEN = "UPDATE documents SET content = x'00' WHERE digest IN (SELECT ladder FROM recommendations)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return used(tmp_path / "used")


def faults(folder: Path) -> list[str]:
    database = Database(f"sqlite:///{folder / 'fairlead.db'}")
    with database.read() as connection:
        found = list(whole.faults(connection))
    database.close()
    return found


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM policies", "3 rows of recommendations name rows of policies that are gone"),
        ("DELETE FROM promotions", "2 rows of bundles_in_force name rows of promotions that are gone"),
        ("DELETE FROM recommendations", "3 recommendation rows of which the audit chain tells are gone"),
        ("DELETE FROM bundles_in_force WHERE came = 'rollback'", "not every rollback of which the audit chain tells"),
        ("UPDATE policies SET files = (SELECT ladder FROM recommendations)", "A row of policies, digest sha256:"),
        ("UPDATE parties SET state = 'x'", "holds what Fairlead never writes in"),
        ("UPDATE bundles_in_force SET at = 'abc'", "A row of bundles_in_force, sequence 1, holds what Fairlead never"),
        ("UPDATE recommendations SET source = 'x'", "3 recommendation rows are not as their answers tell of them"),
        (OVERWRITTEN, "ladder documents were altered"),
        (
            "UPDATE principals SET key_digest = 'x' WHERE name = 'auditor'",
            "principal auditor is not as the audit chain",
        ),
    ],
)
def test_what_was_altered_is_told(folder: Path, statement: str, said: str) -> None:
    assert faults(folder) == []
    alter(folder, statement)
    assert any(said in fault for fault in faults(folder)), faults(folder)


def test_a_document_that_is_gone_is_told_once_with_what_it_was(folder: Path) -> None:
    alter(folder, OVERWRITTEN.replace("UPDATE documents SET content = x'00'", "DELETE FROM documents"))
    (told,) = faults(folder)
    assert "ladder documents are gone, such as sha256:" in told


def test_what_is_wrong_everywhere_is_counted(folder: Path) -> None:
    alter(folder, "UPDATE audit_leaves SET at = at - 1")
    told = [fault for fault in faults(folder) if "leaf" in fault]
    leaves = count(folder)
    assert told[: whole.MOST] == [f"leaf {each} was altered" for each in range(1, whole.MOST + 1)]
    assert f"{leaves - whole.MOST} more are wrong with the audit chain" in faults(folder)


def count(folder: Path) -> int:
    by_hand = sqlite3.connect(folder / "fairlead.db")
    (found,) = by_hand.execute("SELECT count(*) FROM audit_leaves").fetchone()
    by_hand.close()
    return int(found)


def test_a_look_that_breaks_off_keeps_no_other_from_looking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Connection) -> Iterator[str]:
        yield "this was seen"
        raise KeyError("then not")

    monkeypatch.setattr(whole, "LOOKS", {"a thing": broken, **whole.LOOKS})
    alter(folder, "UPDATE outcomes SET received_at = 0")
    told = faults(folder)
    assert told[:2] == [
        "this was seen",
        "the database holds what Fairlead never writes: a look at a thing ended in KeyError",
    ]
    assert "2 outcome rows are not as the audit chain tells of them" in told[2]
