from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from data.vocabulary import Task
from models.bundle import open_bundle
from models.task_model import TaskModel
from policies.policy import load_policy
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, short_history
from tests.fixtures.model_server import serving
from training.errors import TrackingError
from training.histories.history import open_history
from training.learning.evaluate import calibrated
from training.progress import Silent
from training.tracking.tracking import (
    CHALLENGER,
    CHAMPION,
    EXPERIMENT,
    Given,
    Recorded,
    Tracker,
    _artifacts,
    tracking_uri,
)
from training.train import Order, Training, train

# MLflow warns of its own validators, shap and matplotlib of one another; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

PNG = b"\x89PNG"
TRIALS = 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tracked")


@pytest.fixture(scope="module")
def tracker(home: Path) -> Tracker:
    return Tracker(f"sqlite:///{home / 'mlflow.db'}", home)


@pytest.fixture(scope="module")
def trained(home: Path, tracker: Tracker) -> Training:
    order = Order((Task.SLA_BREACH,), home / "bundle", load_policy(), datetime(2026, 11, 23, tzinfo=UTC), threads=1)
    order = replace(order, trials=TRIALS)
    with warnings.catch_warnings(), few_trees():
        warnings.simplefilter("ignore")
        return train(open_history(parts()[0]), replace(order, tracker=tracker), Silent())


@pytest.fixture(scope="module")
def client(tracker: Tracker) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracker.uri)


def the_run(client: Any) -> Any:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])[0]


def test_a_run_tells_what_went_in_and_what_came_out(client: Any, trained: Training) -> None:
    run = the_run(client)
    told = trained.metrics[Task.SLA_BREACH]
    for side in ("model", "rules", "base"):
        assert run.data.metrics[f"{side}.log_loss"] == pytest.approx(told[side]["log_loss"])
    assert run.data.metrics["base_rate"] == pytest.approx(told["base_rate"])
    assert run.data.params["data"] == open_history(parts()[0]).digest
    assert run.data.params["policy"] == load_policy().digest
    assert run.data.tags["bundle"] == trained.digest
    assert (run.info.status, "why" in run.data.tags) == ("FINISHED", False)


def test_windows_are_told_as_instants(client: Any, home: Path, trained: Training, tmp_path: Path) -> None:
    run = the_run(client)
    lineage = open_bundle(home / "bundle").models[Task.SLA_BREACH].model.lineage
    folder = Path(client.download_artifacts(run.info.run_id, "", str(tmp_path)))
    sources = json.loads((folder / "data.json").read_text())
    for window in ("rehearsed_on", "calibrated_on", "tested_on", "fitted_on"):
        for end in ("from", "to"):
            told = run.data.params[f"{window}.{end}"]
            assert told.endswith("Z")
            assert datetime.fromisoformat(told).timestamp() == lineage[window][end]
            assert window not in sources or sources[window][end] == told


def test_every_recipe_that_was_tried_is_a_run_below_its_training(client: Any, trained: Training) -> None:
    parent = the_run(client).info
    below = client.search_runs(
        [parent.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.run_id}'", order_by=["attributes.start_time ASC"]
    )
    assert [run.info.run_name for run in below] == [f"recipe {number}" for number in range(TRIALS)]
    assert {run.info.status for run in below} == {"FINISHED"}
    for run in below:
        told = [each.value for each in client.get_metric_history(run.info.run_id, "block_loss")]
        assert run.data.metrics["loss"] == pytest.approx(np.mean(told))
        assert 0.0 < run.data.metrics["loss"] < 1.0
        assert run.data.tags["pruned"] == "false"
    ways = [run.data.params for run in below]
    assert all({"rounds", "leaves", "shrinkage", "memory.half_life_days"} <= way.keys() for way in ways)
    assert ways[0] != ways[1]
    assert (ways[1]["random_cuts"], ways[1]["features_per_tree"]) == ("True", "0.8"), "the second that is ever tried"


def test_the_pictures_and_the_bundles_files_lie_with_the_run(client: Any, trained: Training, tmp_path: Path) -> None:
    folder = Path(client.download_artifacts(the_run(client).info.run_id, "", str(tmp_path)))
    for picture in ("reliability", "shap_summary", "shap_dependence", "precision_recall", "cost", "drift"):
        assert (folder / f"{picture}.png").read_bytes().startswith(PNG)
    assert json.loads((folder / "calibration.json").read_text())["kind"] == "binary"
    assert "Will the promise break?" in (folder / "model_card.html").read_text(encoding="utf-8")


def test_slices_and_the_digests_of_the_data_lie_with_the_run(client: Any, trained: Training, tmp_path: Path) -> None:
    run = the_run(client)
    folder = Path(client.download_artifacts(run.info.run_id, "", str(tmp_path)))
    assert json.loads((folder / "data.json").read_text())["data"] == open_history(parts()[0]).digest
    told = json.loads((folder / "slices.json").read_text())
    assert told
    for each in told:
        assert run.data.metrics[f"slice.{each['feature']}.{each['level']}.n"] == each["n"] >= 30


def test_the_mapping_file_lies_with_the_run_as_it_was_written(tmp_path: Path) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text("# with its comments\n", encoding="utf-8")

    class Noting(Tracker):
        def __init__(self) -> None:
            self.uri = ""

        def record(self, learned: Any, given: Given) -> Any:
            _artifacts(learned, given, tmp_path)
            raise TrackingError("enough")

    order = Order((Task.SLA_BREACH,), tmp_path / "bundle", load_policy(), datetime(2026, 11, 23, tzinfo=UTC), threads=1)
    with few_trees(), pytest.raises(TrackingError, match="enough"):
        train(open_history(short_history()), replace(order, tracker=Noting(), mapping_file=mapping), Silent())
    assert (tmp_path / "mapping.yaml").read_bytes() == mapping.read_bytes()


def test_the_champion_answers_as_the_bundle_does(home: Path, client: Any, trained: Training) -> None:
    import mlflow

    version = client.get_model_version_by_alias("fairlead-sla_breach", CHAMPION)
    assert trained.versions[Task.SLA_BREACH] == (int(version.version), CHAMPION) == (1, CHAMPION)
    assert version.tags["bundle"] == trained.digest
    mlflow.set_tracking_uri(client.tracking_uri)
    loaded = mlflow.pyfunc.load_model(f"models:/fairlead-sla_breach@{CHAMPION}")
    model = open_bundle(home / "bundle").models[Task.SLA_BREACH].model
    assert tuple(loaded.metadata.signature.inputs.input_names()) == model.features().names
    rows = loaded.input_example.to_numpy(np.float64)
    answered = loaded.predict(loaded.input_example)
    assert answered["probability"].tolist() == calibrated(model, rows)[:, 0].tolist()
    contributions = answered.filter(like="contribution.").sum(axis=1)
    np.testing.assert_allclose(answered["base"] + contributions, model.score.raw_batch(rows)[:, 0], atol=1e-9)


def test_a_table_with_the_signatures_columns_gets_the_signatures_columns(
    home: Path, client: Any, trained: Training
) -> None:
    """What Spark relies on: it names the columns by the signature, and reads the answer's by the signature."""
    import mlflow

    mlflow.set_tracking_uri(client.tracking_uri)
    loaded = mlflow.pyfunc.load_model(f"models:/fairlead-sla_breach@{CHAMPION}")
    model, rows = golden_rows(home)
    names = loaded.metadata.get_input_schema().input_names()
    answered = loaded.predict(pd.DataFrame(rows, columns=names)[names[::-1]])
    told = loaded.metadata.get_output_schema()
    assert told.input_names() == answered.columns.tolist()
    assert told.input_names() == ["probability", "base", *(f"contribution.{name}" for name in names)]
    assert {str(each) for each in told.input_types()} == {"DataType.double"}
    explains(answered.to_dict("records"), model, rows)


def golden_rows(home: Path) -> tuple[TaskModel, NDArray[np.float64]]:
    """The model in the bundle, and the cases that it ships with as rows of features; some are unknown."""
    model = open_bundle(home / "bundle").models[Task.SLA_BREACH].model
    rows = np.array([model.features().vector(each.case, each.standing) for each in model.golden])
    assert np.isnan(rows).any()
    return model, rows


def explains(answered: list[dict[Any, Any]], model: TaskModel, rows: NDArray[np.float64]) -> None:
    """Each row's probability is the bundle's, and its base and contributions are the raw score."""
    assert [each["probability"] for each in answered] == calibrated(model, rows)[:, 0].tolist()
    for each, row in zip(answered, rows, strict=True):
        contributions = [value for name, value in each.items() if name.startswith("contribution.")]
        assert len(contributions) == len(row)
        assert each["base"] + sum(contributions) == pytest.approx(model.score.raw(row)[0], abs=1e-9)


@pytest.mark.slow
def test_the_champion_answers_over_http_as_the_bundle_does(
    home: Path, tracker: Tracker, trained: Training, tmp_path: Path
) -> None:
    model, rows = golden_rows(home)
    known = [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]
    body = json.dumps({"dataframe_split": {"columns": list(model.features().names), "data": known}}).encode()
    with serving(f"models:/fairlead-sla_breach@{CHAMPION}", tracker.uri, tmp_path / "server.log") as address:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/invocations", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            answered = json.loads(response.read())["predictions"]
    explains(answered, model, rows)


@pytest.mark.slow
def test_the_champion_answers_in_spark_as_the_bundle_does(
    home: Path, tracker: Tracker, trained: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed, so the model cannot be tried in Spark here")
    import mlflow
    from pyspark.sql import SparkSession

    model, rows = golden_rows(home)
    names = list(model.features().names)
    mlflow.set_tracking_uri(tracker.uri)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        asked = mlflow.pyfunc.spark_udf(session, f"models:/fairlead-sla_breach@{CHAMPION}", env_manager="local")
        table = session.createDataFrame(rows.tolist(), schema=names)
        told = table.select(asked(*(f"`{name}`" for name in names)).alias("said")).collect()
    finally:
        session.stop()
    explains([row.said.asDict() for row in told], model, rows)


def test_a_challenger_is_registered_and_the_champion_stays(
    home: Path, tracker: Tracker, client: Any, trained: Training
) -> None:
    order = Order((Task.SLA_BREACH,), home / "other", load_policy(), datetime(2026, 11, 24, tzinfo=UTC), threads=1)
    asked = replace(order, tracker=tracker, alias=CHALLENGER)
    with few_trees():
        later = train(open_history(short_history()), asked, Silent())
    name = "fairlead-sla_breach"
    assert int(client.get_model_version_by_alias(name, CHALLENGER).version) == later.versions[Task.SLA_BREACH].version
    assert int(client.get_model_version_by_alias(name, CHAMPION).version) == trained.versions[Task.SLA_BREACH].version


def test_a_tracker_that_does_not_answer_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match=r"does not answer at .*--no-track"):
        Tracker("http://127.0.0.1:9", tmp_path)


def test_a_tracker_that_takes_nothing_is_told_before_any_work(tmp_path: Path) -> None:
    store = tmp_path / "mlflow.db"
    Tracker(f"sqlite:///{store}", tmp_path)
    with pytest.raises(TrackingError, match=r"cannot be written\. Make it so.*--no-track.*readonly"):
        Tracker(f"sqlite:///file:{store}?mode=ro&uri=true", tmp_path)


def test_two_first_trainings_at_once_make_one_store(tmp_path: Path) -> None:
    code = "from pathlib import Path; from training.tracking.tracking import Tracker; Tracker(*{})"
    asked = f"('sqlite:///{tmp_path}/mlflow.db', Path({str(tmp_path)!r}))"
    both = [subprocess.Popen([sys.executable, "-c", code.format(asked)], stderr=subprocess.PIPE) for _ in range(2)]
    told = [each.communicate()[1].decode() for each in both]
    assert [each.returncode for each in both] == [0, 0], told
    assert [each.name for each in tmp_path.iterdir()] == ["mlflow.db"], "what keeps them apart leaves nothing"


def test_a_tracker_that_breaks_off_leaves_nothing_published(tracker: Tracker, tmp_path: Path) -> None:
    class Broken(Tracker):
        def record(self, learned: Any, given: Any) -> Any:
            raise TrackingError("MLflow stopped answering")

    order = Order((Task.STOCKOUT,), tmp_path / "bundle", load_policy(), datetime(2026, 11, 23, tzinfo=UTC), threads=1)
    broken = Broken(tracker.uri, tmp_path)
    with few_trees(), pytest.raises(TrackingError):
        train(open_history(parts()[0]), replace(order, tracker=broken), Silent())
    assert not (tmp_path / "bundle").exists()


def test_the_environment_names_the_tracker_else_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_uri(tmp_path) == f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracker:5000")
    assert tracking_uri(tmp_path) == "http://tracker:5000"


def test_what_serves_is_the_champion_and_a_later_training_only_challenges(
    home: Path, tracker: Tracker, client: Any, trained: Training
) -> None:
    name = "fairlead-sla_breach"
    first = client.get_model_version_by_alias(name, CHAMPION)
    recorded = Recorded(first.run_id, _model_id(client), name)
    later = tracker.register(recorded, "sha256:later", "sha256:another-model")
    assert later.alias == CHALLENGER
    assert client.get_model_version_by_alias(name, CHAMPION).version == first.version

    assert tracker.crown({"sla_breach": "sha256:another-model"}) == {name: later.version}
    assert int(client.get_model_version_by_alias(name, CHAMPION).version) == later.version
    assert CHALLENGER not in client.get_registered_model(name).aliases

    served = open_bundle(home / "bundle").models[Task.SLA_BREACH].version
    tracker.crown({"sla_breach": served})
    assert client.get_model_version_by_alias(name, CHAMPION).tags["model"] == served
    assert tracker.crown({"sla_breach": "sha256:never-registered"}) == {name: None}
    assert client.get_model_version_by_alias(name, CHAMPION).tags["model"] == served


def _model_id(client: Any) -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    models = client.search_logged_models([experiment.experiment_id])
    return str(models[0].model_id)
