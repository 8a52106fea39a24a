"""Live, ready and counted: a store that cannot write is not ready, and counts tell of nobody."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from serving.store import engine
from tests.fixtures.service import costly, open_desk


def test_live_and_ready(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    assert desk.client.get("/health/live").json() == {"status": "live"}
    ready = desk.client.get("/health/ready")
    assert (ready.status_code, ready.json()["store"]) == (200, "writable")
    assert str(tmp_path) not in ready.text


def test_a_locked_store_refuses_with_503_and_is_not_ready_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 50)
    desk = open_desk(tmp_path / "var")
    outside = sqlite3.connect(tmp_path / "var" / "fairlead.db", isolation_level=None)
    outside.execute("BEGIN EXCLUSIVE")
    refused = desk.post("/v1/recommendations", costly())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.headers["content-type"] == "application/problem+json"
    assert desk.client.get("/health/ready").status_code == 503
    assert desk.client.get("/health/live").status_code == 200
    outside.execute("ROLLBACK")
    outside.close()
    assert desk.client.get("/health/ready").status_code == 200
    assert desk.post("/v1/recommendations", costly()).status_code == 200


def test_a_full_disk_refuses_with_503_and_recovers(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    with desk.service.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    desk.service.close()
    limit = f"PRAGMA max_page_count = {pages + 1}"
    from sqlalchemy import event

    event.listen(desk.service.database.engine, "connect", lambda raw, _: raw.execute(limit).close())
    refused = [desk.post("/v1/recommendations", costly(number)).status_code for number in range(6)]
    assert refused[-1] == 503
    kept = desk.service.recommendations.queue().total
    assert kept == refused.count(200)


def test_a_disk_that_could_not_take_an_answer_is_not_ready_before_it_has_room_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 50)
    desk, free = open_desk(tmp_path / "var"), engine.ROOM - 1
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    assert desk.client.get("/health/ready").status_code == 200, "nothing has failed yet"
    outside = sqlite3.connect(tmp_path / "var" / "fairlead.db", isolation_level=None)
    outside.execute("BEGIN EXCLUSIVE")
    assert desk.post("/v1/recommendations", costly()).status_code == 503
    outside.execute("ROLLBACK")
    outside.close()
    ready = desk.client.get("/health/ready")
    assert (ready.status_code, ready.json()["store"]) == (503, "unavailable")
    free = engine.ROOM
    assert desk.client.get("/health/ready").status_code == 200


def test_counts_requests_and_who_served(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    desk.recommend(costly(1))
    desk.post("/v1/recommendations", costly(1))
    desk.client.get("/nowhere/at/all")
    text = desk.client.get("/metrics").text
    assert 'fairlead_requests_total{method="POST",route="/v1/recommendations",status="200"} 2.0' in text
    assert 'fairlead_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'fairlead_recommendations_total{action="post_refund_adjustment",disposition="review"} 1.0' in text
    assert 'fairlead_predictions_total{served_by="rules",task="sla_breach"} 1.0' in text
    assert 'fairlead_fallback_total{agrees="true"} 1.0' in text
    assert "fairlead_open_reviews 1.0" in text


def test_a_passed_promise_is_counted_apart_from_the_ladder(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    desk.recommend(costly(1, promise={"due_at": "2026-11-23T08:50:00Z"}))
    text = desk.client.get("/metrics").text
    assert "fairlead_promises_passed_total 1.0" in text
    assert 'task="sla_breach"' not in text
    assert 'fairlead_predictions_total{served_by="rules",task="root_cause"} 1.0' in text
    desk.recommend(costly(2))
    text = desk.client.get("/metrics").text
    assert "fairlead_promises_passed_total 1.0" in text
    assert 'fairlead_predictions_total{served_by="rules",task="sla_breach"} 1.0' in text


def test_two_services_in_one_process_count_apart(tmp_path: Path) -> None:
    one, other = open_desk(tmp_path / "one"), open_desk(tmp_path / "other")
    one.recommend(costly())
    assert "fairlead_open_reviews 0.0" in other.client.get("/metrics").text
