"""Whatever the order in which events of one exception arrive, in the end its newest event's recommendation counts."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.case import Case
from data.record import canonical
from data.standing import Standing
from policies.policy import DEFAULT_FOLDER
from serving.keys import ensure_keys
from serving.settings import Settings
from serving.store import audit, consistency, decisions, documents
from serving.wiring import wire
from tests.fixtures.service import Desk, FakeClock, costly, open_desk, seeded, without_models

PATH = "/v1/recommendations"
APPROVE = {"verdict": "approve"}
LATE = "succession.newer_event"


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One service for many exceptions, each of its own."""
    opened = open_desk(tmp_path_factory.mktemp("succession") / "var")
    with opened.client:
        yield opened


def status(desk: Desk, answer: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = desk.get(f"{PATH}/{answer['recommendation_id']}/reviews").json()
    return told


def gates(answer: dict[str, Any]) -> set[str]:
    return {each["id"] for each in answer["explanation"] if each["kind"] == "gate"}


def test_an_older_event_that_comes_late_is_answered_and_held(desk: Desk) -> None:
    newer = desk.recommend(costly(2, exception="exc", minutes=-5))
    late = desk.post(PATH, costly(1, exception="exc", minutes=-10))
    answer = late.json()
    assert (late.status_code, answer["disposition"]) == (200, "hold")
    (step,) = [each for each in answer["explanation"] if each["id"] == LATE]
    assert (step["says"], step["concluded"]) == ("a newer event of this exception was already answered", "hold")
    assert step["saw"]["superseded"] is True
    assert all(option["disposition"] == "hold" for option in answer["options"])
    assert desk.get(late.headers["location"]).content == late.content
    assert (newer["disposition"], LATE in gates(newer)) == ("review", False)


def test_its_review_is_never_open_and_tells_what_counts(desk: Desk) -> None:
    newer = desk.recommend(costly(2, exception="exc", minutes=-5))
    late = desk.recommend(costly(1, exception="exc", minutes=-10))
    told = status(desk, late)
    assert (told["state"], told["version"], told["roles"]) == ("superseded", 0, [])
    assert told["superseded_by"] == newer["recommendation_id"]
    assert "execute" not in told
    assert "superseded_by" not in status(desk, newer)
    page = desk.get(f"{PATH}?state=open").json()
    assert [each["recommendation_id"] for each in page["items"]] == [newer["recommendation_id"]]
    path = f"{PATH}/{late['recommendation_id']}/reviews"
    assert desk.post(path, APPROVE, "reviewer-2").status_code == 409


def test_a_newer_event_says_to_all_before_it_which_counts_now(desk: Desk) -> None:
    """Each time with another version, so that nobody keeps an earlier word of it."""
    first = desk.recommend(costly(1, exception="exc", minutes=-10))
    second = desk.recommend(costly(2, exception="exc", minutes=-8))
    path = f"{PATH}/{first['recommendation_id']}/reviews"
    before = desk.get(path)
    third = desk.recommend(costly(3, exception="exc", minutes=-6))
    after = desk.get(path, **{"If-None-Match": before.headers["etag"]})
    assert before.json()["superseded_by"] == second["recommendation_id"]
    assert (after.status_code, after.json()["superseded_by"]) == (200, third["recommendation_id"])
    assert status(desk, second)["superseded_by"] == third["recommendation_id"]


@pytest.mark.parametrize("body", [APPROVE, {"verdict": "reject", "reason": "other"}])
def test_what_people_decided_is_told_as_it_was_and_no_longer_executed(desk: Desk, body: dict[str, Any]) -> None:
    first = desk.recommend(costly(1, exception="exc", minutes=-10))
    path = f"{PATH}/{first['recommendation_id']}/reviews"
    decided = desk.post(path, body, "reviewer-2")
    assert ("execute" in decided.json()) == (body is APPROVE)
    second = desk.recommend(costly(2, exception="exc", minutes=-5))
    again = desk.get(path, **{"If-None-Match": decided.headers["etag"]})
    told = again.json()
    assert (again.status_code, told["version"], told["superseded_by"]) == (200, 2, second["recommendation_id"])
    assert (told["state"], told["reviews"]) == (decided.json()["state"], decided.json()["reviews"])
    assert ("execute" in told, told["parameters"], told["held_until"]) == (False, {}, [])
    assert desk.post(path, APPROVE, "reviewer-2").status_code == 409
    no_faults(desk)


def test_what_was_executed_and_told_names_the_newer_answer(desk: Desk) -> None:
    first = desk.recommend(costly(1, exception="exc", minutes=-10))
    path = f"{PATH}/{first['recommendation_id']}"
    assert desk.post(f"{path}/reviews", APPROVE, "reviewer-2").is_success
    assert desk.post(f"{path}/outcomes", {"recorded_at": "2026-11-23T12:00:00Z"}).is_success
    second = desk.recommend(costly(2, exception="exc", minutes=-5))
    told = status(desk, first)
    assert (told["state"], told["superseded_by"]) == ("approved", second["recommendation_id"])
    no_faults(desk)


def no_faults(desk: Desk) -> None:
    with desk.service.database.read() as connection:
        assert list(audit.faults(connection)) == []
        assert list(consistency.faults(connection)) == []


def test_a_late_event_that_is_sent_again_gets_the_same_bytes(desk: Desk) -> None:
    old = costly(1, exception="exc", minutes=-10)
    first = desk.post(PATH, old)
    desk.recommend(costly(2, exception="exc", minutes=-5))
    assert desk.post(PATH, old).content == first.content
    assert LATE not in gates(first.json())


def test_a_policy_without_that_gate_executes_nothing_either(tmp_path: Path) -> None:
    shutil.copytree(DEFAULT_FOLDER, tmp_path / "policy")
    tables = (tmp_path / "policy" / "gates.yaml").read_text().split("\n---\n")
    kept = "\n---\n".join(each for each in tables if "table: succession" not in each)
    (tmp_path / "policy" / "gates.yaml").write_text(kept)
    desk = open_desk(tmp_path / "var", policy=tmp_path / "policy")
    desk.recommend(costly(2, exception="exc", minutes=-5))
    late = desk.recommend(costly(1, exception="exc", minutes=-10))
    assert (LATE in gates(late), status(desk, late)["state"], "execute" in status(desk, late)) == (
        False,
        "superseded",
        False,
    )
    desk.service.close()


def test_the_fact_is_kept_with_the_decision_and_only_where_it_holds(desk: Desk) -> None:
    answers = [desk.recommend(costly(number, exception="exc", minutes=-number)) for number in (1, 2)]
    told = []
    with desk.service.database.read() as connection:
        for answer in answers:
            decision = decisions.by_id(connection, answer["recommendation_id"])
            assert decision is not None
            told.append(documents.get(connection, decision.standing))
    assert [b"superseded" in each for each in told] == [False, True]
    assert [canonical(Standing.model_validate_json(each)) == each for each in told] == [True, True]


MINUTES = st.lists(st.integers(-30, 0), min_size=2, max_size=6)


@settings(max_examples=60)
@given(st.data())
def test_whatever_the_order_of_arrival_only_the_newest_is_open(long: Desk, data: st.DataObject) -> None:
    """Events may be noticed in the same minute, and some are sent twice."""
    minutes = data.draw(MINUTES)
    order = data.draw(st.permutations(range(len(minutes))))
    again = data.draw(st.lists(st.sampled_from(order)))
    run = next(RUNS)
    events = [costly(100 * run + number, exception=f"exc-{run}", minutes=each) for number, each in enumerate(minutes)]
    answers = {number: long.recommend(events[number]) for number in [*order, *again]}
    newest = max(order, key=lambda number: age(events[number]))
    for number, answer in answers.items():
        told = status(long, answer)
        if number == newest:
            assert (told["state"], "superseded_by" in told) == ("open", False)
        else:
            newest_id = answers[newest]["recommendation_id"]
            assert (told["state"], told["superseded_by"]) == ("superseded", newest_id)
    for at, number in enumerate(order):
        came_late = any(age(events[each]) > age(events[number]) for each in order[:at])
        assert (answers[number]["disposition"] == "hold") == (LATE in gates(answers[number])) == came_late


RUNS = itertools.count()


def age(event: dict[str, Any]) -> tuple[str, str]:
    """What orders the events of one exception and one source."""
    return (event["event"]["time"], event["event"]["id"])


@pytest.mark.parametrize(
    "ids", [("evt-é", "evt-z"), ("evt-\U0001f600", "evt-\uffee"), ("evt-a", "evt-B"), ("evt-2", "evt-10")]
)
def test_events_of_one_moment_are_ordered_alike_by_python_and_the_database(desk: Desk, ids: tuple[str, str]) -> None:
    answers = {}
    for id in ids:
        event = costly(1, exception="exc")
        event["event"]["id"] = id
        answers[id] = desk.recommend(event)
    newest = max(ids)
    assert [status(desk, answers[id])["state"] == "open" for id in ids] == [id == newest for id in ids]


@pytest.mark.parametrize("run", range(6))
def test_events_at_the_same_moment_end_with_exactly_one_open(long: Desk, run: int) -> None:
    events = [costly(10**6 + 10 * run + number, exception=f"race-{run}", minutes=-number % 5) for number in range(8)]
    together = threading.Barrier(len(events))

    def send(event: dict[str, Any]) -> dict[str, Any]:
        together.wait()
        return long.recommend(event)

    with ThreadPoolExecutor(len(events)) as pool:
        answers = list(pool.map(send, events))
    _, newest = max(zip(events, answers, strict=True), key=lambda each: age(each[0]))
    told = [status(long, answer) for answer in answers]
    assert [each["recommendation_id"] for each in told if each["state"] == "open"] == [newest["recommendation_id"]]
    for answer, each in zip(answers, told, strict=True):
        if each["state"] != "open":
            assert each["superseded_by"] == newest["recommendation_id"]
            assert LATE in gates(answer) or each["version"] > 0, "superseded from the start, and its answer says so"
    no_faults(long)


@dataclass
class Interrupted:
    """Random bytes that something else comes before, once: the answer is made, and not yet written."""

    act: Any = None

    def __call__(self, size: int) -> bytes:
        act, self.act = self.act, None
        if act is not None:
            act()
        return self.bytes(size)

    bytes = staticmethod(seeded(3))


@pytest.mark.parametrize(("minutes", "disposition"), [(-5, "hold"), (-20, "review")])
def test_an_answer_is_made_again_where_a_newer_event_was_answered_meanwhile(
    tmp_path: Path, minutes: int, disposition: str
) -> None:
    randomness, clock = Interrupted(), FakeClock()
    service = wire(Settings(folder=tmp_path), clock, randomness, without_models())
    ensure_keys(tmp_path / "keys", service.principals, clock)
    principal = service.principals.by_name("orchestrator")
    assert principal is not None
    mine, other = (
        Case.model_validate_json(canonical(costly(number, exception="exc", minutes=at)))
        for number, at in ((1, -10), (2, minutes))
    )
    randomness.act = lambda: service.recommendations.submit(principal, other)
    reply = service.recommendations.submit(principal, mine, "key")
    file = service.recommendations.case_file(reply.recommendation_id)
    assert (file.recommendation.disposition, file.standing.superseded is True) == (disposition, disposition == "hold")
    assert service.recommendations.queue().total == 2
    assert service.recommendations.submit(principal, mine, "key").content == reply.content
    states = sorted(each.state.value for each in service.recommendations.queue().items)
    assert states == ["open", "superseded"]
    service.close()
