"""A past answer is made again byte for byte; what differs with another model or policy is said."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

import policies.policy as policy_module
from data.vocabulary import Task
from serving.commands import app
from serving.replay import _same_numbers
from tests.end_to_end.test_ladder import case, opened
from tests.fixtures.bundles import a_bundle, damage, damage_manifest, file_of, republish
from tests.fixtures.service import Desk, costly, open_desk


def replay(tmp_path: Path, answer: dict[str, Any], *also: str, policy: Path | None = None) -> Result:
    where = ["--folder", str(tmp_path / "var"), "--bundle", str(tmp_path / "bundle")]
    chosen = ["--policy", str(policy)] if policy else []
    return CliRunner().invoke(app, ["replay", answer["recommendation_id"], *where, *chosen, *also])


def answered(desk: Desk, number: int = 1) -> dict[str, Any]:
    answer = desk.recommend(case(number))
    desk.service.close()
    return answer


def changed_policy(folder: Path) -> Path:
    """The committed policy with another limit for what proceeds unattended."""
    shutil.copytree(policy_module.DEFAULT_FOLDER, folder)
    head = folder / "policy.yaml"
    head.write_text(head.read_text().replace("valid_minutes: 30", "valid_minutes: 45"))
    return folder


def test_gives_the_same_bytes(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    response = desk.post("/v1/recommendations", case())
    desk.service.close()
    result = replay(tmp_path, response.json(), "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.encode() == response.content + b"\n"


@pytest.mark.parametrize("due_at", ["2026-11-23T08:50:00Z", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00.001Z"])
def test_gives_the_same_bytes_about_a_promise_that_has_passed(tmp_path: Path, due_at: str) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    response = desk.post("/v1/recommendations", {**case(), "promise": {"due_at": due_at}})
    desk.service.close()
    passed = response.json()["predictions"]["sla_breach"].get("reason") == "promise_passed"
    assert passed is (due_at != "2026-11-23T12:00:00.001Z")
    result = replay(tmp_path, response.json(), "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.encode() == response.content + b"\n"


def test_gives_the_same_bytes_after_outcomes_models_and_policy_have_moved_on(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    desk = opened(tmp_path)
    first = desk.recommend(case(1))
    outcome = {"recorded_at": "2026-11-23T12:00:00Z", "sla_breached": True, "root_cause": "labor_shortage"}
    desk.post(f"/v1/recommendations/{first['recommendation_id']}/outcomes", outcome)
    second = answered(desk, 2)
    republish(tmp_path / "bundle", seed=2, at=datetime(2026, 11, 2, tzinfo=UTC))
    policy = changed_policy(tmp_path / "policy")
    for answer in (first, second):
        assert replay(tmp_path, answer, policy=policy).exit_code == 0


@pytest.mark.parametrize("current", [(), ("--current",)])
def test_gives_the_same_bytes_about_an_event_that_came_late(tmp_path: Path, current: tuple[str, ...]) -> None:
    """What had been answered before is part of what the answer was made from, so the store's state now is not asked."""
    desk = open_desk(tmp_path / "var")
    answers = [desk.post("/v1/recommendations", costly(number, exception="exc", minutes=-number)) for number in (1, 2)]
    desk.service.close()
    assert [each.json()["disposition"] for each in answers] == ["review", "hold"]
    for answer in answers:
        result = replay(tmp_path, answer.json(), "--json", *current)
        assert (result.exit_code, result.stdout.encode()) == (0, answer.content + b"\n"), result.output


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("answers", "replays"), [("numpy", "compiled"), ("compiled", "numpy")])
def test_gives_the_same_bytes_by_the_other_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str, replays: str
) -> None:
    a_bundle(tmp_path / "bundle")
    monkeypatch.setenv("FAIRLEAD_KERNEL", answers)
    desk = opened(tmp_path)
    given = [desk.post("/v1/recommendations", case(number)) for number in range(1, 6)]
    desk.service.close()
    monkeypatch.setenv("FAIRLEAD_KERNEL", replays)
    for response in given:
        result = replay(tmp_path, response.json(), "--json")
        assert (result.exit_code, result.stdout.encode()) == (0, response.content + b"\n"), result.output


@pytest.mark.parametrize(
    ("stored", "again", "same"),
    [
        (b'{"residual":-0.0,"raw":-0.01}', b'{"residual":0.0,"raw":-0.01}', True),
        (b"[-0.0,0.0,1]", b"[0.0,-0.0,1]", True),
        (b'{"raw":-0.01}', b'{"raw":0.01}', False),
        (b'{"raw":-0.0}', b'{"raw":0.000000001}', False),
    ],
)
def test_the_sign_of_a_zero_is_no_difference(stored: bytes, again: bytes, same: bool) -> None:
    assert _same_numbers(stored, again) is same


def test_says_what_differs_by_another_policy(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    answer = answered(opened(tmp_path))
    result = replay(tmp_path, answer, "--current", policy=changed_policy(tmp_path / "policy"))
    assert result.exit_code == 1
    assert '/valid_until\n  stored "2026-11-23T12:30:00Z"\n  now    "2026-11-23T12:45:00Z"' in result.stderr
    assert "/receipt/policy" in result.stderr
    assert "/predictions" not in result.stderr


def test_says_what_differs_by_another_model(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    answer = answered(opened(tmp_path))
    republish(tmp_path / "bundle", seed=2, at=datetime(2026, 11, 2, tzinfo=UTC))
    result = replay(tmp_path, answer, "--current")
    assert result.exit_code == 1
    assert "/receipt/bundle" in result.stderr
    assert "/predictions/sla_breach/probability" in result.stderr
    assert " would not answer by it" in result.stderr, "nobody agreed to it: looking at it is no harm"
    assert "/receipt/policy" not in result.stderr


def test_is_the_same_by_what_is_in_force_where_nothing_changed(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    assert replay(tmp_path, answered(opened(tmp_path)), "--current").exit_code == 0


def test_a_model_that_was_broken_then_is_not_asked_now_though_it_is_mended(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    path = file_of(tmp_path / "bundle", Task.SLA_BREACH)
    whole = path.read_bytes()
    damage(path)
    answer = answered(opened(tmp_path))
    assert answer["predictions"]["sla_breach"]["served_by"] == "rules"
    path.write_bytes(whole)
    assert replay(tmp_path, answer).exit_code == 0
    assert replay(tmp_path, answer, "--current").exit_code == 1


def test_an_answer_of_an_earlier_bundle_is_made_again_by_that_bundle(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    manifest = (tmp_path / "bundle" / "manifest.json").read_bytes()
    damage_manifest(tmp_path / "bundle")
    answer = answered(opened(tmp_path))
    assert answer["predictions"]["sla_breach"]["served_by"] == "previous_model"
    (tmp_path / "bundle" / "manifest.json").write_bytes(manifest)
    assert replay(tmp_path, answer).exit_code == 0


def test_an_answer_of_the_rules_is_made_again_without_any_bundle(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var")
    assert replay(tmp_path, answered(desk)).exit_code == 0


def test_says_which_file_is_gone(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    answer = answered(opened(tmp_path))
    damage(file_of(tmp_path / "bundle", Task.ROOT_CAUSE))
    result = replay(tmp_path, answer)
    assert result.exit_code == 2
    assert "cannot replay: the root_cause model sha256:" in result.stderr


@pytest.mark.parametrize("what", ["input", "standing", "answer", "ladder"])
def test_says_that_a_stored_document_was_altered(tmp_path: Path, what: str) -> None:
    desk = open_desk(tmp_path / "var")
    answer = desk.recommend(case())
    with desk.service.database.write() as connection:
        column = f"SELECT {what} FROM recommendations"  # noqa: S608
        connection.execute(text(f"UPDATE documents SET content = x'7b7d' WHERE digest = ({column})"))  # noqa: S608
    desk.service.close()
    result = replay(tmp_path, answer)
    assert (result.exit_code, "was altered in the database" in result.stderr) == (2, True)


def test_an_unknown_id_is_said_to_be_unknown(tmp_path: Path) -> None:
    open_desk(tmp_path / "var").service.close()
    result = replay(tmp_path, {"recommendation_id": "0193582a-6f3a-7c41-9e02-6a1be4a7d001"})
    asked = tmp_path / "var" / "fairlead.db"
    says = f"cannot replay: no recommendation has this id in {asked}; name the folder of the service that answered"
    assert (result.exit_code, result.stderr.strip()) == (2, f"{says} with --folder")
