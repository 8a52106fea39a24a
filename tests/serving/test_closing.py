"""An outcome ends the review of its recommendation: nobody decides any more, and nothing is executed any more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from data.vocabulary import Role
from serving.store import audit, consistency
from tests.fixtures.service import DEGRADED, SMALL, Desk, costly

APPROVE = {"verdict": "approve"}
OUTCOME = {"recorded_at": "2026-11-23T12:00:00Z", "resolved_at": "2026-11-23T11:58:00Z"}


def waiting(desk: Desk, number: int = 1, **facts: Any) -> str:
    """The path of a recommendation that waits for store finance."""
    answer = desk.recommend(costly(number, **facts))
    assert answer["review"]["roles"] == ["store_finance"]
    return f"/v1/recommendations/{answer['recommendation_id']}"


def tell(desk: Desk, path: str) -> None:
    assert desk.post(f"{path}/outcomes", OUTCOME).status_code == 200


def test_an_open_review_ends_without_a_decision(desk: Desk) -> None:
    path = waiting(desk)
    tell(desk, path)
    status = desk.get(f"{path}/reviews")
    assert (status.json()["state"], status.json()["roles"], status.json()["reviews"]) == ("closed", [], [])
    assert status.headers["etag"] == '"1"'
    assert "execute" not in status.json()


@pytest.mark.parametrize("tag", [None, '"0"', '"1"', "*"])
def test_nobody_decides_any_more(desk: Desk, tag: str | None) -> None:
    path = waiting(desk)
    tell(desk, path)
    for body in (APPROVE, {"verdict": "reject", "reason": "already_resolved"}):
        response = desk.post(f"{path}/reviews", body, "reviewer-1", **({"If-Match": tag} if tag else {}))
        assert (response.status_code, response.json()["type"]) == (409, "urn:fairlead:problem:review-closed")
        assert "outcome was told" in response.json()["detail"]
    assert desk.get(f"{path}/reviews").json()["reviews"] == []


@pytest.mark.parametrize("tag", [None, '"0"'])
def test_a_held_line_learns_it_at_once(desk: Desk, tag: str | None) -> None:
    path = waiting(desk)
    teller = threading.Timer(0.3, lambda: tell(desk, path))
    teller.start()
    started = time.monotonic()
    response = desk.get(f"{path}/reviews?wait=30", **({"If-None-Match": tag} if tag else {}))
    teller.join()
    assert (response.status_code, response.json()["state"], response.headers["etag"]) == (200, "closed", '"1"')
    assert time.monotonic() - started < 5


def test_it_leaves_the_queue(desk: Desk) -> None:
    path = waiting(desk)
    tell(desk, path)
    assert desk.get("/v1/recommendations?state=open").json()["total"] == 0
    (item,) = desk.get("/v1/recommendations?state=closed").json()["items"]
    assert path.endswith(item["recommendation_id"])
    assert "fairlead_open_reviews 0.0" in desk.client.get("/metrics").text


def test_who_agreed_before_is_still_told(desk: Desk) -> None:
    desk.add("finance", Role.STORE_FINANCE)
    path = f"/v1/recommendations/{desk.recommend(costly(**DEGRADED))['recommendation_id']}"
    assert desk.post(f"{path}/reviews", APPROVE, "finance").json()["state"] == "open"
    tell(desk, path)
    status = desk.get(f"{path}/reviews").json()
    assert (status["state"], [each["decided_by"] for each in status["reviews"]]) == ("closed", ["finance"])


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (APPROVE, "approved"),
        ({"verdict": "reject", "reason": "other"}, "rejected"),
        ({"verdict": "override", "reason": "other", "action": "reconcile_ledger"}, "overridden"),
    ],
)
def test_what_was_decided_stays_decided_and_is_executed_no_more(desk: Desk, body: dict[str, Any], state: str) -> None:
    path = waiting(desk)
    decided = desk.post(f"{path}/reviews", body, "reviewer-2")
    assert ("execute" in decided.json()) == (state != "rejected")
    tell(desk, path)
    after = desk.get(f"{path}/reviews", **{"If-None-Match": decided.headers["etag"]})
    assert (after.status_code, after.json()["state"], after.headers["etag"]) == (200, state, '"2"')
    assert "execute" not in after.json()
    assert after.json()["parameters"] == {}


def test_what_needed_nobody_is_executed_no_more(desk: Desk) -> None:
    answer = desk.recommend(costly() | SMALL)
    assert answer["disposition"] == "proceed"
    path = f"/v1/recommendations/{answer['recommendation_id']}"
    assert "execute" in desk.get(f"{path}/reviews").json()
    tell(desk, path)
    status = desk.get(f"{path}/reviews").json()
    assert (status["state"], status["version"], "execute" in status) == ("not_required", 1, False)


def test_what_was_held_is_waited_for_no_more(desk: Desk) -> None:
    answer = desk.recommend(costly(1, dependencies=[{"system": "erp", "state": "down"}]))
    assert answer["disposition"] == "hold"
    path = f"/v1/recommendations/{answer['recommendation_id']}"
    assert desk.get(f"{path}/reviews").json()["held_until"] == ["erp is up"]
    tell(desk, path)
    assert desk.get(f"{path}/reviews").json()["held_until"] == []


def test_telling_it_again_gives_no_new_version(desk: Desk) -> None:
    path = waiting(desk)
    tell(desk, path)
    tell(desk, path)
    assert desk.get(f"{path}/reviews").headers["etag"] == '"1"'


def test_an_outcome_that_is_refused_closes_nothing(desk: Desk) -> None:
    path = waiting(desk)
    late = {**OUTCOME, "recorded_at": "2027-01-01T00:00:00Z"}
    assert desk.post(f"{path}/outcomes", late).status_code == 422
    assert desk.get(f"{path}/reviews").json()["state"] == "open"


def test_a_newer_event_is_decided_on_by_itself(desk: Desk) -> None:
    first = waiting(desk, 1, exception="exc", minutes=-5)
    tell(desk, first)
    second = waiting(desk, 2, exception="exc", minutes=-1)
    states = [desk.get(f"{path}/reviews").json()["state"] for path in (first, second)]
    assert states == ["closed", "open"]


def overtaken(desk: Desk, number: int = 1, minutes: int = -5) -> tuple[str, str]:
    """Two recommendations of one exception; the second answers a newer event, some minutes from now."""
    exception = f"exc-{number}"
    return (
        waiting(desk, 10 * number, exception=exception, minutes=minutes - 5),
        waiting(desk, 10 * number + 1, exception=exception, minutes=minutes),
    )


def no_faults(desk: Desk) -> None:
    with desk.service.database.read() as connection:
        assert list(audit.faults(connection)) == []
        assert list(consistency.faults(connection)) == []


def test_what_was_resolved_after_its_newest_event_leaves_nothing_open(desk: Desk) -> None:
    first, second = overtaken(desk)
    before = desk.get(f"{second}/reviews")
    tell(desk, first)
    after = desk.get(f"{second}/reviews", **{"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["state"], after.json()["roles"]) == (200, "closed", [])
    assert desk.get("/v1/recommendations?state=open").json()["total"] == 0
    assert desk.post(f"{second}/reviews", APPROVE, "reviewer-2").status_code == 409
    no_faults(desk)


def test_who_waits_on_the_newest_learns_it_from_the_outcome_of_the_older(desk: Desk) -> None:
    first, second = overtaken(desk)
    teller = threading.Timer(0.3, lambda: tell(desk, first))
    teller.start()
    started = time.monotonic()
    told = desk.get(f"{second}/reviews?wait=30").json()
    teller.join()
    assert (told["state"], time.monotonic() - started < 5) == ("closed", True)


def test_what_people_agreed_to_is_executed_no_more_once_the_exception_was_resolved(desk: Desk) -> None:
    first, second = overtaken(desk)
    decided = desk.post(f"{second}/reviews", APPROVE, "reviewer-2")
    assert "execute" in decided.json()
    tell(desk, first)
    after = desk.get(f"{second}/reviews", **{"If-None-Match": decided.headers["etag"]})
    assert (after.status_code, after.json()["state"], "execute" in after.json()) == (200, "approved", False)
    tell(desk, second)
    assert desk.get(f"{second}/reviews").json()["state"] == "approved"
    no_faults(desk)


@pytest.mark.parametrize("body", [{"recorded_at": "2026-11-23T12:00:00Z"}, OUTCOME])
def test_an_exception_that_came_back_after_it_was_resolved_stays_open(desk: Desk, body: dict[str, Any]) -> None:
    """So does one whose outcome tells no moment."""
    first, second = overtaken(desk, minutes=-1)
    assert desk.post(f"{first}/outcomes", body).status_code == 200
    assert desk.get(f"{second}/reviews").json()["state"] == "open"
    no_faults(desk)


def test_an_event_from_before_the_resolution_that_comes_after_the_outcome_asks_nobody(desk: Desk) -> None:
    first = waiting(desk, 1, exception="exc", minutes=-10)
    tell(desk, first)
    second = waiting(desk, 2, exception="exc", minutes=-5)
    status = desk.get(f"{second}/reviews").json()
    assert (status["state"], status["version"], "execute" in status) == ("closed", 0, False)
    no_faults(desk)


def test_a_decision_and_an_outcome_at_the_same_moment_end_in_one_of_two_ways(desk: Desk) -> None:
    for number in range(8):
        path = waiting(desk, number)
        with ThreadPoolExecutor(2) as pool:
            decided = pool.submit(desk.post, f"{path}/reviews", APPROVE, "reviewer-2", **{"If-Match": '"0"'})
            pool.submit(tell, desk, path).result()
        status = desk.get(f"{path}/reviews").json()
        told = (decided.result().status_code, status["state"], len(status["reviews"]), status["version"])
        assert told in {(200, "approved", 1, 2), (409, "closed", 0, 1)}
        assert "execute" not in status


def test_the_rows_agree_with_the_chain(desk: Desk) -> None:
    for number, body in enumerate((None, APPROVE, {"verdict": "reject", "reason": "other"})):
        path = waiting(desk, number)
        if body:
            assert desk.post(f"{path}/reviews", body, "reviewer-2").status_code == 200
        tell(desk, path)
    no_faults(desk)
