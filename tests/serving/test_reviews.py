"""People agree, reject or override: each required role, never who asked, exactly one winner, and the line is held."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from data.vocabulary import RejectReason, Role
from policies.policy import DEFAULT_FOLDER
from serving.store import audit
from tests.fixtures.service import DEGRADED, SMALL, Desk, an_exception, costly, open_desk

APPROVE = {"verdict": "approve"}
REJECT = {"verdict": "reject", "reason": "facts_wrong"}


def override(action: str, **also: Any) -> dict[str, Any]:
    return {"verdict": "override", "reason": "too_costly", "action": action, **also}


def opened(desk: Desk, number: int = 1) -> str:
    """The reviews path of a recommendation that waits for store finance."""
    answer = desk.recommend(costly(number))
    assert answer["review"]["roles"] == ["store_finance"]
    return f"/v1/recommendations/{answer['recommendation_id']}/reviews"


def test_approval_lets_the_action_be_executed(desk: Desk) -> None:
    path = opened(desk)
    before = desk.get(path)
    assert (before.json()["state"], before.headers["etag"]) == ("open", '"0"')
    assert "execute" not in before.json()
    after = desk.post(path, APPROVE, "reviewer-1", **{"If-Match": '"0"'})
    assert (after.status_code, after.headers["etag"]) == (200, '"1"')
    assert after.json()["state"] == "approved"
    assert (after.json()["execute"], after.json()["parameters"]) == ("post_refund_adjustment", {"amount": "640.00"})
    (review,) = after.json()["reviews"]
    assert (review["decided_by"], review["roles"], review["action"]) == (
        "reviewer-1",
        ["store_finance"],
        "post_refund_adjustment",
    )
    assert desk.get(path).content == after.content


def test_rejection_closes_and_nothing_is_executed(desk: Desk) -> None:
    path = opened(desk)
    after = desk.post(path, {**REJECT, "comment": "the ledger is right"}, "reviewer-1").json()
    assert (after["state"], after["reviews"][0]["reason"]) == ("rejected", "facts_wrong")
    assert "execute" not in after


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "reject"},
        {"verdict": "override", "action": "investigate"},
        {"verdict": "override", "reason": "other"},
        {"verdict": "approve", "action": "investigate"},
        {"verdict": "approve", "parameters": {"amount": "1.00"}},
        {"verdict": "reject", "reason": "other", "parameters": {}},
        {"verdict": "perhaps"},
        {},
        {"verdict": "approve", "decided_by": "somebody-else"},
        {"verdict": "approve", "roles": ["store_finance"]},
    ],
)
def test_an_incomplete_or_overreaching_body_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    path = opened(desk)
    assert desk.post(path, body, "reviewer-1").status_code == 422
    assert desk.get(path).json()["version"] == 0


def test_who_asked_cannot_decide_whatever_roles_they_hold(desk: Desk) -> None:
    desk.add("both", *Role)
    answer = desk.post("/v1/recommendations", costly(), "both").json()
    path = f"/v1/recommendations/{answer['recommendation_id']}/reviews"
    for body in (APPROVE, REJECT, override("investigate")):
        response = desk.post(path, body, "both")
        assert (response.status_code, response.json()["type"]) == (403, "urn:fairlead:problem:own-request")


def test_the_database_itself_refuses_a_decision_by_who_asked(desk: Desk) -> None:
    answer = desk.recommend(costly())
    row = {"id": answer["recommendation_id"], "digest": answer["receipt"]["input"]}
    forge = (
        "INSERT INTO reviews (review_id, recommendation_id, requested_by, decided_by, decided_at, version, content) "
        "VALUES ('r', :id, :asked, :decided, 0, 1, :digest)"
    )
    for asked, decided in (("orchestrator", "orchestrator"), ("reviewer-1", "orchestrator")):
        with pytest.raises(IntegrityError), desk.service.database.write() as connection:
            connection.execute(text(forge), {**row, "asked": asked, "decided": decided})


def test_a_stale_version_is_412_and_a_decided_review_409(desk: Desk) -> None:
    path = opened(desk)
    assert desk.post(path, APPROVE, "reviewer-1", **{"If-Match": '"7"'}).status_code == 412
    assert desk.post(path, APPROVE, "reviewer-1", **{"If-Match": '"0"'}).status_code == 200
    assert desk.post(path, REJECT, "reviewer-2", **{"If-Match": '"0"'}).status_code == 412
    assert desk.post(path, REJECT, "reviewer-2", **{"If-Match": '"1"'}).status_code == 409
    assert desk.post(path, REJECT, "reviewer-2").status_code == 409
    assert desk.get(path).json()["state"] == "approved"


@pytest.mark.parametrize("tag", ['"x"', "1", 'W/"0"', '"0", "1"', '""', "\xff"])
def test_a_tag_this_service_never_gave_matches_nothing(desk: Desk, tag: str) -> None:
    path = opened(desk)
    sent = {**desk.as_("reviewer-1"), "Content-Type": "application/json"}
    response = desk.client.post(path, json=APPROVE, headers={**sent, "If-Match": tag.encode("latin-1")})
    assert response.status_code == 412


def test_any_version_will_do_for_a_star(desk: Desk) -> None:
    assert desk.post(opened(desk), APPROVE, "reviewer-1", **{"If-Match": "*"}).status_code == 200


def test_another_role_is_refused_by_name(desk: Desk) -> None:
    desk.add("returns", Role.RETURNS_DESK)
    response = desk.post(opened(desk), APPROVE, "returns")
    assert (response.status_code, response.json()["type"]) == (403, "urn:fairlead:problem:role-missing")
    assert "store_finance" in response.json()["detail"]


def test_racing_decisions_have_exactly_one_winner(desk: Desk) -> None:
    for number in range(6):
        path = opened(desk, number)
        race: list[tuple[dict[str, str], str]] = [(APPROVE, "reviewer-1"), (REJECT, "reviewer-2")] * 3

        def decide(each: tuple[dict[str, str], str], path: str = path) -> int:
            return desk.post(path, each[0], each[1], **{"If-Match": '"0"'}).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(pool.map(decide, race))
        assert statuses == [200, 412, 412, 412, 412, 412]
        assert len(desk.get(path).json()["reviews"]) == 1


def test_a_repeated_decision_under_its_key_is_answered_alike(desk: Desk) -> None:
    path = opened(desk)
    first = desk.post(path, APPROVE, "reviewer-1", **{"Idempotency-Key": "d-1"})
    again = desk.post(path, APPROVE, "reviewer-1", **{"Idempotency-Key": "d-1"})
    assert (again.status_code, again.content) == (200, first.content)
    assert desk.post(path, REJECT, "reviewer-1", **{"Idempotency-Key": "d-1"}).status_code == 422


def test_every_decision_leaves_an_audit_leaf(desk: Desk) -> None:
    path = opened(desk)
    desk.post(path, APPROVE, "reviewer-1")
    assert desk.leaves == 2
    with desk.service.database.read() as connection:
        assert list(audit.faults(connection)) == []


class TestSeveralRoles:
    """An option that two roles must agree to."""

    @pytest.fixture
    def path(self, desk: Desk) -> str:
        desk.add("ops", Role.STORE_OPERATIONS)
        desk.add("finance", Role.STORE_FINANCE)
        return f"/v1/recommendations/{desk.recommend(costly(**DEGRADED))['recommendation_id']}/reviews"

    @pytest.mark.parametrize("order", [("ops", "finance"), ("finance", "ops")])
    def test_each_must_agree(self, desk: Desk, path: str, order: tuple[str, str]) -> None:
        first = desk.post(path, APPROVE, order[0]).json()
        assert (first["state"], len(first["roles"])) == ("open", 1)
        assert "execute" not in first
        assert desk.post(path, APPROVE, order[0]).status_code == 403
        second = desk.post(path, APPROVE, order[1]).json()
        assert (second["state"], second["roles"], len(second["reviews"])) == ("approved", [], 2)
        assert second["execute"] == "post_refund_adjustment"

    def test_one_person_with_both_roles_agrees_for_both(self, desk: Desk, path: str) -> None:
        assert desk.post(path, APPROVE, "reviewer-1").json()["state"] == "approved"

    def test_one_rejection_closes(self, desk: Desk, path: str) -> None:
        desk.post(path, APPROVE, "ops")
        assert desk.post(path, REJECT, "finance").json()["state"] == "rejected"


class TestOverride:
    def test_another_option_passes_its_own_gates(self, desk: Desk) -> None:
        after = desk.post(opened(desk), override("reconcile_ledger"), "reviewer-1").json()
        assert (after["state"], after["execute"]) == ("overridden", "reconcile_ledger")
        assert (after["reviews"][0]["disposition"], after["reviews"][0]["roles"]) == ("review", ["store_finance"])

    def test_an_action_that_others_must_agree_to_waits_for_them(self, desk: Desk) -> None:
        desk.add("finance", Role.STORE_FINANCE)
        desk.add("ops", Role.STORE_OPERATIONS)
        answer = desk.recommend(costly() | SMALL | DEGRADED)
        assert answer["review"]["roles"] == ["store_operations"]
        path = f"/v1/recommendations/{answer['recommendation_id']}/reviews"
        waiting = desk.post(path, override("reconcile_ledger"), "ops").json()
        assert (waiting["state"], waiting["roles"]) == ("open", ["store_finance"])
        assert "execute" not in waiting
        agreed = desk.post(path, APPROVE, "finance").json()
        assert (agreed["state"], agreed["execute"]) == ("overridden", "reconcile_ledger")
        assert [each["action"] for each in agreed["reviews"]] == ["reconcile_ledger", "reconcile_ledger"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            (override("no_such_action"), "/action"),
            (override("post_refund_adjustment"), "/action"),
            (override("replenish"), "/parameters/node"),
            (override("accept_return", parameters={"amount": "much"}), "/parameters/amount"),
            (override("reconcile_ledger", parameters={"c4n4ry": 1}), "/parameters"),
            (override("confirm_address"), "/action"),
            (override("cancel_line", parameters={"line_id": "c4n4ry", "amount": "1.00"}), "/parameters/line_id"),
            (override("substitute_item", parameters={"line_id": "c4n4ry", "sku": "b"}), "/parameters/line_id"),
        ],
    )
    def test_refuses_what_is_no_allowed_action(self, desk: Desk, body: dict[str, Any], pointer: str) -> None:
        path = opened(desk)
        response = desk.post(path, body, "reviewer-1")
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
        assert "c4n4ry" not in response.text
        assert desk.get(path).json()["version"] == 0

    @pytest.mark.parametrize(
        ("body", "pointer", "says"),
        [
            ({"verdict": "reject"}, "/reason", f"needs a reason: one of {', '.join(RejectReason)}"),
            ({**override("reconcile_ledger"), "reason": None}, "/reason", "needs a reason: one of facts_wrong, "),
            ({"verdict": "override", "reason": "other"}, "/action", "names another action: one of "),
            ({"verdict": "approve", "action": "reconcile_ledger"}, "/action", "only an override"),
            ({"verdict": "approve", "parameters": {}}, "/parameters", "approving agrees to those shown"),
            (override("replenish"), "/parameters/node", "this member: a text of 1 to 128 characters"),
            (override("replenish"), "/parameters/quantity", "this member: a whole number from 0 to 10,000,000"),
        ],
    )
    def test_what_is_missing_or_too_much_is_told_where_it_is(
        self, desk: Desk, body: dict[str, Any], pointer: str, says: str
    ) -> None:
        response = desk.post(opened(desk), body, "reviewer-1")
        told = {each["pointer"]: each["expected"] for each in response.json()["errors"]}
        assert response.status_code == 422
        assert says in told[pointer]
        assert "" not in told

    def test_the_recommendation_itself_never_changes(self, desk: Desk) -> None:
        response = desk.post("/v1/recommendations", costly())
        location = response.headers["location"]
        desk.post(f"{location}/reviews", override("reconcile_ledger"), "reviewer-1")
        assert desk.get(location).content == response.content


class TestHeldLine:
    @staticmethod
    def later(seconds: float, act: Callable[[], object]) -> threading.Thread:
        def wait_and_act() -> None:
            time.sleep(seconds)
            act()

        thread = threading.Thread(target=wait_and_act)
        thread.start()
        return thread

    def test_answers_as_soon_as_somebody_decides(self, desk: Desk) -> None:
        path = opened(desk)
        decider = self.later(0.3, lambda: desk.post(path, APPROVE, "reviewer-1"))
        started = time.monotonic()
        response = desk.get(f"{path}?wait=20", **{"If-None-Match": '"0"'})
        decider.join()
        assert (response.status_code, response.json()["state"]) == (200, "approved")
        assert time.monotonic() - started < 5

    def test_answers_when_a_newer_event_supersedes(self, desk: Desk) -> None:
        answer = desk.recommend(costly(1, exception="exc", minutes=-9))
        path = f"/v1/recommendations/{answer['recommendation_id']}/reviews"
        event = self.later(0.3, lambda: desk.recommend(costly(2, exception="exc", minutes=-1)))
        assert desk.get(f"{path}?wait=20").json()["state"] == "superseded"
        event.join()

    def test_is_304_when_nobody_decided_in_time(self, desk: Desk) -> None:
        path = opened(desk)
        response = desk.get(f"{path}?wait=0.2", **{"If-None-Match": '"0"'})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", '"0"')
        assert desk.get(f"{path}?wait=0.2").json()["state"] == "open"

    def test_answers_at_once_where_there_is_news_already(self, desk: Desk) -> None:
        path = opened(desk)
        desk.post(path, APPROVE, "reviewer-1")
        started = time.monotonic()
        assert desk.get(f"{path}?wait=20", **{"If-None-Match": '"0"'}).json()["version"] == 1
        assert desk.get(f"{path}?wait=20").json()["state"] == "approved"
        assert time.monotonic() - started < 5
        assert desk.get(path, **{"If-None-Match": '"1"'}).status_code == 304

    def test_forty_held_lines_leave_room_for_work(self, desk: Desk) -> None:
        """More than there are worker threads: a held line holds neither a thread nor a transaction."""
        path = opened(desk)
        with ThreadPoolExecutor(60) as pool:
            held = [pool.submit(desk.get, f"{path}?wait=20", **{"If-None-Match": '"0"'}) for _ in range(48)]
            time.sleep(0.5)
            started = time.monotonic()
            assert desk.get("/health/live").status_code == 200
            assert desk.post(path, APPROVE, "reviewer-1").status_code == 200
            assert time.monotonic() - started < 5
            assert {each.result().json()["state"] for each in held} == {"approved"}

    def test_an_unknown_recommendation_is_not_waited_for(self, desk: Desk) -> None:
        unknown = "/v1/recommendations/0193582a-6f3a-7c41-9e02-6a1be4a7d001/reviews?wait=20"
        assert desk.get(unknown).status_code == 404


def test_what_needs_nobody_may_be_executed_at_once(desk: Desk) -> None:
    answer = desk.recommend(an_exception(1, reported_type="late_pickup_readiness", channel="bopis"))
    status = desk.get(f"/v1/recommendations/{answer['recommendation_id']}/reviews").json()
    if answer["disposition"] == "proceed":
        assert (status["state"], status["execute"]) == ("not_required", answer["options"][0]["action"])
    else:
        assert "execute" not in status


def test_what_is_held_is_not_executed_however_many_agree(desk: Desk) -> None:
    down = [{"system": "erp", "state": "down"}, {"system": "payments", "state": "down"}]
    answer = desk.recommend(costly(1, dependencies=down))
    assert answer["disposition"] == "hold"
    path = f"/v1/recommendations/{answer['recommendation_id']}/reviews"
    agreed = desk.post(path, APPROVE, "reviewer-1").json()
    assert (agreed["state"], agreed["held_until"]) == ("approved", ["erp is up"])
    assert "execute" not in agreed


def test_what_is_held_and_needs_nobody_is_listed_as_held(desk: Desk) -> None:
    small = costly(1, dependencies=[{"system": "erp", "state": "down"}])
    small |= {"order": {"order_id": "o-1", "value": "30.00"}}
    small |= {"refund": {"refund_id": "r-1", "captured": "30.00", "refunded": "30.00", "posted": "0.00"}}
    answer = desk.recommend(small)
    assert (answer["disposition"], "review" in answer) == ("hold", False)
    [item] = desk.get("/v1/recommendations?state=not_required").json()["items"]
    assert item["held_until"] == ["erp is up"]


ANOTHER_GATE = """
table: second_pair_of_eyes
version: "1"
hit: collect
inputs: [action]
outputs: [disposition, role]
rows:
  - id: adjustments
    when: {action: post_refund_adjustment}
    then: {disposition: review, role: store_operations}
    says: "{role} must agree to every adjustment"
"""


class TestPolicyChangedMeanwhile:
    """An approval passes the gates in force when it is given, not only those of the day of the answer."""

    @pytest.fixture
    def later(self, tmp_path: Path) -> Iterator[tuple[Desk, str]]:
        before = open_desk(tmp_path / "var")
        path = opened(before)
        before.service.close()
        shutil.copytree(DEFAULT_FOLDER, tmp_path / "policy")
        (tmp_path / "policy" / "stricter.yaml").write_text(ANOTHER_GATE)
        desk = open_desk(tmp_path / "var", policy=tmp_path / "policy")
        desk.add("finance", Role.STORE_FINANCE)
        desk.add("ops", Role.STORE_OPERATIONS)
        yield desk, path
        desk.service.close()

    def test_a_role_that_is_asked_since_must_agree_too(self, later: tuple[Desk, str]) -> None:
        desk, path = later
        waiting = desk.post(path, APPROVE, "finance").json()
        assert (waiting["state"], waiting["roles"]) == ("open", ["store_operations"])
        assert "execute" not in waiting
        agreed = desk.post(path, APPROVE, "ops").json()
        assert (agreed["state"], agreed["execute"]) == ("approved", "post_refund_adjustment")

    def test_a_rejection_needs_no_second_look(self, later: tuple[Desk, str]) -> None:
        desk, path = later
        assert desk.post(path, REJECT, "finance").json()["state"] == "rejected"
