"""A row that somebody changed by hand no longer agrees with the chain, or with the reviews."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from serving.store import answer_consistency, consistency
from serving.store.engine import file_of
from tests.fixtures.service import Desk, costly, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "var")
    path = f"/v1/recommendations/{opened.recommend(costly(1))['recommendation_id']}"
    assert opened.post(f"{path}/reviews", {"verdict": "approve"}, "reviewer-1").is_success
    assert opened.post(f"{path}/outcomes", {"recorded_at": "2026-11-23T12:00:00Z"}).is_success
    opened.recommend(costly(2))
    yield opened
    opened.service.close()


def faults(desk: Desk) -> list[str]:
    with desk.service.database.read() as connection:
        return [*consistency.faults(connection), *answer_consistency.faults(connection)]


def test_untouched_rows_agree(desk: Desk) -> None:
    assert faults(desk) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE recommendations SET answer = input WHERE requested_by = 'orchestrator'", "2 recommendation rows"),
        ("UPDATE outcomes SET reported_by = 'auditor'", "1 outcome rows"),
        ("UPDATE reviews SET decided_by = 'reviewer-2'", "1 review rows"),
        ("UPDATE review_statuses SET state = 'approved' WHERE state = 'open'", "1 recommendations stand as decided"),
        ("DELETE FROM reviews", "1 recommendations stand as decided"),
        (
            "UPDATE review_statuses SET state = 'closed' WHERE state = 'open'",
            "1 reviews stand as closed though no outc",
        ),
        ("DELETE FROM outcomes", "1 recommendations stand as decided"),
        ("DELETE FROM outcomes", "1 outcome rows of which the audit chain tells are gone"),
        ("DELETE FROM reviews", "1 review rows of which the audit chain tells are gone"),
        ("DELETE FROM review_statuses", "2 recommendations stand nowhere"),
        ("UPDATE outcomes SET received_at = received_at - 1", "1 outcome rows are not as the audit chain"),
        ("UPDATE outcomes SET received_at = 'abc'", "1 outcome rows are not as the audit chain"),
        ("UPDATE reviews SET decided_at = decided_at - 1", "1 review rows are not as the audit chain"),
        ("UPDATE recommendations SET issued_at = issued_at - 1", "2 recommendation rows are not as the audit chain"),
        ("UPDATE recommendations SET issued_at = issued_at - 1", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET event_time = event_time - 1", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET bundle = policy", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET features = standing", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET exception_id = 'x'", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET source = 'x'", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET event_id = 'x' || event_id", "2 recommendation rows are not as their answers"),
        ("UPDATE recommendations SET standing = features", "2 recommendation rows are not as their answers"),
    ],
)
def test_changed_rows_do_not(desk: Desk, change: str, said: str) -> None:
    with desk.service.database.write() as connection:
        connection.execute(text(change))
    assert [fault for fault in faults(desk) if fault.startswith(said)]


def test_recommendations_that_were_taken_out_are_told_by_the_leaves_that_tell_of_them(desk: Desk) -> None:
    with sqlite3.connect(file_of(desk.service.settings.database_url)) as by_hand:
        by_hand.execute("DELETE FROM recommendations")
    by_hand.close()
    assert any(
        fault.startswith("2 recommendation rows of which the audit chain tells are gone") for fault in faults(desk)
    )
