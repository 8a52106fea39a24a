"""Nothing stands in the row that is executed by which its answer and its reviews do not say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import Role
from serving.store import verdict_consistency
from serving.store.engine import file_of
from tests.fixtures.service import DEGRADED, SMALL, Desk, costly, open_desk

STATUS = "UPDATE review_statuses SET "
AMOUNT = json.dumps({"amount": "2754.00"})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "var")
    yield opened
    opened.service.close()


def faults(desk: Desk) -> list[str]:
    with desk.service.database.read() as connection:
        return list(verdict_consistency.faults(connection))


def alter(desk: Desk, statement: str) -> None:
    connection = sqlite3.connect(file_of(desk.service.settings.database_url), isolation_level=None)
    assert connection.execute(statement).rowcount
    connection.close()


def opened_case(desk: Desk, number: int = 1, **facts: Any) -> str:
    return str(desk.recommend(costly(number, **facts))["recommendation_id"])


ALTERED = {
    "nobody needs to agree": STATUS + "state = 'not_required', roles = '[]'",
    "nobody is left to agree": STATUS + "roles = '[]'",
    "another role": STATUS + "roles = '[\"pricing_desk\"]'",
    "another amount": STATUS + f"parameters = '{AMOUNT}'",
    "another action": STATUS + "action = 'investigate'",
    "it may proceed": STATUS + "disposition = 'proceed'",
    "it waits for something else": STATUS + "held_until = '[\"x\"]'",
    "decided by nobody": STATUS + "state = 'approved', roles = '[]'",
    "rejected by nobody": STATUS + "state = 'rejected', roles = '[]'",
    "another action chosen by nobody": STATUS + "state = 'overridden', roles = '[]'",
    "overtaken by nothing": STATUS + "superseded_by = recommendation_id",
    "less at stake": STATUS + "loss = 0.5",
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_row_is_told_of_and_nothing_is_executed_by_it(desk: Desk, name: str) -> None:
    case = opened_case(desk)
    assert faults(desk) == []
    alter(desk, ALTERED[name])
    (said,) = faults(desk)
    assert said == f"1 recommendations stand otherwise than their answers and reviews say, such as {case}"
    path = f"/v1/recommendations/{case}/reviews"
    for answer in (desk.get(path), desk.post(path, {"verdict": "approve"}, "reviewer-1")):
        assert answer.status_code == 500
        assert answer.json()["type"].endswith("record-altered")
        assert "not what its answer and its reviews say" in answer.json()["detail"]
        assert "execute" not in answer.json()


def test_a_list_leaves_it_out_and_counts_it(desk: Desk) -> None:
    opened_case(desk, 1)
    opened_case(desk, 2)
    alter(desk, ALTERED["another amount"] + " WHERE rowid = 1")
    page = desk.get("/v1/recommendations?state=open", "reviewer-1").json()
    assert (len(page["items"]), page["altered"]) == (1, 1)


def test_what_people_and_events_do_is_no_alteration(desk: Desk) -> None:
    """Agreed, refused, another action chosen, overtaken, and ended by an outcome: each follows from what is kept."""
    agreed, refused, chosen, overtaken, ended = (opened_case(desk, number) for number in range(1, 6))
    bodies = {
        agreed: {"verdict": "approve"},
        refused: {"verdict": "reject", "reason": "facts_wrong"},
        chosen: {"verdict": "override", "reason": "other", "action": "investigate"},
    }
    for case, body in bodies.items():
        told = desk.post(f"/v1/recommendations/{case}/reviews", body, "reviewer-1")
        assert told.is_success, told.text
    assert desk.post("/v1/recommendations", costly(9, exception="exc-4")).is_success
    outcome = desk.post(f"/v1/recommendations/{ended}/outcomes", {"recorded_at": "2026-11-23T12:00:00Z"})
    assert outcome.is_success, outcome.text
    states = {desk.get(f"/v1/recommendations/{case}/reviews").json()["state"] for case in (agreed, chosen, overtaken)}
    assert "superseded" in states
    assert faults(desk) == []
    alter(desk, STATUS + f"superseded_by = NULL, state = 'open' WHERE recommendation_id = '{overtaken}'")
    assert len(faults(desk)) == 1


@pytest.mark.parametrize(
    "change",
    ["roles = '[]'", "roles = '[\"store_operations\"]'", "state = 'approved', roles = '[]'"],
)
def test_where_two_must_agree_one_alone_closes_nothing(desk: Desk, change: str) -> None:
    desk.add("ops", Role.STORE_OPERATIONS)
    case = opened_case(desk, **DEGRADED)
    path = f"/v1/recommendations/{case}/reviews"
    waiting = desk.post(path, {"verdict": "approve"}, "ops").json()
    assert waiting["roles"] == ["store_finance"]
    assert faults(desk) == []
    alter(desk, STATUS + change)
    assert len(faults(desk)) == 1
    assert desk.get(path).status_code == 500


def test_what_nobody_had_to_decide_is_closed_by_nothing(desk: Desk) -> None:
    case = desk.recommend(costly() | SMALL)
    assert case["disposition"] == "proceed"
    assert faults(desk) == []
    alter(desk, STATUS + "state = 'closed'")
    assert len(faults(desk)) == 1


@pytest.mark.parametrize("column", ["parameters", "action", "disposition"])
def test_what_a_person_agreed_to_is_what_stands(desk: Desk, column: str) -> None:
    case = opened_case(desk)
    path = f"/v1/recommendations/{case}/reviews"
    assert desk.post(path, {"verdict": "approve"}, "reviewer-1").is_success
    assert faults(desk) == []
    values = {"parameters": AMOUNT, "action": "investigate", "disposition": "hold"}
    alter(desk, STATUS + f"{column} = '{values[column]}'")
    assert len(faults(desk)) == 1
    assert desk.get(path).status_code == 500


def test_where_the_answer_is_gone_another_look_tells(desk: Desk) -> None:
    opened_case(desk)
    alter(desk, "DELETE FROM documents WHERE digest IN (SELECT answer FROM recommendations)")
    assert faults(desk) == []
