"""A table that `features` wrote is one that the registered model takes, and answers as the bundle does."""

from __future__ import annotations

import json
import urllib.request
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from policies.promise import promised
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts
from tests.fixtures.model_server import serving
from tests.fixtures.stores import new_store
from training.case_tables import KEYS, write_table
from training.commands.features import app
from training.errors import TrainingError
from training.histories.history import open_history
from training.learning.evaluate import calibrated, studied
from training.progress import Silent
from training.tracking.tracking import CHAMPION, Tracker
from training.train import Order, train

# MLflow warns of its own validators, shap and matplotlib of one another; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

run = CliRunner()
NAME = f"models:/fairlead-sla_breach@{CHAMPION}"
EARLIER, LATER = parts()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle, and MLflow with its model."""
    folder = tmp_path_factory.mktemp("asked")
    tracker = Tracker(new_store(folder / "mlflow.db"), folder)
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    order = Order((Task.SLA_BREACH,), folder / "bundle", load_policy(), moment, threads=1, trials=0, tracker=tracker)
    with warnings.catch_warnings(), few_trees():
        warnings.simplefilter("ignore")
        train(open_history(EARLIER), order, Silent())
    return folder


def uri(home: Path) -> str:
    return f"sqlite:///{home / 'mlflow.db'}"


def written(home: Path, out: Path, history: Path = LATER, task: str = "sla_breach", *more: str) -> Result:
    asked = ["features", str(home / "bundle"), "--task", task, "--history", str(history), "--out", str(out)]
    return run.invoke(app, [*asked, *more])


def registered(home: Path) -> Any:
    import mlflow

    mlflow.set_tracking_uri(uri(home))
    return mlflow.pyfunc.load_model(NAME)


def table_of(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, float_precision="round_trip", parse_dates=["event_time"])
    return pd.read_parquet(path)


def answers(home: Path) -> list[float]:
    """What the bundle's model says of the later cases, as `evaluate` asks it."""
    model = open_bundle(home / "bundle").models[Task.SLA_BREACH].model
    history, before = open_history(LATER), open_history(EARLIER)
    met = studied(history, before, [Task.SLA_BREACH], model.attributes, load_policy(), Silent(), without_outcome=True)
    known = met.known(Task.SLA_BREACH)
    said: list[float] = calibrated(model, model.complete(known.facts, known.messages))[:, 0].tolist()
    return said


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_registered_model_takes_the_table_and_answers_as_the_bundle_does(
    home: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"features.{ending}"
    said = written(home, out, LATER, "sla_breach", "--context", str(EARLIER))
    assert said.exit_code == 0, said.stderr
    loaded, table = registered(home), table_of(out)
    names = loaded.metadata.get_input_schema().input_names()
    assert table.columns.tolist() == [*KEYS, *names]
    assert {str(each) for each in table[names].dtypes} == {"float64"}
    assert {str(each) for each in loaded.metadata.get_input_schema().input_types()} == {"DataType.double"}
    probability = loaded.predict(table[names])["probability"].tolist()
    assert probability == loaded.predict(table)["probability"].tolist(), "what names a row is passed over"
    assert probability == answers(home)
    assert len(set(probability)) > 30
    assert f"wrote {len(table):,} cases and their {len(names)} features" in said.stderr
    assert list(tmp_path.iterdir()) == [out]


def test_each_row_names_its_case_and_those_the_service_would_not_ask_of_are_counted(home: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in LATER.read_text(encoding="utf-8").splitlines()]
    for place, line in enumerate(lines):
        line.pop("outcome", None)
        if place % 4 == 0:
            line["case"]["promise"] = {"due_at": line["case"]["event"]["time"]}
    history, out = tmp_path / "open.jsonl", tmp_path / "features.parquet"
    history.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    said = written(home, out, history)
    assert said.exit_code == 0, said.stderr
    policy = load_policy()
    cases = [promised(line.case, policy) for line in open_history(history).lines()]
    asked = [
        each.event for each in cases if each.promise and each.promise.due_at and each.promise.due_at > each.event.time
    ]
    table = pd.read_parquet(out)
    assert table["event_source"].tolist() == [each.source for each in asked]
    assert table["event_id"].tolist() == [each.id for each in asked]
    assert table["event_time"].tolist() == [each.time for each in asked]
    assert table["event_time"].is_monotonic_increasing
    late = len(cases) - len(asked)
    assert late >= 75
    assert f"{late} cases of open.jsonl are left out" in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("features.json", "ends in .json: end --out in .parquet or .csv"),
        ("features", "ends in nothing: end --out in .parquet or .csv"),
        ("nowhere/features.csv", "nowhere does not exist; create it, or name another file with --out"),
        ("own.csv", "is read by this command and would be overwritten"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, out: str, says: str) -> None:
    history = tmp_path / "own.csv"
    history.write_text("kept", encoding="utf-8")
    refused = written(tmp_path / "no-bundle", tmp_path / out, history)
    assert refused.exit_code == 1
    assert says in " ".join(refused.stderr.split())
    assert history.read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [history]


def test_a_task_that_the_bundle_lacks_is_refused(home: Path, tmp_path: Path) -> None:
    refused = written(home, tmp_path / "features.csv", LATER, "stockout")
    assert refused.exit_code == 1
    assert "has no stockout: train it first" in " ".join(refused.stderr.split())


def test_a_table_that_breaks_off_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(_: pd.DataFrame, stream: Any, **__: Any) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", torn)
    out = tmp_path / "features.parquet"
    out.write_bytes(b"before")
    with pytest.raises(TrainingError, match=r"cannot be written \(No space left on device\)"):
        write_table(pd.DataFrame(), out)
    assert out.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.slow
def test_the_csv_can_be_posted_to_the_model_s_server_as_it_is(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.csv"
    assert written(home, out, LATER, "sla_breach", "--context", str(EARLIER)).exit_code == 0
    with serving(NAME, uri(home), tmp_path / "server.log") as address:
        headers = {"Content-Type": "text/csv"}
        request = urllib.request.Request(f"{address}/invocations", data=out.read_bytes(), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            told = json.loads(response.read())["predictions"]
    np.testing.assert_allclose([each["probability"] for each in told], answers(home), atol=1e-6)
