"""Answers heed what earlier answers of the same model came to, and can still be made again byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.standing import Standing, TrackRecord
from data.vocabulary import Role, Task
from features.standing import OUTCOME_HALF_LIFE
from models.bundle import publish
from models.delays import Delays
from models.track_record import RecordKey, RecordState, keys_of
from serving.replay import replay_exactly
from serving.store.track_records import StoredRecords
from tests.fixtures.bundles import PUBLISHED, republish
from tests.fixtures.service import NOON, Desk, an_exception, open_desk
from tests.fixtures.task_models import task_model
from tests.serving.console.models.test_pages import sign_in
from tests.serving.test_shelf_recording import PATH as SHELF_PATH
from tests.serving.test_shelf_recording import SHELVES, a_desk, ask, question

PATH = "/v1/recommendations"
BROKEN: dict[str, Any] = {"sla_breached": True, "root_cause": "system_latency"}


LATE = Delays(1, {"no": (1.0, 1.0), "yes": (0.0, 1.0)})
"""Of broken promises none is known as the day is over on which they were due, all a day later."""


@contextmanager
def heeding(folder: Path, delays: Delays | None) -> Iterator[Desk]:
    models = {task: task_model(task) for task in Task}
    told = {
        task: replace(model, record_share=0.5, delays=delays) if task.is_risk else model
        for task, model in models.items()
    }
    publish(folder / "bundle", told, created_at=PUBLISHED)
    opened = open_desk(folder / "var", bundle=folder / "bundle")
    with opened.client:
        yield opened


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A service whose models heed half of their record's level."""
    with heeding(tmp_path, None) as opened:
        yield opened


def answered(desk: Desk, number: int) -> dict[str, Any]:
    """An answer as the desk's clock has it, about a promise of four hours."""
    due_at = (desk.clock.now + timedelta(hours=4)).isoformat()
    minutes = (desk.clock.now - NOON) / timedelta(minutes=1) + number / 100
    return desk.recommend(an_exception(number, region="emea", promise={"due_at": due_at}, minutes=minutes))


def when_due(desk: Desk) -> None:
    """The next noon: since midnight counts what was promised for the first day."""
    desk.clock.move(days=1)


def faded(days: float, value: float = 1.0) -> Any:
    """What is left after so many days."""
    return pytest.approx(value * 0.5 ** (days / OUTCOME_HALF_LIFE.days), abs=1e-3)


def told(desk: Desk, answer: dict[str, Any], **outcome: Any) -> None:
    response = desk.post(
        f"{PATH}/{answer['recommendation_id']}/outcomes", BROKEN | {"recorded_at": desk.clock.now.isoformat()} | outcome
    )
    assert response.status_code == 200, response.text


def standing(desk: Desk, answer: dict[str, Any]) -> Standing:
    return desk.service.recommendations.case_file(answer["recommendation_id"]).standing


def record(desk: Desk, answer: dict[str, Any], task: Task, region: str | None = None) -> TrackRecord:
    found = standing(desk, answer).record(task, version(desk, task), region)
    assert found is not None
    return found


def version(desk: Desk, task: Task) -> str:
    bundle = desk.service.in_force.bundle
    assert bundle is not None
    return bundle.models[task].version


def calibration(answer: dict[str, Any], task: Task) -> dict[str, Any]:
    (step,) = (each for each in answer["explanation"] if each["kind"] == "calibration" and each["id"] == task)
    found: dict[str, Any] = step
    return found


def test_outcomes_move_the_next_answer_s_level_and_the_answer_says_so(desk: Desk) -> None:
    first = answered(desk, 1)
    assert standing(desk, first).records == ()
    for number in range(2, 34):
        told(desk, answered(desk, number))
    assert "level" not in calibration(answered(desk, 40), Task.SLA_BREACH)["saw"], "no promise has fallen due"
    when_due(desk)
    last = answered(desk, 41)
    before, step = calibration(first, Task.SLA_BREACH), calibration(last, Task.SLA_BREACH)
    assert "level" not in before["saw"]
    assert step["saw"]["calibrated"] == before["concluded"], "the case is the same but for its moment"
    assert step["saw"]["level"] > 0
    assert step["concluded"] == last["predictions"]["sla_breach"]["probability"] > before["concluded"]
    assert "more came true of late" in step["says"]
    sign_in(desk, "model-owner")
    part = desk.client.get("/console/models/drift").text
    assert re.search(r"; as far as 32 known outcomes tell, \d+ more came true than was said<", part)


def test_a_known_outcome_stands_for_those_not_known_yet_and_its_answers_are_made_again(tmp_path: Path) -> None:
    """At noon half a day has passed since the promise's own: half of what broke is known, by the model's delays."""
    with heeding(tmp_path, LATE) as late:
        first = answered(late, 1)
        told(late, first)
        when_due(late)
        then = answered(late, 2)
        surplus = 1.0 - first["predictions"]["sla_breach"]["probability"]
        assert record(late, then, Task.SLA_BREACH).surplus == faded(0.5, 2.0 * surplus)
        assert record(late, then, Task.SLA_BREACH, "emea").surplus == faded(0.5, surplus), (
            "no level of a region is heeded"
        )
        when_due(late)
        last = answered(late, 3)
        assert record(late, last, Task.SLA_BREACH).surplus == faded(1.5, surplus)
        for each in (then, last):
            assert calibration(each, Task.SLA_BREACH)["saw"]["level"] > 0
            with late.service.database.read() as connection:
                replay = replay_exactly(connection, late.service.settings.bundle_folder, each["recommendation_id"])
            assert replay.same, replay.differences()


def test_an_outcome_counts_for_every_model_that_answered_in_its_region_and_everywhere(desk: Desk) -> None:
    first = answered(desk, 1)
    told(desk, first)
    at_once = standing(desk, answered(desk, 2))
    assert {each.task for each in at_once.records} == {Task.ROOT_CAUSE}, "a cause is promised to nobody"
    when_due(desk)
    then = answered(desk, 3)
    said = first["predictions"]["sla_breach"]["probability"]
    for region in (None, "emea"):
        breach = record(desk, then, Task.SLA_BREACH, region)
        assert breach.answers == breach.true["yes"] == faded(0.5)
        assert breach.surplus == faded(0.5, 1.0 - said)
        cause = record(desk, then, Task.ROOT_CAUSE, region)
        assert cause.true["system_latency"] == faded(1.0)
    assert standing(desk, then).record(Task.STOCKOUT, version(desk, Task.STOCKOUT), None) is None, "no shelf was told"


def test_the_drift_report_tells_every_record(desk: Desk) -> None:
    told(desk, answered(desk, 1))
    when_due(desk)
    tasks = {each["task"]: each for each in desk.get("/v1/models/drift").json()["tasks"]}
    everywhere, emea = tasks["sla_breach"]["records"]
    assert "region" not in everywhere
    assert emea["region"] == "emea"
    assert emea["true"] == {"yes": faded(0.5)}
    assert tasks["stockout"]["records"] == []


def test_answers_that_heed_a_record_replay_to_the_byte(desk: Desk) -> None:
    for number in range(1, 6):
        told(desk, answered(desk, number))
    when_due(desk)
    last = answered(desk, 9)
    assert record(desk, last, Task.SLA_BREACH).answers > 4
    told(desk, last)
    with desk.service.database.read() as connection:
        replay = replay_exactly(connection, desk.service.settings.bundle_folder, last["recommendation_id"])
    assert replay.same, replay.differences()


def test_the_same_outcome_told_twice_counts_once(desk: Desk) -> None:
    first = answered(desk, 1)
    told(desk, first)
    told(desk, first)
    when_due(desk)
    assert record(desk, answered(desk, 2), Task.SLA_BREACH).answers == faded(0.5)


def test_another_version_begins_without_a_record_and_learns_nothing_of_what_it_did_not_say(tmp_path: Path) -> None:
    publish(tmp_path / "bundle", {task: task_model(task) for task in Task}, created_at=PUBLISHED)
    old = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with old.client:
        first, second = answered(old, 1), answered(old, 2)
        told(old, first)
        assert standing(old, answered(old, 3)).records
    republish(tmp_path / "other", seed=2, at=PUBLISHED)
    new = open_desk(tmp_path / "var-new", bundle=tmp_path / "other")
    with new.client:
        versions = {version(old, task) for task in Task} & {version(new, task) for task in Task}
        assert not versions
        assert standing(new, answered(new, 4)).records == ()
    old.service.in_force.replace(new.service.in_force.basis)
    with old.client:
        told(old, second)
        assert standing(old, answered(old, 5)).records == ()


def test_shelves_asked_about_learn_the_next_day_and_their_answers_have_sets(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    with desk.client:
        first = ask(desk)
        assert all(set(risk["prediction"]["set"]) <= {"no", "yes"} for risk in first["risks"])
        assert [step["kind"] for step in first["risks"][0]["explanation"]] == ["model", "calibration", "conformal"]
        desk.clock.move(days=1)
        ask(desk, days=1)
        keys = keys_of(Task.STOCKOUT, version(desk, Task.STOCKOUT), "emea")
        with desk.service.database.read() as connection:
            found = StoredRecords(connection).get(keys)
        ran = sum(number % 3 == 0 for number in range(SHELVES))
        for state in found.values():
            assert (state.sums.answers, dict(state.sums.true)) == (SHELVES, {"no": SHELVES - ran, "yes": ran})
        said = sum(risk["prediction"]["probability"] for risk in first["risks"])
        assert found[keys[0]].sums.surplus == pytest.approx(ran - said, abs=1e-3)
        ask(desk, days=1)
        with desk.service.database.read() as connection:
            assert StoredRecords(connection).get(keys) == found, "what was told before counts once"


@pytest.mark.parametrize("role", [Role.STORE_OPERATIONS, Role.DATA_SCIENTIST])
def test_whoever_may_not_report_outcomes_teaches_no_record_by_what_they_ask(tmp_path: Path, role: Role) -> None:
    desk = a_desk(tmp_path)
    desk.add("curious", role)
    with desk.client:
        for days in (0, 1):
            assert desk.post(SHELF_PATH, question(days=days), "curious").status_code == 200
            desk.service.shelves.drain()
            desk.clock.move(days=1)
        assert stored(desk) == {}


def test_what_somebody_tries_of_a_shelf_is_not_held_against_what_was_answered(tmp_path: Path) -> None:
    """A reviewer's "what if nothing were left" names the same shelf and moment as the orchestrator's question."""
    desk = a_desk(tmp_path)
    desk.add("curious", Role.STORE_OPERATIONS)
    with desk.client:
        first = ask(desk)
        tried = question()
        tried["positions"] = [{**each, "on_hand": 0} for each in tried["positions"]]
        answered = desk.post(SHELF_PATH, tried, "curious").json()
        desk.service.shelves.drain()
        said, tried_said = (
            sum(risk["prediction"]["probability"] for risk in each["risks"]) for each in (first, answered)
        )
        assert abs(tried_said - said) > 0.1, "or this would show nothing"
        desk.clock.move(days=1)
        ask(desk, days=1)
        ran = sum(number % 3 == 0 for number in range(SHELVES))
        for state in stored(desk).values():
            assert state.sums.surplus == pytest.approx(ran - said, abs=1e-3)


def stored(desk: Desk) -> Mapping[RecordKey, RecordState]:
    with desk.service.database.read() as connection:
        return StoredRecords(connection).get(keys_of(Task.STOCKOUT, version(desk, Task.STOCKOUT), "emea"))
