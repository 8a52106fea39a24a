"""The service measures drift on what it stored of its own decisions, with nothing but numpy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.record import instant_text
from data.vocabulary import Task
from features.catalogue import FeatureSet
from models.bundle import publish
from models.drift_records import Alarm
from models.performance import FEWEST
from serving.models.drift import hedged
from serving.models.drift_schemas import TaskDrift, Told
from tests.fixtures.bundles import PUBLISHED, a_bundle
from tests.fixtures.dossiers import promoted
from tests.fixtures.service import NOON, Desk, an_exception, open_desk
from tests.fixtures.task_models import of_late_outcomes, task_model, without_sets

CASES = 48


def told(desk: Desk, number: int, queue: float, due_in: int = 3) -> str:
    at = NOON + timedelta(minutes=number / 60)
    answer = desk.recommend(
        an_exception(
            number,
            minutes=number / 60,
            region="emea" if number % 4 else "apac",
            workflow={"queue_minutes": queue, "queue_length": 3},
            stock=[{"sku": "s", "node": "n", "on_hand": 4, "as_of": instant_text(at)}],
            promise={"due_at": instant_text(NOON + timedelta(hours=due_in))},
        )
    )
    return str(answer["recommendation_id"])


def outcome(desk: Desk, recommendation: str, breached: bool) -> None:
    told = {"recorded_at": instant_text(NOON), "sla_breached": breached}
    assert desk.post(f"/v1/recommendations/{recommendation}/outcomes", told).status_code == 200


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with decisions on queues ten times as long as the model's, the half of them with an outcome."""
    folder = tmp_path_factory.mktemp("drift")
    desk = open_desk(folder / "var", bundle=a_bundle(folder / "bundle"))
    for number in range(CASES):
        recommendation = told(desk, number, 600.0 + number)
        if number % 4:
            outcome(desk, recommendation, breached=number % 3 == 0)
    desk.clock.move(hours=3)
    return desk


def tasks(desk: Desk, path: str = "/v1/models/drift") -> dict[str, Any]:
    response = desk.get(path)
    assert response.status_code == 200, response.text
    return {each["task"]: each for each in response.json()["tasks"]}


def test_the_feature_that_moved_is_found_in_stored_decisions(busy: Desk) -> None:
    found = tasks(busy)["sla_breach"]
    assert found["decisions"] == CASES
    moved = {each["feature"]: each for each in found["report"]["features"]}
    assert moved["queue_minutes"]["level"] == "large"
    # All lie beyond the model's last edge, which a fifteenth of its own cases does too.
    assert moved["queue_minutes"]["ks"] == pytest.approx(14 / 15, abs=0.01)
    assert "order_value" not in moved, "the model does not read it"


def test_outcomes_give_the_live_base_rate_and_calibration(busy: Desk) -> None:
    whole = tasks(busy)["sla_breach"]["report"]["regions"][0]
    known = [number for number in range(CASES) if number % 4]
    assert whole["realised"]["n"] == len(known)
    assert whole["realised"]["rate"] == pytest.approx(sum(n % 3 == 0 for n in known) / len(known))
    assert whole["claimed"]["n"] == CASES
    assert 0 <= whole["realised"]["ece"] <= 1


def test_what_a_promise_came_to_counts_once_it_is_due(tmp_path: Path) -> None:
    """Kept promises are known before broken ones: of those still open nearly all that is known was kept."""
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    for number in range(CASES):
        outcome(desk, told(desk, number, 60.0), breached=False)
    assert tasks(desk)["sla_breach"]["report"]["with_outcome"] == 0
    desk.clock.move(hours=3)
    assert tasks(desk)["sla_breach"]["report"]["with_outcome"] == CASES


def a_late_desk(folder: Path) -> Desk:
    models = {task: of_late_outcomes(task) if task.is_risk else task_model(task) for task in Task}
    publish(folder / "bundle", models, created_at=PUBLISHED)
    return open_desk(folder / "var", bundle=folder / "bundle")


def test_known_outcomes_stand_for_those_not_known_yet(tmp_path: Path) -> None:
    """Every second promise broke. At noon of the next day every kept one is known, and half of the broken ones."""
    desk = a_late_desk(tmp_path)
    answers = [told(desk, number, 60.0) for number in range(80)]
    for number, each in enumerate(answers):
        if number % 2 or number % 4 == 0:
            outcome(desk, each, breached=number % 2 == 0)
    desk.clock.move(hours=4)
    report = tasks(desk)["sla_breach"]["report"]
    assert report["with_outcome"] == 0, "of what broke nothing is known"
    assert report["says"].endswith(
        "; 60 known outcomes wait: of their days only what is known soonest can be known, by how long outcomes took in "
        "training"
    )
    desk.clock.move(hours=20)
    report = tasks(desk)["sla_breach"]["report"]
    assert "known outcomes wait" not in report["says"]
    seen = report["regions"][0]["realised"]
    assert report["with_outcome"] == seen["n"] == 60
    assert seen["rate"] == pytest.approx(0.5)
    assert seen["effective"] == pytest.approx(80**2 / (40 + 20 * 2**2))


def test_where_nearly_all_that_is_due_is_known_nothing_waits(tmp_path: Path) -> None:
    """However long outcomes took in training: nine in ten are told here, at once."""
    desk = a_late_desk(tmp_path)
    answers = [told(desk, number, 60.0) for number in range(80)]
    for each in answers[:72]:
        outcome(desk, each, breached=True)
    desk.clock.move(hours=4)
    report = tasks(desk)["sla_breach"]["report"]
    assert report["with_outcome"] == 72
    assert report["regions"][0]["realised"].get("effective") is None
    assert "wait" not in report["says"]


def test_answers_that_stand_for_others_are_found_behind_those_that_do_not_yet(tmp_path: Path) -> None:
    """However many of the latest are known: those of some days ago are looked at then."""
    desk = a_late_desk(tmp_path)
    for number in range(50):
        answer = told(desk, number, 60.0)
        if number < 40:
            outcome(desk, answer, breached=True)
    desk.clock.move(days=2)
    for number in range(50, 100):
        answer = told(desk, number, 60.0, due_in=51)
        if number < 90:
            outcome(desk, answer, breached=False)
    desk.clock.move(hours=4)
    for number in range(100, 140):
        told(desk, number, 60.0, due_in=99)
    report = tasks(desk, "/v1/models/drift?last=40")["sla_breach"]["report"]
    assert report["with_outcome"] == 40
    assert report["regions"][0]["realised"]["rate"] == 1.0


def test_what_earlier_answers_came_to_counts_where_the_latest_are_not_due_yet(tmp_path: Path) -> None:
    """Promises of three hours: of the latest decisions hardly one is due, whatever is asked for."""
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    for number in range(40):
        outcome(desk, told(desk, number, 60.0), breached=True)
    desk.clock.move(hours=3)
    for number in range(40, 80):
        told(desk, number, 60.0, due_in=9)
    found = tasks(desk, "/v1/models/drift?last=40")["sla_breach"]
    assert found["decisions"] == 40
    assert found["report"]["with_outcome"] == 40
    assert found["report"]["regions"][0]["realised"]["rate"] == 1.0


def test_an_alarm_says_how_many_outcomes_it_lacks(tmp_path: Path) -> None:
    """What is told late is of another kind than what is told soon."""
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    answers = [told(desk, number, 60.0) for number in range(60)]
    for each in answers[:45]:
        outcome(desk, each, breached=True)
    desk.clock.move(hours=3)
    assert desk.get("/v1/models/drift").json()["outcomes"] == {"due": 60, "told": 45}
    rests = [each["says"] for each in tasks(desk)["sla_breach"]["report"]["alarms"] if each["about"] != "inputs"]
    assert rests
    lacking = "; but only 45 of 60 answers whose promise is due have told what happened"
    assert all(each.endswith(lacking) for each in rests)
    for each in answers[45:]:
        outcome(desk, each, breached=True)
    assert not any("but only" in each["says"] for each in tasks(desk)["sla_breach"]["report"]["alarms"])


def test_what_outcomes_feed_is_left_out_where_none_is_told_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fades then, whatever happened. Outcomes feed nothing that the small model reads: the queue stands for it."""
    monkeypatch.setattr(FeatureSet, "from_outcomes", frozenset({"queue_minutes"}))
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    answers = [told(desk, number, 600.0) for number in range(CASES)]

    def compared() -> tuple[bool, str]:
        report = tasks(desk)["sla_breach"]["report"]
        return any(each["feature"] == "queue_minutes" for each in report["features"]), report["says"]

    assert compared()[0]  # No promise is due yet: nobody could have told.
    desk.clock.move(hours=3)
    there, says = compared()
    assert not there
    assert "1 more that outcomes feed is left out, as hardly any of these cases tells its outcome" in says
    assert desk.get("/v1/models/drift").json()["outcomes"] == {"due": CASES, "told": 0}
    for each in answers[: CASES // 2]:
        outcome(desk, each, breached=True)
    assert compared()[0]


def test_a_region_with_enough_cases_is_told_of(busy: Desk) -> None:
    regions = [each.get("region") for each in tasks(busy)["sla_breach"]["report"]["regions"]]
    assert regions == [None, "emea"]


def test_labels_are_measured_by_whether_the_likeliest_was_right(busy: Desk) -> None:
    report = tasks(busy)["exception_type"]["report"]
    assert report["with_outcome"] == 0
    assert 0 < report["regions"][0]["claimed"]["rate"] < 1


def test_only_the_latest_decisions_asked_for_are_compared(busy: Desk) -> None:
    assert tasks(busy, "/v1/models/drift?last=31")["sla_breach"]["decisions"] == 31
    assert "report" in tasks(busy, f"/v1/models/drift?last={FEWEST}")["sla_breach"]
    early = tasks(busy, f"/v1/models/drift?last={FEWEST - 1}")["sla_breach"]
    assert (early["reason"], early["decisions"]) == ("too_few_decisions", FEWEST - 1)
    assert busy.get("/v1/models/drift?last=0").status_code == 422


def test_a_report_says_from_when_to_when_its_decisions_are(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    assert not {"since", "until"} & desk.get("/v1/models/drift").json().keys()
    for number in range(2):
        told(desk, number, 60.0)
        desk.clock.move(hours=1)
    found = desk.get("/v1/models/drift").json()
    assert (found["since"], found["until"]) == (instant_text(NOON), instant_text(NOON + timedelta(hours=1)))


def test_what_is_scraped_is_at_most_five_minutes_old_and_of_the_bundle_in_force(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
    with desk.client:
        told(desk, 0, 60.0)
        first = desk.service.drift.recent()
        told(desk, 1, 60.0)
        desk.clock.move(minutes=4, seconds=59)
        assert desk.service.drift.recent() is first
        desk.clock.move(seconds=1)
        assert (first.decisions, desk.service.drift.recent().decisions) == (1, 2)
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        assert first.bundle != second
        assert desk.service.drift.recent().bundle == second, "at once, whatever was measured of the one before"


def test_only_what_rests_on_outcomes_is_hedged(busy: Desk) -> None:
    """Inputs need no outcomes, and what shelves came to is told by the next question about them, not by promises."""
    found = busy.service.drift.report()
    (task,) = (each for each in found.tasks if each.task is Task.SLA_BREACH)
    assert task.report is not None
    alarms = [Alarm(about=about, says="more break") for about in ("inputs", "rate", "calibration", "performance")]
    plain = task.model_copy(update={"report": task.report.model_copy(update={"alarms": tuple(alarms)})})
    few, most = Told(due=100, told=89), Told(due=100, told=90)

    def hedges(of: TaskDrift, outcomes: Told) -> list[bool]:
        report = hedged(of, outcomes).report
        assert report is not None
        return ["but only 89 of 100" in each.says for each in report.alarms]

    assert hedges(plain, few) == [False, True, True, True]
    assert hedges(plain, most) == [False] * 4
    assert hedges(plain.model_copy(update={"decisions": 0, "shelves": 40}), few) == [False] * 4


def test_drift_is_scraped(busy: Desk) -> None:
    text = busy.client.get("/metrics").text
    assert 'fairlead_drift_features{task="sla_breach"}' in text
    assert 'fairlead_base_rate{task="sla_breach"} 0.' in text
    assert 'fairlead_claimed_log_loss{task="exception_type"}' in text
    assert 'fairlead_calibration_error{task="exception_type"}' not in text, "no outcome told of it"


def test_a_key_is_needed(busy: Desk) -> None:
    assert busy.client.get("/v1/models/drift").status_code == 401


def test_without_models_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert {each["reason"] for each in tasks(open_desk(tmp_path / "var")).values()} == {"no_model"}


def test_a_bundle_of_an_earlier_fairlead_serves_without_sets_and_says_that_it_keeps_no_profile(tmp_path: Path) -> None:
    old = {task: without_sets(task_model(task)) for task in Task}
    publish(tmp_path / "bundle", old, created_at=PUBLISHED)
    desk = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    answer = desk.recommend(an_exception(1))
    assert answer["predictions"]["exception_type"]["served_by"] == "model"
    assert "set" not in answer["predictions"]["exception_type"]
    assert "conformal" not in {step["kind"] for step in answer["explanation"]}
    assert {each["reason"] for each in tasks(desk).values()} == {"no_profile"}


def test_an_answer_names_what_cannot_be_ruled_out_and_explains_it(busy: Desk) -> None:
    answer = busy.recommend(an_exception(999, minutes=1, reported_type="split_shipment"))
    stays = answer["predictions"]["exception_type"]["set"]
    step = next(s for s in answer["explanation"] if s["kind"] == "conformal" and s["id"] == "exception_type")
    assert step["concluded"] == ", ".join(stays)
    assert step["saw"]["error_rate"] == 0.1
    assert all(step["saw"][f"leaves_at.{label}"] > 0.1 for label in stays)
    page = busy.service.recommendations.case_file(answer["recommendation_id"])
    assert page.recommendation.predictions.exception_type.set == tuple(stays)
