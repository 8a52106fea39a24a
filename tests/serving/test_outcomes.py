"""An outcome is told once, and the parties' standing learns from it in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from serving.store import audit
from tests.fixtures.service import Desk, costly

OUTCOME: dict[str, Any] = {
    "recorded_at": "2026-11-23T12:00:00Z",
    "action": "post_refund_adjustment",
    "resolved_at": "2026-11-23T11:58:00Z",
    "root_cause": "system_latency",
    "granted": "12.50",
}


def reported(desk: Desk, number: int = 1) -> str:
    return f"/v1/recommendations/{desk.recommend(costly(number))['recommendation_id']}/outcomes"


def test_the_next_case_knows_of_it(desk: Desk) -> None:
    assert desk.post(reported(desk, 1), OUTCOME).status_code == 200
    answer = desk.recommend(costly(2, minutes=1))
    node = desk.service.recommendations.case_file(answer["recommendation_id"]).standing.of("node")
    assert node is not None
    assert (node.outcomes, node.breaches) == pytest.approx((1.0, 0.0), abs=1e-3)
    assert dict(node.causes) == pytest.approx({"system_latency": 1.0}, abs=1e-3)


def test_what_was_answered_before_does_not_change(desk: Desk) -> None:
    path = reported(desk)
    answer = path.removesuffix("/outcomes")
    before = desk.get(answer).content
    desk.post(path, OUTCOME)
    assert desk.get(answer).content == before
    assert desk.service.recommendations.case_file(answer.rsplit("/", 1)[1]).outcome is not None


def test_telling_it_again_changes_nothing(desk: Desk) -> None:
    path = reported(desk, 1)
    first, again = desk.post(path, OUTCOME), desk.post(path, OUTCOME)
    assert (again.status_code, again.content) == (200, first.content)
    answer = desk.recommend(costly(2))
    node = desk.service.recommendations.case_file(answer["recommendation_id"]).standing.of("node")
    assert node is not None
    assert node.outcomes == pytest.approx(1.0, abs=1e-3)


def test_another_outcome_is_refused(desk: Desk) -> None:
    path = reported(desk)
    desk.post(path, OUTCOME, **{"Idempotency-Key": "o-1"})
    assert desk.post(path, {**OUTCOME, "granted": "13.00"}).status_code == 409
    assert desk.post(path, OUTCOME, **{"Idempotency-Key": "o-1"}).status_code == 200
    assert desk.post(path, {**OUTCOME, "granted": "13.00"}, **{"Idempotency-Key": "o-1"}).status_code == 422


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"recorded_at": "2026-11-23T12:06:00Z"}, "/recorded_at"),
        ({"resolved_at": "2027-01-01T00:00:00Z"}, "/resolved_at"),
        ({"resolved_at": "9999-12-31T23:59:59.999Z"}, "/resolved_at"),
        ({"resolved_at": "2026-11-23T11:54:59.999Z"}, "/resolved_at"),
        ({"resolved_at": "0001-01-01T00:00:00Z"}, "/resolved_at"),
        ({"recorded_at": "2026-11-23T11:54:59.999Z", "resolved_at": None}, "/recorded_at"),
        ({"recorded_at": "2026-11-23T11:57:59.999Z"}, "/recorded_at"),
        ({"granted": "-1.00"}, "/granted"),
        ({"recorded_at": None}, "/recorded_at"),
        ({"root_cause": "c4n4ry"}, "/root_cause"),
        ({"c4n4ry": 1}, ""),
    ],
)
def test_refuses_what_cannot_have_happened(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    path = reported(desk)
    sent = {name: value for name, value in (OUTCOME | change).items() if name == "recorded_at" or value is not None}
    response = desk.post(path, sent)
    assert (response.status_code, [each["pointer"] for each in response.json()["errors"]]) == (422, [pointer])
    assert response.headers["content-type"] == "application/problem+json"
    assert not any(str(value) in response.text for value in (*change.values(), "c4n4ry") if value not in (None, 1))
    assert left_behind(desk) == (0, 1, 0)


def left_behind(desk: Desk) -> tuple[int, ...]:
    """Outcomes, audit leaves and versions of reviews that there are; the recommendation itself left one leaf."""
    counts = (
        "SELECT count(*) FROM outcomes",
        "SELECT sum(version) FROM review_statuses",
    )
    with desk.service.database.read() as connection:
        outcomes, versions = (connection.execute(text(each)).scalar_one() for each in counts)
    return outcomes, desk.leaves, versions


@pytest.mark.parametrize(
    "change",
    [
        {"recorded_at": "2026-11-23T11:55:00Z", "resolved_at": "2026-11-23T11:55:00Z"},
        {"recorded_at": "2026-11-23T12:05:00Z", "resolved_at": "2026-11-23T12:05:00Z"},
        {"recorded_at": "2026-11-23T11:55:00Z", "resolved_at": None},
    ],
)
def test_clocks_may_differ_by_five_minutes(desk: Desk, change: dict[str, Any]) -> None:
    told = {name: value for name, value in (OUTCOME | change).items() if value is not None}
    assert desk.post(reported(desk), told).status_code == 200


def test_an_outcome_of_the_first_day_of_the_calendar_is_accepted(desk: Desk) -> None:
    ancient = costly()
    ancient["event"]["time"] = "0001-01-01T00:00:00Z"
    path = f"/v1/recommendations/{desk.recommend(ancient)['recommendation_id']}/outcomes"
    assert desk.post(path, {"recorded_at": "0001-01-01T00:00:00Z"}).status_code == 200


def test_an_outcome_that_was_told_is_answered_alike_however_the_clock_goes(desk: Desk) -> None:
    path = reported(desk)
    first = desk.post(path, OUTCOME)
    desk.clock.move(hours=-3)
    assert desk.post(path, OUTCOME).content == first.content


def test_an_unknown_recommendation_has_no_outcome(desk: Desk) -> None:
    path = "/v1/recommendations/0193582a-6f3a-7c41-9e02-6a1be4a7d001/outcomes"
    assert desk.post(path, OUTCOME).status_code == 404


def test_it_leaves_an_audit_leaf(desk: Desk) -> None:
    desk.post(reported(desk), OUTCOME)
    assert desk.leaves == 2
    with desk.service.database.read() as connection:
        assert list(audit.faults(connection)) == []


def test_an_exception_is_open_until_the_first_of_its_outcomes_is_told(desk: Desk) -> None:
    """One exception comes twice and another once; both outcomes of the first take it off once."""

    def still_open(number: int) -> float:
        answer = desk.recommend(costly(number, exception="asks", minutes=number / 2))
        node = desk.service.recommendations.case_file(answer["recommendation_id"]).standing.of("node")
        return node.open if node else 0.0

    told = [desk.recommend(costly(1, exception="one")), desk.recommend(costly(2, exception="one", minutes=0.5))]
    desk.recommend(costly(3, exception="other", minutes=1))
    assert still_open(4) == pytest.approx(2.0, abs=1e-3)
    for number, each in enumerate(told):
        assert desk.post(f"/v1/recommendations/{each['recommendation_id']}/outcomes", OUTCOME).status_code == 200
        assert still_open(5 + number) == pytest.approx(2.0, abs=1e-3), "other, and the one that asks"
