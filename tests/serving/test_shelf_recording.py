"""Shelves asked about by themselves reach the shadow and drift, change no answer, and learn what happened next day."""

from __future__ import annotations

import math
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from data.record import instant_text
from models.performance import FEWEST
from models.predictors import ModelPredictor
from serving.stockouts import recording
from tests.fixtures.bundles import a_bundle, made_again
from tests.fixtures.service import NOON, Desk, open_desk

PATH = "/v1/stockout-risks"
MIDNIGHT = NOON.replace(hour=0)
MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)
SHELVES = 40


def a_desk(folder: Path, shadow: int | None = None) -> Desk:
    if not (folder / "bundle").exists():
        a_bundle(folder / "bundle", seed=1)
    beside = None if shadow is None else a_bundle(folder / "shadow", seed=shadow)
    return open_desk(folder / f"var-{shadow}", bundle=folder / "bundle", shadow=beside)


def question(days: int = 0, shelves: int = SHELVES, hour: int = 0, **also: Any) -> dict[str, Any]:
    """Shelves with 600 on hand and more, where the model learned of none over twelve; every third one ran empty."""
    today = MONDAY + days * DAY
    told = [{"day": str(today - ago * DAY), "sold": 2.0} for ago in range(4, 0, -1)]
    return {
        "as_of": instant_text(MIDNIGHT + days * DAY + timedelta(hours=hour)),
        "region": "emea",
        "positions": [
            {"sku": f"s-{n}", "node": "store-12", "on_hand": 600 + n, "history": with_truth(told, n) if days else told}
            for n in range(shelves)
        ],
        **also,
    }


def with_truth(told: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return [*told[:-1], {**told[-1], "ran_empty": number % 3 == 0}]


def ask(desk: Desk, **also: Any) -> dict[str, Any]:
    response = desk.post(PATH, question(**also))
    assert response.status_code == 200, response.text
    desk.service.shelves.drain()
    answer: dict[str, Any] = response.json()
    return answer


def stockout(desk: Desk, path: str = "/v1/models/drift") -> dict[str, Any]:
    (found,) = (each for each in desk.get(path).json()["tasks"] if each["task"] == "stockout")
    told: dict[str, Any] = found
    return told


def counted(desk: Desk, name: str) -> float:
    lines = desk.client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and not line.startswith("#"))


def test_the_shadow_judges_every_shelf_and_changes_no_byte(tmp_path: Path) -> None:
    with_shadow, without = a_desk(tmp_path / "one", 2), a_desk(tmp_path / "two")
    with with_shadow.client, without.client:
        for shelves in (1, 30):
            both = [desk.post(PATH, question(shelves=shelves)) for desk in (with_shadow, without)]
            assert both[0].content == both[1].content
            with_shadow.service.shelves.drain()
        told = with_shadow.get("/v1/models/shadow").json()
        assert (told["shelves"], told["answers"], told["failures"], told["dropped"]) == (31, 0, 0, 0)
        assert counted(with_shadow, "fairlead_shadow_shelves_total") == 31
        assert counted(without, "fairlead_shadow_shelves_total") == 0
        (task,) = told["tasks"]
        assert (task["task"], task["answers"], task["outcomes"]) == ("stockout", 30, 0), "the first was asked again"
        assert task["mean_difference"] > 0


def test_the_challenger_is_compared_as_it_would_answer_in_force(tmp_path: Path) -> None:
    a_bundle(tmp_path / "other", seed=2)
    desk, other = a_desk(tmp_path, 2), open_desk(tmp_path / "var-other", bundle=tmp_path / "other")
    with desk.client, other.client:
        ours, theirs = ([risk["prediction"]["probability"] for risk in ask(each)["risks"]] for each in (desk, other))
        (task,) = desk.get("/v1/models/shadow").json()["tasks"]
        apart = sum(abs(one - two) for one, two in zip(ours, theirs, strict=True)) / SHELVES
        assert task["mean_difference"] == pytest.approx(apart, abs=1e-6)
        assert task["disagreements"] == sum((one >= 0.5) != (two >= 0.5) for one, two in zip(ours, theirs, strict=True))
        assert counted(desk, "fairlead_shadow_disagreements_total") == task["disagreements"]


def test_the_champion_s_own_files_in_the_shadow_judge_shelves_as_the_champion_does(tmp_path: Path) -> None:
    beside = made_again(tmp_path / "again")
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"), shadow=beside)
    with desk.client:
        for day in range(3):  # from the second day on, what the first answers came to is heeded
            desk.clock.now = MIDNIGHT + day * DAY
            ask(desk, days=day)
        (task,) = desk.get("/v1/models/shadow").json()["tasks"]
        assert (task["mean_difference"], task["disagreements"]) == (0, 0)
        assert task["outcomes"] == 2 * SHELVES
        assert task["champion_log_loss"] == task["challenger_log_loss"]


def test_drift_knows_the_features_and_predictions_of_shelves(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    with desk.client:
        answer = ask(desk)
        said = [risk["prediction"]["probability"] for risk in answer["risks"]]
        found = stockout(desk)
        assert (found["decisions"], found["shelves"]) == (0, SHELVES)
        whole = desk.get("/v1/models/drift").json()
        assert (whole["since"], whole["until"], whole["shelves"]) == (*[instant_text(NOON)] * 2, SHELVES)
        others = [each for each in whole["tasks"] if each["task"] != "stockout"]
        assert {(each["shelves"], each["reason"]) for each in others} == {(0, "too_few_decisions")}
        moved = {each["feature"]: each for each in found["report"]["features"]}
        assert moved["stock_on_hand"]["level"] == "large"
        whole, region = found["report"]["regions"]
        assert whole["claimed"]["n"] == SHELVES
        assert whole["claimed"]["rate"] == pytest.approx(sum(said) / SHELVES)
        assert region["region"] == "emea"
        assert found["report"]["with_outcome"] == 0
        assert 'fairlead_claimed_log_loss{task="stockout"}' in desk.client.get("/metrics").text


def test_few_shelves_are_too_early_and_as_many_as_asked_for_are_compared(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    with desk.client:
        ask(desk, shelves=FEWEST - 1)
        assert stockout(desk)["reason"] == "too_few_decisions"
        ask(desk, shelves=SHELVES)
        assert stockout(desk, f"/v1/models/drift?last={FEWEST + 1}")["report"]["n"] == FEWEST + 1


def test_the_next_day_s_question_tells_what_happened(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        said = [risk["prediction"]["probability"] for risk in ask(desk)["risks"]]
        desk.clock.move(days=1)
        ask(desk, days=1)
        report = stockout(desk)["report"]
        realised = report["regions"][0]["realised"]
        ran = [number % 3 == 0 for number in range(SHELVES)]
        assert (report["n"], report["with_outcome"]) == (2 * SHELVES, SHELVES)
        assert realised["rate"] == pytest.approx(sum(ran) / SHELVES)
        losses = [-math.log(p if happened else 1 - p) for p, happened in zip(said, ran, strict=True)]
        assert realised["log_loss"] == pytest.approx(sum(losses) / SHELVES, abs=1e-6)
        (task,) = desk.get("/v1/models/shadow").json()["tasks"]
        assert (task["answers"], task["outcomes"]) == (2 * SHELVES, SHELVES)
        assert task["champion_log_loss"] == pytest.approx(sum(losses) / SHELVES, abs=1e-6)
        assert task["challenger_log_loss"] != task["champion_log_loss"]


def test_a_day_tells_only_of_what_was_asked_as_it_began_by_the_node_s_clock(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    berlin = {"node": {"id": "store-12", "zone": "Europe/Berlin"}}
    with desk.client:
        ask(desk, hour=9)
        ask(desk, **berlin)  # an hour after midnight there
        desk.clock.move(days=1)
        ask(desk, days=1, hour=9)
        assert stockout(desk)["report"]["with_outcome"] == 0
        desk.clock.move(days=1)
        ask(desk, days=2, hour=-1, **berlin)
        desk.clock.move(days=1)
        ask(desk, days=3, hour=-1, **berlin)
        assert stockout(desk)["report"]["with_outcome"] == SHELVES


def test_whether_past_days_ran_empty_moves_no_answer(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    with desk.client:
        bare, told = question(), question()
        for number, position in enumerate(told["positions"]):
            position["history"] = with_truth(position["history"], number)
        assert desk.post(PATH, bare).content == desk.post(PATH, told).content


def test_answers_of_the_rules_are_no_drift_of_a_model(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    with desk.client:
        ask(desk)
        assert stockout(desk)["reason"] == "no_model"
        assert desk.get("/v1/models/drift").json()["shelves"] == 0


def test_an_answer_stands_where_it_cannot_be_recorded_and_the_loss_is_counted(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, 2)
    with desk.client:
        first = ask(desk)
        with desk.service.database.write() as connection:
            connection.execute(text("ALTER TABLE shelf_answers RENAME TO lost"))
        assert ask(desk) == first
        with desk.service.database.write() as connection:
            connection.execute(text("ALTER TABLE lost RENAME TO shelf_answers"))
        assert counted(desk, "fairlead_shelves_lost_total") == SHELVES
        ask(desk, shelves=50)
        assert stockout(desk)["shelves"] == 50


def test_where_it_falls_behind_shelves_are_dropped_and_counted_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "WAITING", 5)
    desk = a_desk(tmp_path, 2)
    stuck, whole = threading.Event(), desk.service.shelves._answer
    monkeypatch.setattr(desk.service.shelves, "_answer", lambda asked: (stuck.wait(20), whole(asked))[1])
    with desk.client:
        assert desk.post(PATH, question()).status_code == 200
        lost = counted(desk, "fairlead_shelves_lost_total")
        assert lost >= SHELVES - 2 * 5
        stuck.set()
        desk.service.shelves.drain()
        told = desk.get("/v1/models/shadow").json()
        assert told["shelves"] + told["dropped"] == SHELVES
        assert told["dropped"] == lost


def test_a_challenger_that_fails_is_counted_and_drift_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, whole = a_desk(tmp_path, 2), ModelPredictor.predict

    def fail(self: ModelPredictor, *given: Any) -> Any:
        if threading.current_thread().name == "shelves":
            raise ZeroDivisionError
        return whole(self, *given)

    monkeypatch.setattr(ModelPredictor, "predict", fail)
    with desk.client:
        ask(desk)
        told = desk.get("/v1/models/shadow").json()
        assert (told["shelves"], told["failures"], told["tasks"]) == (0, SHELVES, [])
        assert stockout(desk)["shelves"] == SHELVES


def test_closing_works_through_what_waits(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    desk.post(PATH, question())
    desk.service.close()
    again = open_desk(tmp_path / "var-None", bundle=tmp_path / "bundle", seed=8)
    assert stockout(again)["shelves"] == SHELVES
    again.service.close()
