"""Shelves are asked about as cases are: the same features, the same ladder, and a refill where there is need."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.openapi import EXAMPLES
from serving.stockouts.attributes import attributes_of
from serving.stockouts.days import NOT_ENDED, TWICE
from serving.stockouts.recording import AskedShelf
from serving.stockouts.schemas import StockoutQuestion
from tests.fixtures.service import NOON, Desk, open_desk

PATH = "/v1/stockout-risks"
SHELF: dict[str, Any] = {"sku": "s-1", "node": "store-12", "as_of": "2026-11-23T11:30:00Z", "case_pack": 6}


def history(days: int, sold: float) -> list[dict[str, Any]]:
    return [{"day": f"2026-{9 + (day // 30):02d}-{day % 30 + 1:02d}", "sold": sold} for day in range(days)]


def test_a_shelf_that_sells_out_is_likelier_to_run_empty_and_is_refilled_in_whole_packs(desk: Desk) -> None:
    full = {**SHELF, "on_hand": 400, "history": history(30, 2)}
    short = {**SHELF, "sku": "s-2", "on_hand": 1, "history": history(30, 9)}
    answer = desk.post(PATH, {"positions": [full, short]}).json()
    calm, pressed = answer["risks"]
    assert calm["prediction"]["probability"] < pressed["prediction"]["probability"]
    assert "replenishment" not in calm
    refill = pressed["replenishment"]
    assert (refill["action"], refill["parameters"]["quantity"] % 6) == ("replenish", 0)
    assert pressed["explanation"][0]["says"]
    assert [each["sku"] for each in answer["risks"]] == ["s-1", "s-2"]


def test_shelves_are_predicted_on_under_the_promise_in_force_as_cases_are(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(Path("policies/default"), folder)
    rows = yaml.safe_load((folder / "promise.yaml").read_text())
    always = {"id": "store", "when": {"channel": "in_store"}, "then": {"promise_minutes": 60, "calendar": "always"}}
    rows["rows"].append({**always, "says": "within {promise_minutes}"})
    (folder / "promise.yaml").write_text(yaml.safe_dump(rows))
    asked: list[AskedShelf] = []
    desk = open_desk(tmp_path / "var", policy=folder)
    service = desk.service.stockouts
    service._on_answered = asked.extend
    with desk.client:
        desk.post(PATH, {"positions": [SHELF], "channel": "in_store", "as_of": "2026-11-23T11:30:00Z"})
    (promise,) = (each.case.promise for each in asked)
    assert promise is not None
    assert promise.due_at == NOON + timedelta(minutes=30)


def test_sixty_days_of_history_are_read_and_sixty_one_are_not(desk: Desk) -> None:
    assert desk.post(PATH, {"positions": [{**SHELF, "history": history(60, 1)}]}).status_code == 200
    refused = desk.post(PATH, {"positions": [{**SHELF, "history": history(61, 1)}]})
    assert refused.json()["errors"][0]["pointer"] == "/positions/0/history"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"positions": []}, "/positions"),
        ({}, "/positions"),
        ({"positions": [SHELF] * 51}, "/positions"),
        ({"positions": [SHELF], "as_of": "2026-11-23T13:00:00Z"}, "/as_of"),
        ({"positions": [{"sku": "s"}]}, "/positions/0/node"),
    ],
)
def test_refuses_what_cannot_be_asked(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    response = desk.post(PATH, body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_position_that_is_wrong_is_told_alone_and_no_list_called_too_short(desk: Desk) -> None:
    for wrong, pointers in (
        ([{"sku": "s"}], ["/positions/0/node"]),
        ([{"sku": "s"}, {**SHELF, "on_hand": -1}], ["/positions/0/node", "/positions/1/on_hand"]),
        ([], ["/positions"]),
    ):
        errors = desk.post(PATH, {"positions": wrong}).json()["errors"]
        assert [each["pointer"] for each in errors] == pointers


def test_a_bare_shelf_gets_a_degraded_answer(desk: Desk) -> None:
    (risk,) = desk.post(PATH, {"positions": [{"sku": "s", "node": "n"}], "attributes": {"x": 1}}).json()["risks"]
    assert risk["prediction"]["served_by"] in ("rules", "none")


def test_asking_is_no_decision(desk: Desk) -> None:
    before = desk.client.get("/health/ready").json()["audit_leaves"]
    desk.post(PATH, {"positions": [SHELF]})
    assert desk.service.recommendations.queue().total == 0
    assert desk.client.get("/health/ready").json()["audit_leaves"] == before
    assert desk.leaves == 0


def days(*told: str) -> list[dict[str, Any]]:
    return [{"day": day, "sold": 1} for day in told]


def refused(desk: Desk, *told: str, **also: Any) -> dict[str, str]:
    other = {**SHELF, "history": days("2026-11-21", "2026-11-22")}
    response = desk.post(PATH, {"positions": [other, {**SHELF, "history": days(*told)}], **also})
    if response.status_code == 200:
        return {}
    assert response.status_code == 422
    assert not any(day in response.text for day in told)
    return {each["pointer"]: each["expected"] for each in response.json()["errors"]}


def test_a_day_told_twice_is_refused_where_it_comes_again(desk: Desk) -> None:
    faults = refused(desk, "2026-11-20", "2026-11-21", "2026-11-20")
    assert faults == {"/positions/1/history/2/day": TWICE}


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-24", "2027-01-01"])
def test_a_day_that_had_not_ended_is_refused(desk: Desk, day: str) -> None:
    assert refused(desk, "2026-11-22", day) == {"/positions/1/history/1/day": NOT_ENDED}
    assert refused(desk, "2026-11-22") == {}


def test_the_day_is_that_of_the_node_and_of_the_moment_asked_about(desk: Desk) -> None:
    sydney = {"node": {"id": "store-12", "zone": "Australia/Sydney"}}
    assert refused(desk, "2026-11-23", as_of="2026-11-23T11:00:00Z", **sydney)
    assert refused(desk, "2026-11-22", as_of="2026-11-22T12:59:00Z", **sydney)
    assert not refused(desk, "2026-11-22", as_of="2026-11-22T13:00:00Z", **sydney)


def test_the_example_s_days_have_ended() -> None:
    question = StockoutQuestion.model_validate_json((EXAMPLES / "stockouts.json").read_bytes())
    told = [day.day for position in question.positions for day in position.history]
    assert question.as_of is not None
    assert told
    assert max(told) < question.as_of.date()


def test_the_question_of_the_guide_tells_what_its_mapping_declares() -> None:
    guide = Path("docs/guides/your-own-history.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"v1/stockout-risks [^\n]* -d '(\{.*?\})'", guide, re.DOTALL)
    question = StockoutQuestion.model_validate_json(told)
    mapping = yaml.safe_load(Path("examples/mappings/backorders.yaml").read_text(encoding="utf-8"))
    assert attributes_of(question, question.positions[0]).keys() == mapping["attributes"].keys()
    assert attributes_of(question, question.positions[1])["ppap_risk"] is True
    for position in json.loads(told)["positions"]:
        facts = {f"stock.0.{name}" for name in position if name != "attributes"}
        assert facts == {name for name in mapping["facts"] if name.startswith("stock.")}


def test_the_question_of_the_guide_is_answered(desk: Desk) -> None:
    guide = Path("docs/guides/your-own-history.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"v1/stockout-risks [^\n]* -d '(\{.*?\})'", guide, re.DOTALL)
    question = StockoutQuestion.model_validate_json(told)
    sent = {name for position in question.positions for name in attributes_of(question, position)}
    answer = desk.post(PATH, json.loads(told)).json()
    assert set(answer["unused_attributes"]) == sent, "the desk's model knows none"
