"""Learning from use: a service answers, people decide, outcomes come in; a challenger learns from that, unpromoted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.record import canonical
from data.vocabulary import Task
from models.bundle import open_bundle
from models.files import MANIFEST
from policies.policy import load_policy
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, short_history
from tests.fixtures.service import open_desk
from training.histories.history import open_history
from training.progress import Silent
from training.train import Order, train

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service's folder: a bundle of the earlier cases, and 120 later cases that it answered, most with outcomes."""
    folder = tmp_path_factory.mktemp("use") / "var"
    at = datetime(2026, 11, 1, tzinfo=UTC)
    order = Order((Task.SLA_BREACH,), folder / "bundle", load_policy(), at, threads=1)
    with few_trees():
        train(open_history(short_history()), order, Silent())
    desk = open_desk(folder, bundle=folder / "bundle")
    for number, line in enumerate(open_history(parts()[1]).lines()):
        if number == 120:
            break
        answer = json.loads(desk.post("/v1/recommendations", canonical(line.case)).content)
        if line.outcome is not None and number % 6 and line.outcome.recorded_at < desk.clock():
            path = f"/v1/recommendations/{answer['recommendation_id']}/outcomes"
            assert desk.post(path, canonical(line.outcome)).status_code == 200
    desk.service.close()
    return folder


def retrain(var: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "fairlead.py", "retrain", "--folder", str(var), "--no-track", "--trials", "0", *more]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


def test_a_challenger_learns_from_earlier_cases_and_from_use_and_what_is_served_stays(var: Path) -> None:
    served = (var / "bundle" / MANIFEST).read_bytes()
    done = retrain(var, "--history", str(short_history()))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "It is not in force" in done.stderr
    (challenger,) = (var / "challengers").iterdir()
    model = open_bundle(challenger / "bundle").models[Task.SLA_BREACH].model
    before = open_bundle(var / "bundle").models[Task.SLA_BREACH].model
    assert before.lineage["fitted_on"]["n"] < model.lineage["fitted_on"]["n"]
    assert model.lineage["selection_weighted"]
    assert "history.jsonl.gz" in model.lineage["history"]
    assert (var / "bundle" / MANIFEST).read_bytes() == served


def test_an_exported_history_is_checked_by_its_facts_alone(var: Path, tmp_path: Path) -> None:
    use = tmp_path / "use.jsonl"
    for words in (["export", "--folder", str(var), "--out", str(use)], ["check", "--history", str(use), "--json"]):
        done = subprocess.run(
            [sys.executable, "fairlead.py", "history", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    columns = {each["name"] for each in json.loads(done.stdout)["columns"]}
    assert "case.event.time" in columns
    assert not [name for name in columns if name.split(".")[0] not in ("case", "outcome")]


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ([], 1, "training needs at least 200"),
        (["--task", "weather"], 1, "a task is one of exception_type, root_cause, sla_breach, stockout"),
    ],
)
def test_what_cannot_be_learned_is_one_message(
    var: Path, tmp_path: Path, more: list[str], code: int, says: str
) -> None:
    done = retrain(var, "--out", str(tmp_path / "challenger"), *more)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "challenger" / "bundle").exists()


def test_the_served_bundle_is_no_place_for_a_challenger(var: Path) -> None:
    done = retrain(var, "--out", str(var / "bundle"))
    assert done.returncode == 2
    assert "is the bundle that is served" in done.stderr


def test_a_folder_without_a_database_is_said(tmp_path: Path) -> None:
    done = retrain(tmp_path / "none", "--track")
    assert done.returncode == 2
    assert "there is no database at" in done.stderr
    assert not (tmp_path / "none").exists()
