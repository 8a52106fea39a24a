"""A bundle in the shadow: it sees what is answered, changes no byte of it, and is held against outcomes."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from data.prediction import LabelPrediction, RiskPrediction
from data.vocabulary import ServedBy, Task
from models.bundle import publish
from models.predictors import ModelPredictor
from serving.models import shadowing
from serving.models.shadow_report import first_of
from serving.models.shadowing import told_by
from serving.store.shadows import Beside
from tests.fixtures.bundles import a_bundle, made_again
from tests.fixtures.service import NOON, Desk, an_exception, costly, open_desk
from tests.fixtures.task_models import cases, of_late_outcomes


def a_desk(folder: Path, shadow: int | None, **also: Any) -> Desk:
    bundle = a_bundle(folder / f"bundle-{shadow}", seed=1)
    beside = None if shadow is None else a_bundle(folder / "shadow", seed=shadow)
    return open_desk(folder / f"var-{shadow}", bundle=bundle, shadow=beside, **also)


def report(desk: Desk) -> dict[str, Any]:
    desk.service.shadow.drain()
    told: dict[str, Any] = desk.get("/v1/models/shadow").json()
    return told


def counted(desk: Desk, name: str) -> float:
    lines = desk.client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and not line.startswith("#"))


def promised(number: int) -> dict[str, Any]:
    return costly(number, promise={"due_at": "2026-11-23T16:00:00Z"}, workflow={"queue_minutes": 7.0 * number})


def test_it_sees_every_answer_and_changes_no_byte(tmp_path: Path) -> None:
    with_shadow, without = a_desk(tmp_path, 2), a_desk(tmp_path, None)
    with with_shadow.client, without.client:
        for number in range(5):
            both = [desk.post("/v1/recommendations", promised(number)) for desk in (with_shadow, without)]
            assert both[0].content == both[1].content
        told = report(with_shadow)
        assert told["answers"] == 5
        assert counted(with_shadow, "fairlead_shadow_answers_total") == 5
        assert counted(without, "fairlead_shadow_answers_total") == 0
        assert told["challenger"] != told["champion"] == with_shadow.service.in_force.predictors.digest
        by_task = {each["task"]: each for each in told["tasks"]}
        assert by_task["sla_breach"]["answers"] == 5
        assert by_task["sla_breach"]["mean_difference"] > 0
        disagreements = sum(each["disagreements"] for each in told["tasks"])
        assert counted(with_shadow, "fairlead_shadow_disagreements_total") == disagreements


def test_once_there_are_outcomes_both_are_held_against_them(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        answer = desk.recommend(promised(1))
        said = answer["predictions"]["sla_breach"]["probability"]
        outcome = {"recorded_at": "2026-11-23T12:00:00Z", "sla_breached": True}
        desk.post(f"/v1/recommendations/{answer['recommendation_id']}/outcomes", outcome)
        desk.recommend(promised(2))
        (early,) = (each for each in report(desk)["tasks"] if each["task"] == "sla_breach")
        assert (early["answers"], early["outcomes"]) == (2, 0), "the promise is not due yet"
        desk.clock.move(hours=4)
        (risk,) = (each for each in report(desk)["tasks"] if each["task"] == "sla_breach")
        assert (risk["answers"], risk["outcomes"]) == (2, 1)
        assert risk["champion_log_loss"] == pytest.approx(-math.log(said), abs=1e-6)
        assert risk["challenger_log_loss"] != risk["champion_log_loss"]


def test_known_outcomes_stand_for_those_not_known_yet(tmp_path: Path) -> None:
    """Of broken promises half is known at the next noon, by the model in force: one counts twice, a kept one once."""
    bundle = tmp_path / "bundle"
    publish(bundle, {Task.SLA_BREACH: of_late_outcomes(Task.SLA_BREACH)}, created_at=NOON)
    desk = open_desk(tmp_path / "var", bundle=bundle, shadow=a_bundle(tmp_path / "shadow", seed=2))
    with desk.client:
        answers = [desk.recommend(promised(number)) for number in (1, 2, 3)]
        for answer, breached in zip(answers, (False, True), strict=False):
            told = {"recorded_at": NOON.isoformat(), "sla_breached": breached}
            path = f"/v1/recommendations/{answer['recommendation_id']}/outcomes"
            assert desk.post(path, told).status_code == 200
        desk.clock.move(hours=5)
        (early,) = (each for each in report(desk)["tasks"] if each["task"] == "sla_breach")
        assert early["outcomes"] == 0, "the promises are due, and of what broke nothing is known"
        assert "champion_log_loss" not in early
        desk.clock.move(hours=19)
        (risk,) = (each for each in report(desk)["tasks"] if each["task"] == "sla_breach")
        kept, broke, third = (float(answer["predictions"]["sla_breach"]["probability"]) for answer in answers)
        assert risk["outcomes"] == 2
        assert risk["champion_log_loss"] == pytest.approx(-(math.log(1 - kept) + 2 * math.log(broke)) / 3, abs=1e-6)
        last = {"recorded_at": NOON.isoformat(), "sla_breached": True}
        assert desk.post(f"/v1/recommendations/{answers[2]['recommendation_id']}/outcomes", last).status_code == 200
        (risk,) = (each for each in report(desk)["tasks"] if each["task"] == "sla_breach")
        every = -(math.log(1 - kept) + math.log(broke) + math.log(third)) / 3
        assert risk["champion_log_loss"] == pytest.approx(every, abs=1e-6), "all that is due is known"


KINDS = ("refund_reconciliation_gap", "suspicious_return", "late_pickup_readiness", "delayed_supplier_confirmation")


def undated(number: int) -> dict[str, Any]:
    """A case whose promise only the policy knows: no `due_at` came with it."""
    told: dict[str, Any] = {"promise": {"made_at": "2026-11-23T09:00:00Z"}} if number % 2 else {}
    shelf = {"sku": "s", "node": "store-12", "on_hand": number, "as_of": NOON.isoformat()}
    node, queue = {"id": "store-12", "zone": "Europe/Berlin"}, {"queue_minutes": 7.0 * number}
    kind, region = KINDS[number % len(KINDS)], "emea"
    return an_exception(number, reported_type=kind, region=region, node=node, workflow=queue, stock=[shelf], **told)


def what_happened(number: int) -> dict[str, Any]:
    cause = ("inventory_mismatch", "carrier_failure")[number % 2]
    at, broken = "2026-11-23T12:00:00Z", number % 3 == 0
    return {"recorded_at": at, "sla_breached": broken, "stockout": broken, "root_cause": cause}


def test_the_champion_s_own_files_in_the_shadow_answer_as_the_champion_does(tmp_path: Path) -> None:
    beside = made_again(tmp_path / "again")
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"), shadow=beside)
    with desk.client:
        for number in range(24):
            answer = desk.recommend(undated(number))
            assert answer["predictions"]["sla_breach"]["due_at"], "by the policy"
            path = f"/v1/recommendations/{answer['recommendation_id']}/outcomes"
            assert desk.post(path, what_happened(number)).status_code < 300
        met = desk.service.recommendations.case_file(answer["recommendation_id"])
        assert met.standing.records, "what the answers came to is heeded by both"
        desk.clock.move(hours=24 * 14)
        told = report(desk)
        assert told["champion"] != told["challenger"]
        assert told["answers"] == 24
        assert {each["task"] for each in told["tasks"]} == {"root_cause", "sla_breach", "stockout", "exception_type"}
        for each in told["tasks"]:
            assert (each["mean_difference"], each["disagreements"]) == (0, 0), each["task"]
            assert each.get("champion_log_loss") == each.get("challenger_log_loss"), each["task"]
        risk = next(each for each in told["tasks"] if each["task"] == "sla_breach")
        assert risk["outcomes"] == 24


def test_labels_that_are_equally_likely_stand_in_the_order_of_an_answer() -> None:
    answered = {"pricing_mismatch": 0.4, "failed_delivery_handoff": 0.4}
    whole = {"suspicious_return": 0.2, **answered}
    assert first_of(Task.EXCEPTION_TYPE, answered) == first_of(Task.EXCEPTION_TYPE, whole) == "failed_delivery_handoff"


def test_the_same_event_again_is_seen_once(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        for _ in range(3):
            desk.recommend(promised(1))
        assert report(desk)["answers"] == 1


def test_a_challenger_that_fails_is_counted_and_nobody_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        challenger = desk.service.shadow.digest
        before, whole = desk.recommend(promised(1)), ModelPredictor.predict
        desk.service.shadow.drain()

        def fail(self: ModelPredictor, *given: Any) -> Any:
            if threading.current_thread().name == "shadow":
                raise ZeroDivisionError
            return whole(self, *given)

        monkeypatch.setattr(ModelPredictor, "predict", fail)
        after = desk.recommend(promised(2))
        told = report(desk)
        assert (told["answers"], told["failures"], told["challenger"]) == (1, 1, challenger)
        assert counted(desk, "fairlead_shadow_failures_total") == 1
        assert after["receipt"]["bundle"] == before["receipt"]["bundle"]
        monkeypatch.undo()
        desk.recommend(promised(3))
        assert report(desk)["answers"] == 2


def test_where_it_falls_behind_answers_are_dropped_and_counted_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "WAITING", 1)
    desk = a_desk(tmp_path, 2)
    stuck = threading.Event()
    whole = desk.service.shadow._keep
    monkeypatch.setattr(desk.service.shadow, "_keep", lambda rows: (stuck.wait(20), whole(rows)))
    with desk.client:
        for number in range(6):
            desk.recommend(promised(number))
        dropped = counted(desk, "fairlead_shadow_dropped_total")
        assert dropped >= 3
        stuck.set()
        told = report(desk)
        assert told["answers"] + told["dropped"] == 6
        assert told["dropped"] == dropped


def test_a_shadow_that_cannot_be_read_is_said_and_the_service_serves(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    bundle = a_bundle(tmp_path / "bundle")
    desk = open_desk(tmp_path / "var", bundle=bundle, shadow=tmp_path / "nothing")
    with desk.client:
        assert desk.recommend(promised(1))["predictions"]["sla_breach"]["served_by"] == "model"
        told = report(desk)
        assert told["answers"] == 0
        assert "no bundle that can be read" in told["problem"]
        assert str(tmp_path) not in told["problem"]


def test_without_a_shadow_the_report_says_nothing(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, None)
    with desk.client:
        desk.recommend(promised(1))
        told = report(desk)
        assert "challenger" not in told
        assert told["tasks"] == []
        desk.service.shadow.missed()
        assert report(desk)["dropped"] == 0, "where there is no shadow none is behind"


def test_a_shelf_is_judged_beside_the_bundle_in_force_alone_and_other_sides_of_one_half_are_counted(
    tmp_path: Path,
) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        shadow, in_force = desk.service.shadow, desk.service.in_force.predictors.digest
        case, standing = cases()[0]
        told = shadow.judge(in_force, 0.5, case, standing)
        assert told is not None
        assert counted(desk, "fairlead_shadow_shelves_total") == 1
        before = counted(desk, "fairlead_shadow_disagreements_total")
        for said, more in ((told, 0), (1.0 if told < 0.5 else 0.0, 1)):
            assert shadow.judge(in_force, said, case, standing) == told
            assert counted(desk, "fairlead_shadow_disagreements_total") == before + more
        for other in (None, shadow.digest):
            assert shadow.judge(other, 0.5, case, standing) is None, "rules answered, or the challenger itself"
        assert report(desk)["shelves"] == counted(desk, "fairlead_shadow_shelves_total") == 3


def test_what_cannot_be_kept_is_counted_row_by_row_and_the_next_answers_are(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        made = [desk.recommend(promised(number)) for number in range(2)]
        assert report(desk)["answers"] == 2
        with desk.service.database.write() as connection:
            kept = connection.execute(text("SELECT count(*) FROM shadow_answers")).scalar_one()
            connection.execute(text("ALTER TABLE shadow_answers RENAME TO lost"))
        desk.service.shadow._keep([Beside(each["recommendation_id"], "a", "b", "{}") for each in made])
        with desk.service.database.write() as connection:
            connection.execute(text("ALTER TABLE lost RENAME TO shadow_answers"))
        told = report(desk)
        assert (kept, told["answers"], told["failures"]) == (2, 2, 2)
        assert counted(desk, "fairlead_shadow_failures_total") == 2
        assert counted(desk, "fairlead_shadow_answers_total") == 2


def test_a_label_is_told_with_its_runner_up_and_words_of_no_label_are_nothing_to_compare() -> None:
    first, second = Task.ROOT_CAUSE.labels[:2]
    told = LabelPrediction(label=first, probability=0.6, runner_up=(second, 0.3), served_by=ServedBy.MODEL)
    assert told_by(Task.ROOT_CAUSE, told) == {first: 0.6, second: 0.3}
    assert told_by(Task.ROOT_CAUSE, told.model_copy(update={"runner_up": None})) == {first: 0.6}
    assert told_by(Task.ROOT_CAUSE, told.model_copy(update={"label": "of an earlier vocabulary"})) is None
    assert told_by(Task.ROOT_CAUSE, told.model_copy(update={"probability": None})) is None


def test_a_promise_that_has_passed_is_no_prediction_to_compare() -> None:
    settled = RiskPrediction(probability=1.0, served_by=ServedBy.RULES, reason="promise_passed")
    assert told_by(Task.SLA_BREACH, settled) is None
    assert told_by(Task.SLA_BREACH, RiskPrediction(probability=0.3, served_by=ServedBy.MODEL)) == {"yes": 0.3}
