from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from data.case import Case
from data.vocabulary import Task
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, small_history
from training.commands.train import app

run = CliRunner()
MAPPING = "examples/mappings/incident_log.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle")
    asked = ["train", "sla_breach", "--history", str(parts()[0]), "--out", str(out), "--no-track"]
    with few_trees():
        told = run.invoke(app, [*asked, "--trials", "0", "--threads", "1"])
    assert told.exit_code == 0, told.stderr
    assert told.stdout == ""
    assert "published sha256:" in told.stderr
    assert "rules" in told.stderr
    return out


def evaluate(folder: Path, *more: str) -> list[str]:
    return ["evaluate", str(folder), "--task", "sla_breach", "--history", str(parts()[1]), *more]


def test_a_bundle_s_folder_that_cannot_be_made_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    asked = ["train", "sla_breach", "--history", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "a-file" / "b")]
    told = run.invoke(app, asked)
    assert told.exit_code == 1
    assert "a-file is a file: name another folder with --out" in " ".join(told.stderr.split())


def test_evaluate_prints_one_json_object_and_nothing_else(folder: Path) -> None:
    told = run.invoke(app, evaluate(folder, "--context", str(parts()[0]), "--json"))
    scores = json.loads(told.stdout)
    assert scores["task"] == "sla_breach"
    assert scores["n"] > 200
    for side in ("model", "rules"):
        assert {"roc_auc", "average_precision", "log_loss", "ece"} <= set(scores[side])
        assert (scores[side]["n"], scores[side]["base_rate"]) == (scores["n"], scores["base_rate"])


def test_cases_whose_promise_had_passed_are_left_out_and_counted(folder: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in parts()[1].read_text(encoding="utf-8").splitlines()]
    for line in lines[::4]:
        line["case"]["promise"] = {"due_at": line["case"]["event"]["time"]}
        line.get("outcome", {}).pop("sla_breached", None)
    late = tmp_path / "late.jsonl"
    late.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    told = [
        json.loads(run.invoke(app, evaluate(folder, "--context", str(parts()[0]), "--json")).stdout),
        json.loads(
            run.invoke(app, ["evaluate", str(folder), "--task", "sla_breach", "--history", str(late), "--json"]).stdout
        ),
    ]
    assert told[1]["promise_passed"] >= len(lines) // 5
    assert told[1]["n"] < told[0]["n"]
    of_some = {"promise_passed", "too_young_but_scored"}
    assert set(told[1]) - of_some == set(told[0]) - of_some
    shown = run.invoke(app, ["evaluate", str(folder), "--task", "sla_breach", "--history", str(late)])
    assert f"left out, because the promise had passed: sla_breach: {told[1]['promise_passed']:,}" in shown.stderr


def test_evaluate_for_people_speaks_on_the_error_stream(folder: Path) -> None:
    told = run.invoke(app, evaluate(folder))
    assert told.stdout == ""
    assert "sla_breach" in told.stderr


def test_a_log_keeps_each_step_as_a_line_and_the_other_stream_keeps_the_scores_alone(folder: Path) -> None:
    told = run.invoke(app, evaluate(folder, "--json"))
    assert f"reading {parts()[1].name}" in told.stderr.splitlines()
    assert not {"\r", "\x1b"} & {*told.stderr}
    assert json.loads(told.stdout)["n"] > 0


def test_a_history_the_model_knows_is_said(folder: Path) -> None:
    told = run.invoke(app, ["evaluate", str(folder), "--task", "sla_breach", "--history", str(parts()[0]), "--json"])
    assert "do not tell how it does on later days" in " ".join(told.stderr.split())
    not_later = json.loads(told.stdout)["not_later"]
    assert not_later["share"] == 1.0
    assert f"note: {not_later['says']}" in " ".join(told.stderr.split())
    assert json.loads(told.stdout)["n"]


def test_one_file_as_history_and_context_is_said(folder: Path) -> None:
    for context, said in ((parts()[1], True), (parts()[0], False)):
        told = run.invoke(app, evaluate(folder, "--context", str(context)))
        assert ("--history and --context are the same file" in " ".join(told.stderr.split())) == said


def test_a_rehearsal_that_speaks_against_its_model_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = {"model": 0.61, "rules": 0.7, "base": 0.6}
    metrics: dict[str, Any] = {
        "n": 1_240,
        "base_rate": 0.3,
        **{side: {"log_loss": loss} for side, loss in sides.items()},
    }
    trained = SimpleNamespace(metrics={Task.SLA_BREACH: metrics}, timeless=False, digest="sha256:0", versions={})
    monkeypatch.setattr("training.train.train", lambda *_: trained)
    asked = ["train", "sla_breach", "--history", str(small_history()), "--out", str(tmp_path), "--no-track"]
    said = " ".join(run.invoke(app, asked).stderr.split())
    assert "sla_breach, rehearsed on 1,240 cases: It does no better than the base rate. Do not put it in force." in said
    metrics["model"]["log_loss"] = 0.5
    assert "rehearsed on" not in run.invoke(app, asked).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cases", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["cases", MAPPING], "a native history is .jsonl"),
        (["evaluate", "nowhere", "--task", "stockout", "--history", MAPPING], "or name a folder that holds a bundle"),
        (["train", "stockout", "--history", "nowhere.jsonl", "--out", "out", "--no-track"], "name a file that exists"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(arguments: list[str], says: str) -> None:
    told = run.invoke(app, arguments)
    assert told.exit_code == 1
    assert told.stdout == ""
    assert says in " ".join(told.stderr.split())


def test_what_stands_in_brackets_is_said_and_not_taken_for_a_colour(tmp_path: Path) -> None:
    table, mapping = tmp_path / "t.csv", tmp_path / "m.yaml"
    table.write_text("id,[at]\n1,2026-01-01\n")
    facts = "{event.source: {constant: s}, event.id: id, event.time: at, exception_id: id}"
    mapping.write_text(f"schema: fairlead/mapping/1\nfacts: {facts}\n")
    told = run.invoke(app, ["cases", str(table), "--mapping", str(mapping)])
    assert "did you mean '[at]'? The file has [at], id" in " ".join(told.stderr.split())


def test_a_task_the_bundle_lacks_is_named(folder: Path) -> None:
    told = run.invoke(app, ["evaluate", str(folder), "--task", "stockout", "--history", str(parts()[1])])
    assert told.exit_code == 1
    assert "has no stockout: train it first" in " ".join(told.stderr.split())


def test_cases_are_postable_one_a_line() -> None:
    told = run.invoke(app, ["cases", str(small_history()), "--limit", "3"])
    lines = told.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert Case.model_validate_json(line).event.id
        assert "outcome" not in json.loads(line)


def test_what_training_needs_and_this_install_lacks_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm")

    monkeypatch.setattr("training.commands.train.opened", missing)
    result = run.invoke(app, evaluate(folder))
    assert result.exit_code == 1
    assert "lightgbm is not installed" in " ".join(result.stderr.split())


def real(name: str) -> str:
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    return str(Path(folder) / name)


@pytest.mark.slow
def test_real_incidents_are_learned_and_beat_the_base_rate(tmp_path: Path) -> None:
    import pandas as pd

    log = pd.read_parquet(real("uci_incident_event_log.parquet"))
    start, cut = pd.Timestamp("2016-03-29"), pd.Timestamp("2016-04-19")
    early, late = tmp_path / "early.parquet", tmp_path / "late.parquet"
    log[(log["opened_at"] >= start) & (log["opened_at"] < cut)].to_parquet(early)
    log[log["opened_at"] >= cut].to_parquet(late)
    task, mapped = Task.SLA_BREACH.value, ["--mapping", MAPPING]
    out = str(tmp_path / "bundle")
    order = [
        "train",
        task,
        "--history",
        str(early),
        "--out",
        out,
        "--no-track",
        "--trials",
        "2",
        "--threads",
        "1",
        *mapped,
    ]
    told = run.invoke(app, order)
    assert told.exit_code == 0, told.stderr
    asked = ["evaluate", out, "--task", task, "--history", str(late), "--context", str(early), "--json", *mapped]
    scores = json.loads(run.invoke(app, asked).stdout)
    assert scores["model"]["average_precision"] > 0.65
    assert scores["model"]["log_loss"] < 0.4 < scores["rules"]["log_loss"]
