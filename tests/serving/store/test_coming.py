"""Where a rollback leads, and what serves on, whatever somebody altered in the record of what came in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from data.promotion import ComingInForce
from data.record import canonical
from serving.errors import RecordAltered
from serving.store import audit, coming, documents
from serving.store.engine import Database
from serving.store.tables import bundles_in_force

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REASON = "complaints since noon"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    database.migrate()
    with database.write() as connection:
        yield connection
    database.close()


def came(connection: Connection, bundle: str, before: int | None, how: ComingInForce = ComingInForce.PROMOTION) -> int:
    return coming.come(connection, bundle, how, before, "eve", NOON, REASON)


def leaf(connection: Connection, kind: str, **told: str) -> None:
    audit.append(connection, kind, "", "eve", NOON, documents.put(connection, canonical(told)))


def two(connection: Connection) -> None:
    """One bundle, then another."""
    came(connection, "second", came(connection, "first", None, ComingInForce.FOUND))


def test_a_rollback_leads_to_what_was_before_and_on_from_there(connection: Connection) -> None:
    assert coming.lineage(connection) == []
    two(connection)
    back = came(connection, "first", None, ComingInForce.ROLLBACK)
    assert coming.lineage(connection) == ["first"]
    assert came(connection, "third", back) == 4
    assert coming.lineage(connection) == ["third", "first"]
    assert coming.all_in_force(connection) == {"first", "second", "third"}
    assert [each.bundle for each in coming.in_order(connection)] == ["first", "second", "first", "third"]


@pytest.mark.parametrize(("leads_to", "lineage"), [(1, ["second", "first"]), (2, ["second"])])
def test_a_row_that_leads_to_itself_ends_where_it_stands(
    connection: Connection, leads_to: int, lineage: list[str]
) -> None:
    two(connection)
    connection.execute(update(bundles_in_force).where(bundles_in_force.c.sequence == 2).values(before=leads_to))
    assert coming.lineage(connection) == lineage
    last = coming.last(connection)
    assert last is not None
    if leads_to == 1:
        found = coming.before(connection, last)
        assert found is not None
        assert found.bundle == "first"
    else:
        with pytest.raises(RecordAltered, match="sequence 2"):
            coming.before(connection, last)


ROLLBACK = {"kind": coming.ROLLBACK, "to": "first"}
REJECTED = {"kind": coming.DECISION, "verdict": "reject"}
AGREED = {"kind": coming.DECISION, "verdict": "approve"}
FOUND = {"kind": coming.FOUND, "bundle": "second"}


@pytest.mark.parametrize(
    ("leaves", "lineage"),
    [
        ([ROLLBACK], ["first"]),
        ([ROLLBACK, REJECTED], ["first"]),
        ([ROLLBACK, {"kind": "review", "to": "second"}], ["first"]),
        ([ROLLBACK, AGREED], ["second", "first"]),
        ([ROLLBACK, FOUND], ["second", "first"]),
        ([AGREED], ["second", "first"]),
        ([{"kind": coming.ROLLBACK, "to": "zero"}], ["zero"]),
        ([{"kind": coming.ROLLBACK, "to": "../zero"}], [coming.NO_BUNDLE]),
    ],
    ids=[
        "taken out",
        "then a rejection",
        "then a review",
        "then an agreement",
        "then found",
        "none",
        "gone",
        "no name",
    ],
)
def test_a_rollback_that_was_taken_out_of_the_rows_counts_until_another_change(
    connection: Connection, leaves: list[dict[str, str]], lineage: list[str]
) -> None:
    two(connection)
    for each in leaves:
        leaf(connection, **each)
    assert coming.lineage(connection) == lineage
    assert coming.lost_rollback(connection) is (lineage[0] != "second")


@pytest.mark.parametrize("bundle", [b"\x00", 7, None, "sha256:\x1b[2J", "../outside", "a\nb"])
def test_what_is_no_name_of_a_bundle_names_none(bundle: object) -> None:
    assert coming.named(bundle) == coming.NO_BUNDLE
    assert coming.named("sha256:0f") == "sha256:0f"
