"""Whoever overwrites or deletes a document is found by its digest, whatever the document was."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest

from serving.store import document_consistency
from serving.store.engine import Database
from tests.fixtures.used import alter, used

OTHER = zlib.compress(b"{}").hex()
KINDS = {
    "answer": "SELECT answer FROM recommendations",
    "input": "SELECT input FROM recommendations",
    "standing": "SELECT standing FROM recommendations",
    "features": "SELECT features FROM recommendations",
    "ladder": "SELECT ladder FROM recommendations",
    "policy": "SELECT files FROM policies",
    "review": "SELECT content FROM reviews",
    "outcome": "SELECT content FROM outcomes",
    "dossier": "SELECT dossier FROM promotions",
    "reply": "SELECT content FROM replies",
    "bundle_signed leaf": "SELECT content FROM audit_leaves WHERE kind = 'bundle_signed'",
    "rollback leaf": "SELECT content FROM audit_leaves WHERE kind = 'rollback'",
}
LEAVES_ALONE = ("bundle_signed leaf", "rollback leaf")
"""A deleted one of these is told of by the audit chain, which counts the leaves without their record."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return used(tmp_path / "used")


def faults(folder: Path) -> list[str]:
    database = Database(f"sqlite:///{folder / 'fairlead.db'}")
    with database.read() as connection:
        found = list(document_consistency.faults(connection))
    database.close()
    return found


def count(folder: Path, digests: str) -> int:
    by_hand = sqlite3.connect(folder / "fairlead.db")
    (found,) = by_hand.execute(f"SELECT count(*) FROM documents WHERE digest IN ({digests})").fetchone()  # noqa: S608
    by_hand.close()
    return int(found)


def test_untouched_documents_have_their_digests(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize("content", [f"x'{OTHER}'", "x'00'", "'abc'"], ids=["another", "no document", "text"])
@pytest.mark.parametrize("kind", KINDS)
def test_those_that_were_overwritten_are_told_in_one_line_of_their_kind(folder: Path, kind: str, content: str) -> None:
    alter(folder, f"UPDATE documents SET content = {content} WHERE digest IN ({KINDS[kind]})")  # noqa: S608 - ours
    (told,) = faults(folder)
    assert told.startswith(f"{count(folder, KINDS[kind])} {kind} documents were altered, such as sha256:")


@pytest.mark.parametrize("kind", [each for each in KINDS if each not in LEAVES_ALONE])
def test_those_that_were_deleted_too(folder: Path, kind: str) -> None:
    gone = count(folder, KINDS[kind])
    alter(folder, f"DELETE FROM documents WHERE digest IN ({KINDS[kind]})")  # noqa: S608 - statements of ours
    (told,) = faults(folder)
    assert told.startswith(f"{gone} {kind} documents are gone, such as sha256:")


def test_one_that_nothing_names_is_told_too(folder: Path) -> None:
    alter(folder, f"INSERT INTO documents (digest, content) VALUES ('sha256:stray', x'{OTHER}')")  # noqa: S608 - ours
    assert faults(folder) == ["1 unnamed documents were altered, such as sha256:stray"]
