from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.vocabulary import Task
from models.bundle import open_bundle, publish
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, small_history
from tests.fixtures.stores import new_store
from tests.fixtures.task_models import task_model, without_sets
from training.commands.drift import app
from training.commands.train import app as training

run = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drift") / "bundle"
    asked = ["train", "sla_breach", "--history", str(parts()[0]), "--out", str(out), "--no-track", "--trials", "0"]
    with few_trees():
        told = run.invoke(training, [*asked, "--threads", "1"])
    assert told.exit_code == 0, told.stderr
    return out


def asked(command: str, folder: Path, history: Path, *more: str) -> list[str]:
    untracked = ["--no-track"] if command == "recalibrate" else []
    return [command, str(folder), "--task", "sla_breach", "--history", str(history), *untracked, *more]


def test_drift_prints_one_json_object_and_nothing_else(folder: Path) -> None:
    told = run.invoke(app, asked("drift", folder, parts()[1], "--context", str(parts()[0]), "--json"))
    report = json.loads(told.stdout)
    assert report["task"] == "sla_breach"
    assert report["n"] >= report["with_outcome"] > 200
    assert {each["feature"] for each in report["features"]} >= {"prediction", "queue_minutes"}
    assert report["regions"][0]["region"] is None
    assert {"us", "eu", "uk"} & {each["region"] for each in report["regions"]}
    assert float(report["stake"]) > 10
    assert "usual_breach_rate" in {each["feature"] for each in report["features"]}
    assert "left out" not in report["says"]


def test_cases_that_taught_the_model_are_told_on_the_page_and_in_json(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "drift.html"
    told = run.invoke(app, asked("drift", folder, parts()[0], "--json", "--html", str(page)))
    found = json.loads(told.stdout)["not_later"]
    assert found["share"] == 1.0
    assert found["until"].endswith("Z")
    assert "the scores do not tell how it does on later days. All parties start unknown" in found["says"]
    assert f"note: {found['says']}" in flat(told.stderr), "as the terminal says it"
    assert f"<p class='note' role='note'>{found['says']}.</p>" in page.read_text(encoding="utf-8")
    later = run.invoke(app, asked("drift", folder, parts()[1], "--context", str(parts()[0]), "--json"))
    assert "not_later" not in json.loads(later.stdout)


def test_cases_without_an_outcome_are_compared_too(folder: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in parts()[1].read_text(encoding="utf-8").splitlines()]
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"case": line["case"]}) + "\n" for line in lines), encoding="utf-8")
    report = json.loads(run.invoke(app, asked("drift", folder, bare, "--json")).stdout)
    assert report["n"] > 200
    assert report["with_outcome"] == 0
    assert "realised" not in {name for name, value in report["regions"][0].items() if value is not None}
    compared = {each["feature"] for each in report["features"]}
    assert not {"usual_breach_rate", "usual_hours", "carrier_outcomes", "carrier_pace", "customer_granted"} & compared
    assert {"queue_minutes", "carrier_arrivals", "prediction"} <= compared, "what is fed by arrivals is compared"
    assert re.search(r"of \d+ features have moved; \d+ more that outcomes feed are left out, as hardly", report["says"])


@pytest.mark.parametrize("command", ["drift", "recalibrate"])
def test_outcomes_that_say_nothing_are_counted(folder: Path, tmp_path: Path, command: str) -> None:
    lines = [json.loads(line) for line in parts()[1].read_text(encoding="utf-8").splitlines()]
    for line in [each for each in lines if each.get("outcome") and each["case"].get("promise")][:7]:
        line["case"]["promise"]["due_at"] = "2099-01-01T00:00:00Z"
    later, out = (
        tmp_path / "later.jsonl",
        ["--out", str(tmp_path / "again")] if command == "recalibrate" else ["--json"],
    )
    later.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    told = run.invoke(app, asked(command, folder, later, "--context", str(parts()[0]), *out))
    (counted,) = re.findall(
        r"promise was not due when the history ended: kept ones are known sooner: sla_breach: (\d+)", flat(told.stderr)
    )
    assert int(counted) >= 7
    if command == "drift":
        assert json.loads(told.stdout)["left_out"]["promise_open"] == int(counted)


def flat(words: str) -> str:
    return " ".join(words.split())


def test_drift_writes_one_page_and_escapes_what_it_shows(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "drift.html"
    told = run.invoke(app, asked("drift", folder, parts()[1], "--html", str(page)))
    assert told.stdout == ""
    said = " ".join(told.stderr.split())
    assert "of them with an outcome" in said
    assert "features have moved" in said
    assert "queue_minutes" not in said, "the tables are in the page"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "queue minutes" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("command", "option", "place", "says"),
    [
        ("drift", "--html", "nowhere/page.html", "nowhere does not exist; create it, or name another file with --html"),
        ("drift", "--html", ".", "is a folder and cannot be written as a file: name one in it with --html"),
        ("recalibrate", "--out", "a-file/bundle", "a-file is a file: name another folder with --out"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(
    tmp_path: Path, command: str, option: str, place: str, says: str
) -> None:
    (tmp_path / "a-file").write_text("kept", encoding="utf-8")
    told = run.invoke(app, asked(command, tmp_path / "none", tmp_path / "none.jsonl", option, str(tmp_path / place)))
    assert told.exit_code == 1
    assert says in " ".join(told.stderr.split())
    assert [each.name for each in tmp_path.iterdir()] == ["a-file"]


def test_drift_for_people_speaks_on_the_error_stream(folder: Path) -> None:
    told = run.invoke(app, asked("drift", folder, parts()[1]))
    assert told.stdout == ""
    assert "realised" in told.stderr
    assert "features have moved" in " ".join(told.stderr.split())


def test_a_bundle_without_a_profile_is_named(tmp_path: Path) -> None:
    from tests.fixtures.bundles import PUBLISHED

    model = without_sets(task_model(Task.SLA_BREACH))
    lineage = {"fitted_on": {"from": 0.0}, "tested_on": {"to": 1.0}}
    old = type(model)(**{**vars(model), "lineage": lineage})
    publish(tmp_path / "bundle", {Task.SLA_BREACH: old}, created_at=PUBLISHED)
    told = run.invoke(app, asked("drift", tmp_path / "bundle", parts()[1]))
    assert told.exit_code == 1
    assert "train it again" in " ".join(told.stderr.split())


def test_few_labels_are_refused_and_nothing_is_published(folder: Path) -> None:
    before = open_bundle(folder).digest
    told = run.invoke(app, asked("recalibrate", folder, parts()[1], "--context", str(parts()[0])))
    assert told.exit_code == 1
    assert "a new calibrator needs 400" in " ".join(told.stderr.split())
    assert open_bundle(folder).digest == before


def test_a_task_the_bundle_lacks_is_named(folder: Path) -> None:
    for command in ("drift", "recalibrate"):
        told = run.invoke(app, [*asked(command, folder, small_history()), "--task", "stockout"])
        assert told.exit_code == 1
        assert "has no stockout" in " ".join(told.stderr.split())


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def _ten_weeks_on(moment: re.Match[str]) -> str:
    """No case keeps the moment of one that taught the bundle."""
    return (datetime.fromisoformat(moment[0]) + timedelta(weeks=10)).isoformat().replace("+00:00", "Z")


def test_days_that_taught_the_model_do_not_recalibrate_it(folder: Path, tmp_path: Path) -> None:
    told = run.invoke(app, asked("recalibrate", folder, parts()[0], "--out", str(tmp_path / "again")))
    assert told.exit_code == 1
    assert re.search(
        r"sla_breach: 0 of [\d,]+ cases of earlier.jsonl are later .* give labels of later days", flat(told.stderr)
    )
    assert not (tmp_path / "again").exists()


@pytest.fixture
def kept_promises(tmp_path: Path) -> Path:
    """Such days once more, later, with most of the broken promises kept: the old calibrator says too much."""
    days = _MOMENT.sub(_ten_weeks_on, small_history().read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in days.splitlines()]
    for number, line in enumerate(lines):
        if line.get("outcome") and number % 4:
            line["outcome"]["sla_breached"] = False
    path = tmp_path / "kept.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.filterwarnings("ignore")  # MLflow warns of its own validators.
def test_a_recalibration_is_found_in_mlflow_with_its_parent_its_window_and_what_it_mended(
    folder: Path, kept_promises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.tracking import MlflowClient

    monkeypatch.chdir(tmp_path)
    uri, out = new_store(tmp_path / "mlflow.db"), tmp_path / "again"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    told = run.invoke(app, [*asked("recalibrate", folder, kept_promises, "--out", str(out)), "--track"])
    assert told.exit_code == 0, told.stderr
    client, again = MlflowClient(uri), open_bundle(out)
    version = client.get_model_version_by_alias("fairlead-sla_breach", "champion")
    assert version.tags == {"bundle": again.digest, "model": again.models[Task.SLA_BREACH].version}
    assert client.get_run(version.run_id).info.status == "FINISHED"
    found = client.get_run(version.run_id).data
    assert found.params["recalibrated_on.bundle"] == found.tags["parent"] == open_bundle(folder).digest
    assert found.params["recalibrated_on.history"] == "kept.jsonl"
    begins, ends = (datetime.fromisoformat(found.params[f"recalibrated_on.{end}"]) for end in ("from", "to"))
    assert begins < ends
    assert datetime.fromisoformat(found.params["recalibrated_on.measured_on.to"]) == ends
    assert found.metrics["after.log_loss"] < found.metrics["before.log_loss"]
    assert found.metrics["after.average_precision"] == pytest.approx(found.metrics["before.average_precision"])


def test_a_tracker_that_does_not_answer_is_told_and_nothing_is_published(
    folder: Path, kept_promises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    out = tmp_path / "again"
    told = run.invoke(app, [*asked("recalibrate", folder, kept_promises, "--out", str(out)), "--track"])
    assert told.exit_code == 1
    assert "MLflow does not answer at http://127.0.0.1:9" in " ".join(told.stderr.split())
    assert "--no-track" in told.stderr
    assert not out.exists()
