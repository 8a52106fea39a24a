"""With any or all model files missing or altered the service answers; each prediction says who served it and why."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import ServedBy, Task
from models.bundle import open_bundle, publish
from serving.console.case_page import case_page
from tests.fixtures.bundles import PUBLISHED, a_bundle, damage, damage_manifest, file_of, republish
from tests.fixtures.desk import onlooker
from tests.fixtures.service import NOON, Desk, costly, open_desk
from tests.fixtures.task_models import coded_model

FACTS: dict[str, Any] = {
    "promise": {"due_at": "2026-11-23T15:00:00Z"},
    "stock": [{"sku": "s", "node": "store-12", "on_hand": 2, "as_of": "2026-11-23T11:00:00Z"}],
    "workflow": {"queue_minutes": 30, "queue_length": 4},
}


def case(number: int = 1) -> dict[str, Any]:
    return costly(number, **FACTS)


def opened(tmp_path: Path) -> Desk:
    return open_desk(tmp_path / "var", bundle=tmp_path / "bundle")


def served(answer: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {task: (each["served_by"], each.get("reason")) for task, each in answer["predictions"].items()}


def readiness(desk: Desk) -> dict[str, tuple[str, str | None]]:
    response = desk.client.get("/health/ready")
    assert response.status_code == 200
    return {each["task"]: (each["served_by"], each.get("reason")) for each in response.json()["ladder"]}


def node_of(desk: Desk, answer: dict[str, Any]) -> tuple[str, float]:
    """The node that the answer knew, and the share of promises that broke there."""
    node = desk.service.recommendations.case_file(answer["recommendation_id"]).standing.of("node")
    assert node is not None
    return node.id, round(node.breaches / node.outcomes, 3)


def gates(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Which gates spoke on each action, and what the answer asks for it."""
    return {each["action"]: [each["disposition"], *each["roles"]] for each in answer["options"]}


def broken(folder: Path, tasks: Iterable[Task], how: str) -> None:
    for task in tasks:
        path = file_of(folder, task)
        damage(path) if how == "altered" else path.unlink()


def test_the_models_serve_when_they_are_whole(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    answer = desk.recommend(case())
    assert served(answer) == dict.fromkeys(Task, ("model", None))
    assert readiness(desk) == dict.fromkeys(Task, ("model", None))
    assert answer["receipt"]["bundle"] == desk.client.get("/health/ready").json()["bundle"]
    desk.service.close()


def test_a_promise_that_has_passed_is_no_fall_back(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    late = costly(1, **{**FACTS, "promise": {"due_at": "2026-11-23T08:50:00Z"}})
    answer = desk.recommend(late)
    assert served(answer) == {**dict.fromkeys(Task, ("model", None)), Task.SLA_BREACH: ("rules", "promise_passed")}
    assert answer["predictions"]["sla_breach"]["probability"] == 1.0
    (told,) = (step for step in answer["explanation"] if step["id"].startswith("sla_breach"))
    assert told["says"] == "the promise passed 3 h 10 min ago: the SLA is broken"
    assert answer["urgency"]["minutes_to_promise"] == -190.0
    assert {option["breach_probability"] for option in answer["options"]} == {1.0}
    assert readiness(desk) == dict.fromkeys(Task, ("model", None))
    desk.service.close()


@pytest.mark.parametrize("how", ["missing", "altered"])
@pytest.mark.parametrize("tasks", [each for n in (1, 2, 4) for each in itertools.combinations(Task, n)][::2])
def test_any_models_may_be_missing_or_altered_at_start(tmp_path: Path, tasks: tuple[Task, ...], how: str) -> None:
    a_bundle(tmp_path / "bundle")
    broken(tmp_path / "bundle", tasks, how)
    desk = opened(tmp_path)
    expected = {task: ("rules", "model_unavailable") if task in tasks else ("model", None) for task in Task}
    assert served(desk.recommend(case())) == expected
    assert readiness(desk) == expected
    assert len(desk.client.get("/health/ready").json()["altered"]) == len(tasks)
    desk.service.close()


def no_folder(bundle: Path) -> None:
    shutil.rmtree(bundle)


def empty_folder(bundle: Path) -> None:
    no_folder(bundle)
    bundle.mkdir()


def no_files(bundle: Path) -> None:
    shutil.rmtree(bundle / "files")


@pytest.mark.parametrize("ruin", [no_folder, empty_folder, no_files])
def test_without_any_model_the_rules_answer(tmp_path: Path, ruin: Any) -> None:
    ruin(a_bundle(tmp_path / "bundle"))
    desk = opened(tmp_path)
    expected = dict.fromkeys(Task, ("rules", "model_unavailable"))
    assert served(desk.recommend(case())) == expected
    assert readiness(desk) == expected
    desk.service.close()


def test_the_last_bundle_that_verified_serves_where_the_manifest_is_broken(tmp_path: Path) -> None:
    damage_manifest(a_bundle(tmp_path / "bundle"))
    desk = opened(tmp_path)
    expected = dict.fromkeys(Task, (ServedBy.PREVIOUS_MODEL, "model_unavailable"))
    assert served(desk.recommend(case())) == expected
    assert readiness(desk) == expected
    desk.service.close()


def test_where_an_earlier_bundle_serves_its_seeds_count_and_the_receipt_names_none(tmp_path: Path) -> None:
    damage_manifest(a_bundle(tmp_path / "bundle"))
    desk = opened(tmp_path)
    answer = desk.recommend(case())
    assert node_of(desk, answer) == ("store-12", 0.4)
    assert "bundle" not in answer["receipt"]
    desk.service.close()


def test_where_an_earlier_bundle_serves_its_attributes_are_kept(tmp_path: Path) -> None:
    publish(tmp_path / "bundle", {Task.SLA_BREACH: coded_model()}, created_at=PUBLISHED)
    damage_manifest(tmp_path / "bundle")
    desk = opened(tmp_path)
    assert desk.service.in_force.basis.attributes.facts == {"code": ("A", "B")}
    desk.service.close()


def test_where_an_earlier_bundle_serves_desk_and_health_say_so(tmp_path: Path) -> None:
    damage_manifest(a_bundle(tmp_path / "bundle"))
    desk = opened(tmp_path)
    answer = desk.recommend(case())
    file = desk.service.recommendations.case_file(answer["recommendation_id"])
    shown = case_page(file, onlooker(), NOON, next_url="")
    assert ("bundle", "none could be read: an earlier bundle's models answered") in shown.receipt
    assert {each.reason for each in shown.predictions} == {"No usable model was in force."}
    assert desk.client.get("/health/ready").json()["altered"] == ["manifest"]
    desk.service.close()


def test_an_altered_model_leaves_the_one_before_it_to_serve(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    republish(tmp_path / "bundle", seed=2, at=datetime(2026, 11, 2, tzinfo=UTC))
    damage(file_of(tmp_path / "bundle", Task.SLA_BREACH))
    desk = opened(tmp_path)
    told = served(desk.recommend(case()))
    assert told.pop("sla_breach") == ("previous_model", "model_unavailable")
    assert set(told.values()) == {("model", None)}
    desk.service.close()


def test_files_altered_while_it_runs_are_told_and_the_verified_ones_keep_serving(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    before = desk.recommend(case(1))
    paths = [file_of(tmp_path / "bundle", Task.SLA_BREACH), file_of(tmp_path / "bundle", Task.STOCKOUT, "calibration")]
    damage(paths[0])
    paths[1].unlink()
    after = desk.recommend(case(2))
    assert after["predictions"] == before["predictions"]
    told = desk.client.get("/health/ready").json()
    assert sorted(told["altered"]) == ["sla_breach trees", "stockout calibration"]
    assert told["ready"] is True
    desk.service.close()


RUINS = {
    "a model": lambda folder: file_of(folder, Task.SLA_BREACH),
    "the snapshot": lambda folder: folder / "files" / open_bundle(folder).named["standing"].removeprefix("sha256:"),
    "the manifest": lambda folder: folder / "manifest.json",
}


@pytest.mark.parametrize("ruin", RUINS.values(), ids=RUINS)
def test_once_a_file_is_whole_again_only_a_restart_is_missing_and_that_is_said(
    tmp_path: Path, ruin: Callable[[Path], Path]
) -> None:
    path = ruin(a_bundle(tmp_path / "bundle"))
    whole = path.read_bytes()
    damage(path)
    desk = opened(tmp_path)
    assert not restarts(desk)
    path.write_bytes(whole)
    assert restarts(desk)
    desk.service.close()
    desk = opened(tmp_path)
    assert not restarts(desk)
    desk.service.close()


def test_of_two_files_the_first_that_is_whole_again_is_worth_a_restart(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "bundle")
    whole = {path: path.read_bytes() for path in (file_of(folder, Task.SLA_BREACH), file_of(folder, Task.STOCKOUT))}
    for path in whole:
        damage(path)
    desk = opened(tmp_path)
    first = next(iter(whole))
    first.write_bytes(whole[first])
    assert restarts(desk)
    desk.service.close()


def restarts(desk: Desk) -> list[str]:
    """What a ready service says of starting it again."""
    return [each for each in desk.client.get("/health/ready").json()["warnings"] if "restart it" in each]


def a_note(manifest: Path) -> None:
    manifest.write_bytes(manifest.read_bytes() + b" ")


def an_earlier_one(manifest: Path) -> None:
    """Another bundle that was published here, put in force by hand."""
    current = manifest.read_bytes()
    others = (each.read_bytes() for each in (manifest.parent / "manifests").iterdir())
    manifest.write_bytes(next(each for each in others if each != current))


@pytest.mark.parametrize("ruin", [Path.unlink, a_note, an_earlier_one])
def test_a_manifest_altered_while_it_runs_is_told_and_what_was_verified_serves(tmp_path: Path, ruin: Any) -> None:
    a_bundle(tmp_path / "bundle")
    republish(tmp_path / "bundle", seed=2, at=datetime(2026, 11, 2, tzinfo=UTC))
    desk = opened(tmp_path)
    before = desk.recommend(case(1))
    assert desk.client.get("/health/ready").json()["altered"] == []
    ruin(tmp_path / "bundle" / "manifest.json")
    told = desk.client.get("/health/ready").json()
    assert (told["ready"], told["altered"]) == (True, ["manifest"])
    assert desk.recommend(case(2))["predictions"] == before["predictions"]
    desk.service.close()


def test_the_gates_are_the_same_with_and_without_models(tmp_path: Path) -> None:
    """What somebody must agree to because of a control does not depend on who predicted."""
    a_bundle(tmp_path / "bundle")
    with_models, without = opened(tmp_path), open_desk(tmp_path / "other")
    one, other = gates(with_models.recommend(case())), gates(without.recommend(case()))
    for action in one.keys() & other.keys():
        assert ("store_finance" in one[action]) == ("store_finance" in other[action]), action
    with_models.service.close()
    without.service.close()


def test_the_bundles_snapshot_seeds_parties_the_store_has_not_seen(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    assert node_of(desk, desk.recommend(case())) == ("store-12", 0.4)
    desk.service.close()


def test_stock_risks_step_down_alike(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    question = {"positions": FACTS["stock"]}
    desk = opened(tmp_path)
    (risk,) = desk.post("/v1/stockout-risks", question).json()["risks"]
    assert (risk["prediction"]["served_by"], risk["explanation"][0]["kind"]) == ("model", "model")
    desk.service.close()
    broken(tmp_path / "bundle", [Task.STOCKOUT], "missing")
    desk = opened(tmp_path)
    (risk,) = desk.post("/v1/stockout-risks", question).json()["risks"]
    assert (risk["prediction"]["served_by"], risk["prediction"]["reason"]) == ("rules", "model_unavailable")
    desk.service.close()
