"""One event, one answer: the same bytes again, nothing half-written, the newest event of an exception counts."""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from data.recommendation import Recommendation, answer_digest
from data.record import digest_of
from data.review import ReviewState
from data.vocabulary import Role
from policies.policy import DEFAULT_FOLDER
from serving.store import audit, documents
from serving.store.tables import audit_leaves, recommendations
from tests.fixtures.service import Desk, an_exception, costly, in_currency, open_desk

PATH = "/v1/recommendations"


def counted(desk: Desk) -> tuple[int, int]:
    """How many recommendations and audit leaves there are."""
    with desk.service.database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(recommendations)).scalar_one()
    return kept, desk.leaves


def states(desk: Desk, *answers: dict[str, str]) -> list[ReviewState]:
    return [desk.service.reviews.status(each["recommendation_id"]).state for each in answers]


def test_the_answer_is_a_recommendation_with_a_receipt_that_holds(desk: Desk) -> None:
    response = desk.post(PATH, costly())
    answer = Recommendation.model_validate_json(response.content)
    assert response.headers["location"] == f"{PATH}/{answer.recommendation_id}"
    assert answer.receipt.answer == answer_digest(answer)
    assert uuid.UUID(answer.recommendation_id).version == 7
    assert answer.issued_at == desk.clock.now


def test_what_is_stored_is_what_was_sent(desk: Desk) -> None:
    response = desk.post(PATH, costly())
    again = desk.get(response.headers["location"])
    assert again.content == response.content
    desk.client.app.state.service.close()  # type: ignore[attr-defined]
    assert desk.get(response.headers["location"]).content == response.content


def test_the_receipt_names_what_is_kept(desk: Desk) -> None:
    receipt = Recommendation.model_validate(desk.recommend(costly()), strict=False).receipt
    with desk.service.database.read() as connection:
        for digest in (receipt.input, receipt.standing, receipt.features):
            assert digest_of(documents.get(connection, digest)) == digest


def test_the_same_event_gets_the_same_bytes(desk: Desk) -> None:
    first = desk.post(PATH, costly())
    desk.clock.move(hours=1)
    spaced = json.dumps(costly(), indent=3, sort_keys=True).encode()
    assert desk.post(PATH, costly()).content == first.content
    assert desk.post(PATH, spaced).content == first.content
    assert counted(desk) == (1, 1)


def test_the_same_event_with_another_body_is_refused(desk: Desk) -> None:
    desk.recommend(costly())
    response = desk.post(PATH, costly(message="something else"))
    assert (response.status_code, response.json()["type"]) == (422, "urn:fairlead:problem:already-used")
    assert counted(desk) == (1, 1)


def test_an_idempotency_key_gets_the_same_bytes_and_no_other_body(desk: Desk) -> None:
    first = desk.post(PATH, costly(1), **{"Idempotency-Key": "attempt-1"})
    desk.clock.move(minutes=3)
    assert desk.post(PATH, costly(1), **{"Idempotency-Key": "attempt-1"}).content == first.content
    other = desk.post(PATH, costly(2), **{"Idempotency-Key": "attempt-1"})
    assert (other.status_code, other.json()["type"]) == (422, "urn:fairlead:problem:already-used")
    assert counted(desk) == (1, 1)


def test_a_key_first_seen_on_a_repeated_event_is_bound_to_it(desk: Desk) -> None:
    first = desk.post(PATH, costly(1))
    assert desk.post(PATH, costly(1), **{"Idempotency-Key": "late"}).content == first.content
    assert desk.post(PATH, costly(2), **{"Idempotency-Key": "late"}).status_code == 422


def test_keys_of_one_principal_are_not_those_of_another(desk: Desk) -> None:
    desk.add("other-system", Role.ORCHESTRATOR)
    desk.recommend(costly(1), **{"Idempotency-Key": "same"})
    response = desk.post(PATH, costly(2), "other-system", **{"Idempotency-Key": "same"})
    assert response.status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_an_odd_idempotency_key_is_refused(desk: Desk, key: str) -> None:
    headers = desk.as_("orchestrator", **{"Content-Type": "application/json"})
    sent = {**{name: value.encode() for name, value in headers.items()}, "Idempotency-Key": key.encode("latin-1")}
    response = desk.client.post(PATH, content=json.dumps(costly()), headers=sent)
    assert response.status_code == 422
    assert counted(desk) == (0, 0)


def test_many_at_once_with_the_same_event_get_one_answer(desk: Desk) -> None:
    contents: list[bytes] = []
    threads = [threading.Thread(target=lambda: contents.append(desk.post(PATH, costly()).content)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(contents) == 8
    assert len(set(contents)) == 1
    assert counted(desk) == (1, 1)


def test_a_newer_event_supersedes_the_open_recommendation(desk: Desk) -> None:
    first = desk.recommend(costly(1, exception="exc", minutes=-10))
    second = desk.recommend(costly(2, exception="exc", minutes=-5))
    assert states(desk, first, second) == [ReviewState.SUPERSEDED, ReviewState.OPEN]
    file = desk.service.recommendations.case_file(first["recommendation_id"])
    assert file.status.superseded_by == second["recommendation_id"]
    assert file.status.execute is None


def test_what_a_person_decided_stays_decided(desk: Desk) -> None:
    first = desk.recommend(costly(1, exception="exc", minutes=-10))
    assert desk.post(f"{PATH}/{first['recommendation_id']}/reviews", {"verdict": "approve"}, "reviewer-1").is_success
    second = desk.recommend(costly(2, exception="exc", minutes=-5))
    assert states(desk, first, second) == [ReviewState.APPROVED, ReviewState.OPEN]


def test_an_event_from_the_future_is_refused_and_one_from_long_ago_is_not(desk: Desk) -> None:
    assert desk.post(PATH, an_exception(1, minutes=5.1)).json()["errors"][0]["pointer"] == "/event/time"
    assert desk.post(PATH, an_exception(2, minutes=4.9)).status_code == 200
    ancient = an_exception(3)
    ancient["event"]["time"] = "0001-01-01T00:00:00Z"
    assert desk.post(PATH, ancient).status_code == 200


def test_a_passed_promise_is_answered_as_broken_and_listed_as_overdue(desk: Desk) -> None:
    answer = desk.recommend(costly(1, promise={"due_at": "2026-11-23T08:50:00Z"}))
    breach = answer["predictions"]["sla_breach"]
    assert (breach["probability"], breach["served_by"], breach["reason"]) == (1.0, "rules", "promise_passed")
    assert "promise already broken" in answer["says"]
    assert answer["review"]["due_at"] > answer["issued_at"], "nobody is asked to agree before a moment that is gone"
    (item,) = desk.get("/v1/recommendations").json()["items"]
    assert (item["breach_probability"], item["promise_due_at"]) == (1.0, "2026-11-23T08:50:00Z")


def test_an_unknown_id_is_not_found_and_not_repeated(desk: Desk) -> None:
    unknown = str(uuid.uuid4())
    response = desk.get(f"{PATH}/{unknown}")
    assert response.status_code == 404
    assert unknown not in response.text


def test_one_commit_holds_the_decision_its_documents_and_its_leaf(desk: Desk) -> None:
    """Refusing the audit leaf takes everything else back: nothing of the request is left."""
    with desk.service.database.write() as connection:
        refuse = "CREATE TRIGGER refuse BEFORE INSERT ON audit_leaves BEGIN SELECT RAISE(ABORT, 'disk'); END"
        connection.execute(text(refuse))
    response = desk.post(PATH, costly(), **{"Idempotency-Key": "k"})
    assert response.status_code >= 500
    with desk.service.database.write() as connection:
        connection.execute(text("DROP TRIGGER refuse"))
        for table in ("recommendations", "review_statuses", "parties", "replies"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608
    assert desk.leaves == 0
    assert desk.post(PATH, costly(), **{"Idempotency-Key": "k"}).status_code == 200


def test_the_audit_leaf_covers_the_answer(desk: Desk) -> None:
    response = desk.post(PATH, costly())
    with desk.service.database.read() as connection:
        leaf = connection.execute(select(audit_leaves).order_by(audit_leaves.c.sequence.desc())).first()
        assert leaf is not None
        assert (leaf.kind, leaf.principal) == ("recommendation", "orchestrator")
        assert leaf.content == digest_of(response.content)
        assert list(audit.faults(connection)) == []


def test_an_exception_arrives_once_however_many_events_tell_of_it(desk: Desk) -> None:
    desk.recommend(costly(1, exception="exc", minutes=-2))
    desk.recommend(costly(2, exception="exc", minutes=-1))
    third = desk.recommend(costly(3, minutes=0))
    standing = desk.service.recommendations.case_file(third["recommendation_id"]).standing
    node = standing.of("node")
    assert node is not None
    assert node.arrivals == pytest.approx(1.0, abs=0.01)


def listed_currencies(desk: Desk) -> list[str]:
    items = desk.get(f"{PATH}?state=open").json()["items"]
    return [each["value_at_stake"]["currency"] for each in items]


class TestList:
    def test_open_ones_come_by_what_a_minute_costs(self, desk: Desk) -> None:
        def due(minutes: int) -> dict[str, str]:
            return {"due_at": f"2026-11-23T{12 + minutes // 60:02d}:{minutes % 60:02d}:00Z"}

        later = desk.recommend(costly(1, promise=due(300)))
        sooner = desk.recommend(costly(2, promise=due(30)))
        page = desk.get(f"{PATH}?state=open").json()
        assert [each["recommendation_id"] for each in page["items"]] == [
            sooner["recommendation_id"],
            later["recommendation_id"],
        ]
        per_minute = [float(each["loss_per_minute"]["amount"]) for each in page["items"]]
        assert per_minute == sorted(per_minute, reverse=True)

    def test_amounts_of_different_currencies_are_compared_by_their_worth(self, desk: Desk) -> None:
        """12,000 yen are some 74 euros; 640 pounds are more than 640 euros."""
        amounts = {"JPY": "12000.00", "EUR": "640.00", "GBP": "640.00", "INR": "9999.00"}
        for number, (currency, value) in enumerate(amounts.items()):
            desk.recommend(in_currency(number, currency, value))
        assert listed_currencies(desk) == ["GBP", "EUR", "INR", "JPY"]

    def test_an_amount_whose_worth_nobody_knows_waits_in_front(self, desk: Desk) -> None:
        soon = {"due_at": "2026-11-23T12:10:00Z"}
        desk.recommend(in_currency(1, "EUR", "90000.00", promise=soon))
        desk.recommend(in_currency(2, "XAU", "2.00", promise={"due_at": "2026-11-25T12:00:00Z"}))
        desk.recommend(in_currency(3, "XPT", "1.00", promise=soon))
        desk.recommend(in_currency(4, "XAU", "0.00", promise=soon))
        assert listed_currencies(desk) == ["XPT", "XAU", "EUR", "XAU"]
        items = desk.get(f"{PATH}?state=open").json()["items"]
        assert [each["value_at_stake"]["amount"] for each in items] == ["1.00", "2.00", "90000.00", "0.00"]
        assert all(each["loss_per_minute"]["currency"] == each["value_at_stake"]["currency"] for each in items)

    def test_the_rates_are_those_of_the_policy_in_force(self, tmp_path: Path) -> None:
        """An open case is compared by today's rates, also where it was answered under others."""
        before = open_desk(tmp_path / "var")
        before.recommend(in_currency(1, "EUR", "640.00"))
        before.recommend(in_currency(2, "JPY", "12000.00"))
        before.recommend(in_currency(3, "XAU", "1.00"))
        assert listed_currencies(before) == ["XAU", "EUR", "JPY"]
        before.service.close()
        shutil.copytree(DEFAULT_FOLDER, tmp_path / "policy")
        head = tmp_path / "policy" / "policy.yaml"
        head.write_text(head.read_text().replace("JPY: 163.00", "JPY: 1.63\n    XAU: 0.001"))
        after = open_desk(tmp_path / "var", policy=tmp_path / "policy")
        assert listed_currencies(after) == ["JPY", "XAU", "EUR"]
        after.service.close()

    def test_pages_hold_every_one_once(self, desk: Desk) -> None:
        ids = {desk.recommend(costly(number))["recommendation_id"] for number in range(5)}
        found, offset = [], 0
        while offset is not None:
            page = desk.get(f"{PATH}?limit=2&offset={offset}").json()
            found += [each["recommendation_id"] for each in page["items"]]
            offset = page.get("next_offset")
            assert page["total"] == 5
        assert sorted(found) == sorted(ids)
        assert found == sorted(found, reverse=True)

    def test_a_role_sees_what_waits_for_it(self, desk: Desk) -> None:
        desk.recommend(costly())
        assert desk.get(f"{PATH}?state=open&role=store_finance").json()["total"] == 1
        assert desk.get(f"{PATH}?state=open&role=returns_desk").json()["total"] == 0

    @pytest.mark.parametrize("query", ["state=c4n4ry", "limit=0", "limit=201", "offset=-1", "limit=c4n4ry", "role=x"])
    def test_refuses_odd_questions_without_an_echo(self, desk: Desk, query: str) -> None:
        response = desk.get(f"{PATH}?{query}")
        assert response.status_code == 422
        assert "c4n4ry" not in response.text
