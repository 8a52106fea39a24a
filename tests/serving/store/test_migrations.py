"""A database that an earlier version has written is brought up to date, and its reviews stand as they would today."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from data.standing import TrackRecord
from data.vocabulary import Task
from models.conformal import RATES
from models.heeded_sets import heeded
from models.track_record import keys_of, known
from serving.store import audit, consistency
from serving.store.engine import Database
from serving.store.track_records import StoredRecords
from tests.fixtures.bundles import a_bundle
from tests.fixtures.dossiers import promoted
from tests.fixtures.service import Desk, costly, in_currency, open_desk

PATH = "/v1/recommendations"
APPROVE = {"verdict": "approve"}

AS_0001 = (
    "DROP TABLE track_records",
    "DROP TABLE shelf_answers",
    "DROP TABLE shadow_answers",
    "DROP TABLE bundles_in_force",
    "DROP TABLE promotion_decisions",
    "DROP TABLE promotions",
    "ALTER TABLE review_statuses DROP COLUMN superseded_by",
    "ALTER TABLE review_statuses DROP COLUMN currency",
    "UPDATE review_statuses SET version = version - 1 "
    "WHERE recommendation_id IN (SELECT recommendation_id FROM outcomes)",
    """UPDATE review_statuses SET state = 'open', roles = '["store_finance"]' WHERE state = 'closed'""",
    "UPDATE alembic_version SET version_num = '0001'",
)
"""What makes today's database one of the first version: its tables, and an outcome that left the review as it was."""


def written_by_the_first_version(folder: Path) -> list[dict[str, Any]]:
    """Two superseded answers and the one that counts; an approved one and an open one whose outcome was told."""
    desk = open_desk(folder)
    answers = [desk.recommend(costly(number, exception="exc", minutes=number - 10)) for number in (1, 3, 2)]
    answers += [desk.recommend(costly(number)) for number in (4, 5)]
    assert desk.post(f"{PATH}/{answers[3]['recommendation_id']}/reviews", APPROVE, "reviewer-2").is_success
    for answer in answers[3:]:
        outcome = {"recorded_at": "2026-11-23T12:00:00Z"}
        assert desk.post(f"{PATH}/{answer['recommendation_id']}/outcomes", outcome).is_success
    with desk.service.database.write() as connection:
        for change in AS_0001:
            connection.execute(text(change))
    desk.service.close()
    return answers


def stands(desk: Desk, answer: dict[str, Any]) -> tuple[Any, ...]:
    told = desk.get(f"{PATH}/{answer['recommendation_id']}/reviews").json()
    return tuple(told.get(name) for name in ("state", "version", "superseded_by", "execute"))


@pytest.fixture
def answers(tmp_path: Path) -> list[dict[str, Any]]:
    return written_by_the_first_version(tmp_path / "var")


def test_every_review_stands_as_it_would_today(tmp_path: Path, answers: list[dict[str, Any]]) -> None:
    desk = open_desk(tmp_path / "var", seed=8)
    newest = answers[1]["recommendation_id"]
    assert [stands(desk, answer) for answer in answers] == [
        ("superseded", 1, newest, None),
        ("open", 0, None, None),
        ("superseded", 0, newest, None),
        ("approved", 2, None, None),
        ("closed", 1, None, None),
    ]
    with desk.service.database.read() as connection:
        assert list(consistency.faults(connection)) == []
        assert list(audit.faults(connection)) == []
    desk.service.close()


def test_what_was_answered_is_as_it_was(tmp_path: Path, answers: list[dict[str, Any]]) -> None:
    desk = open_desk(tmp_path / "var")
    for answer in answers:
        assert desk.get(f"{PATH}/{answer['recommendation_id']}").json() == answer
    desk.service.close()


def test_it_is_worked_with_like_any_other(tmp_path: Path, answers: list[dict[str, Any]]) -> None:
    desk = open_desk(tmp_path / "var", seed=8)
    newest = desk.recommend(costly(6, exception="exc", minutes=-1))
    assert {stands(desk, answer)[2] for answer in answers[:3]} == {newest["recommendation_id"]}
    path = f"{PATH}/{newest['recommendation_id']}/reviews"
    assert desk.post(path, APPROVE, "reviewer-2").json()["state"] == "approved"
    desk.service.close()


def test_amounts_are_compared_by_their_worth_afterwards(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    for number, (currency, value) in enumerate((("JPY", "12000.00"), ("EUR", "640.00"), ("XAU", "2.00"))):
        desk.recommend(in_currency(number, currency, value))
    with desk.service.database.write() as connection:
        for change in AS_0001:
            connection.execute(text(change))
    desk.service.close()
    desk = open_desk(tmp_path / "var")
    items = desk.get(f"{PATH}?state=open").json()["items"]
    assert [each["value_at_stake"]["currency"] for each in items] == ["XAU", "EUR", "JPY"]
    desk.service.close()


def test_decisions_on_promotions_move_into_the_table_that_lets_who_asked_withdraw(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    digest = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
    earlier = (
        "ALTER TABLE promotion_decisions RENAME TO later",
        "CREATE TABLE promotion_decisions (promotion_id VARCHAR(36) PRIMARY KEY, requested_by VARCHAR(128), "
        "state VARCHAR(16), verdict VARCHAR(16), decided_by VARCHAR(128) CHECK (decided_by <> requested_by), "
        "decided_at BIGINT, reason TEXT)",
        "INSERT INTO promotion_decisions SELECT * FROM later",
        "DROP TABLE later",
        "UPDATE alembic_version SET version_num = '0006'",
    )
    with desk.service.database.write() as connection:
        for change in earlier:
            connection.execute(text(change))
    before = desk.get("/v1/models/promotions").json()
    desk.service.close()
    desk = open_desk(tmp_path / "var", bundle=tmp_path / "bundle", seed=8)
    assert desk.get("/v1/models/promotions").json() == before
    assert before["items"][0]["state"] == "approved"
    assert desk.get("/v1/models").json()["bundle"] == digest
    with desk.service.database.read() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'promotion_decisions'")).scalar_one()
    assert "who_asked_does_not_agree" in made
    desk.service.close()


ALTERED = (
    "not what Fairlead writes",
    "[" * 100_000,
    json.dumps({"at": None, "true": {"no": 10**401}, "missed": {}}),
)
FORMER_SUMS = {
    "answers": 300.0,
    "surplus": 1.0,
    "doubt": 2.0,
    "true": {"no": 100.0, "yes": 200.0},
    "missed": {"yes": 50.0},
}


def test_sets_go_on_missing_what_they_missed_at_the_one_rate_that_was_counted(tmp_path: Path) -> None:
    """And about as much as one power of it tells at the others, as they were heeded before; so does what waits."""
    former = {"at": 1793534400000, **FORMER_SUMS, "waiting": {"1795435200000": FORMER_SUMS}}
    rows = {"one": json.dumps(former), **{f"altered-{number}": state for number, state in enumerate(ALTERED)}}
    database = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    database.migrate()
    with database.write() as connection:
        for version, state in rows.items():
            named = {"task": "stockout", "version": version, "region": "", "state": state}
            connection.execute(text("INSERT INTO track_records VALUES (:task, :version, :region, :state)"), named)
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))
    database.migrate()
    with database.read() as connection:
        stored, keys = StoredRecords(connection), keys_of(Task.STOCKOUT, "one", None)
        (record,) = known(stored, keys, datetime(2026, 11, 1, 12, tzinfo=UTC))
        (found,) = stored.get(keys).values()
        found_rows = connection.execute(text("SELECT version, CAST(state AS BLOB) FROM track_records")).all()
    kept: dict[str, bytes] = {version: bytes(state) for version, state in found_rows}
    assert [kept[f"altered-{number}"] for number in range(len(ALTERED))] == [each.encode() for each in ALTERED]
    assert [list(sums.missed) for sums in found.waiting.values()] == [["no", "yes"]]
    assert next(iter(found.waiting.values())).missed["yes"] == pytest.approx(record.missed["yes"])
    before = record.model_copy(update={"missed": FORMER_SUMS["missed"]})
    assert record.missed["yes"][1] == 50.0  # type: ignore[index]
    for error_rate in RATES:
        now, then = (heeded({"no": error_rate, "yes": error_rate}, [each]) for each in (record, before))
        assert now == pytest.approx(then, abs=0.005)
    database.close()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 1e5)), min_size=2, max_size=2))
def test_rows_that_were_carried_over_give_no_larger_set_for_a_larger_error_rate(
    rows: list[tuple[float, float]],
) -> None:
    carried = import_module("serving.store.migrations.versions.0008_what_sets_missed_at_five_error_rates")
    records = []
    for share, true in rows:
        sums = {"true": {"yes": true}, "missed": {"yes": share * true}}
        missed = json.loads(carried._anew(json.dumps(sums).encode()))["missed"]["yes"]
        assert missed == sorted(missed)
        assert missed[1] == share * true
        told: dict[str, tuple[float, ...] | float] = {"yes": tuple(missed)}
        records.append(TrackRecord(task=Task.STOCKOUT, version="one", true={"yes": true}, missed=told))
    leaves = [heeded({"yes": error_rate}, records)["yes"] for error_rate in RATES]
    assert leaves == sorted(leaves)


def test_a_document_that_was_altered_stops_no_upgrade(tmp_path: Path) -> None:
    written_by_the_first_version(tmp_path / "var")
    database = Database(f"sqlite:///{tmp_path / 'var' / 'fairlead.db'}")
    with database.write() as connection:
        connection.execute(text("UPDATE documents SET content = x'7b7d'"))
    database.migrate()
    with database.read() as connection:
        assert set(connection.execute(text("SELECT currency FROM review_statuses")).scalars()) == {None}
    database.close()
