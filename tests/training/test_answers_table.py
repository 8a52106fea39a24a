"""What `evaluate --answers` writes is what its scores are of, case by case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from data.vocabulary import Task
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts
from training.answers_table import answers_table
from training.case_tables import Event
from training.commands.train import app
from training.histories.history import open_history
from training.histories.known import Known
from training.learning.evaluate import Answered
from training.report.metrics import log_loss

run = CliRunner()
EARLIER, LATER = parts()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("answers")
    for task in ("root_cause", "sla_breach"):
        asked = ["train", task, "--history", str(EARLIER), "--out", str(out), "--no-track", "--trials", "0"]
        with few_trees():
            assert run.invoke(app, [*asked, "--threads", "1"]).exit_code == 0
    return out


def evaluated(bundle: Path, task: str, out: Path, history: Path = LATER) -> Result:
    asked = ["evaluate", str(bundle), "--task", task, "--history", str(history), "--context", str(EARLIER)]
    return run.invoke(app, [*asked, "--answers", str(out), "--json"])


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_scores_of_a_risk_are_those_of_its_rows(bundle: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"answers.{ending}"
    told = evaluated(bundle, "sla_breach", out)
    assert told.exit_code == 0, told.stderr
    scores, table = json.loads(told.stdout), _read(out)
    assert f"wrote {scores['n']:,} answers to {out}" in told.stderr
    truth = (table["truth"] == "yes").to_numpy(np.int64)
    for column, side in (("probability", "model"), ("as_trained", "as_trained"), ("rules", "rules")):
        assert log_loss(truth, table[[column]].to_numpy()) == pytest.approx(scores[side]["log_loss"], abs=1e-12)
    holds = [one in each.split() for one, each in zip(table["truth"], table["set"].fillna(""), strict=True)]
    assert np.mean(holds) == scores["conformal"]["all"]["coverage"]
    known = {(line.case.event.source, line.case.event.id): line.case for line in open_history(LATER).lines()}
    for row in table.to_dict("records"):
        case = known[row["event_source"], row["event_id"]]
        assert row["event_time"] == case.event.time
        assert row["region"] == case.region


def test_the_scores_of_labels_are_those_of_its_rows(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.parquet"
    scores, table = json.loads(evaluated(bundle, "root_cause", out).stdout), pd.read_parquet(out)
    labels = Task.ROOT_CAUSE.labels
    told = table[[f"probability.{label}" for label in labels]].to_numpy()
    truth = np.array([labels.index(each) for each in table["truth"]])
    assert log_loss(truth, told) == pytest.approx(scores["model"]["log_loss"], abs=1e-12)
    assert table["said"].tolist() == [labels[each] for each in told.argmax(axis=1)]
    assert not [each for each in table if each.startswith("as_trained")], "labels have no level to heed"


def test_what_a_case_counts_for_is_told_where_not_all_count_alike() -> None:
    of_two: dict[str, Any] = {"times": np.zeros(2), "truth": np.array([0, 1]), "regions": [None, "emea"]}
    empty = np.empty(0)
    known = Known(
        **of_two, fired=[], messages=[], facts=empty, exceptions=np.arange(2), stakes=empty, events=["a", "b"],
        selection=np.array([1.0, 4.0]),
    )  # fmt: skip
    said = np.array([[0.25], [0.5]])
    events = {"a": Event("oms", "1"), "b": Event("oms", "2")}
    table = answers_table(Task.STOCKOUT, Answered(known, said, said, said, None), events)
    assert table.columns.tolist() == [
        "event_source", "event_id", "event_time", "region", "truth", "probability", "rules", "counts",
    ]  # fmt: skip
    assert table["counts"].tolist() == [1.0, 4.0]
    assert table["truth"].tolist() == ["no", "yes"]


def test_a_file_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    refused = evaluated(tmp_path / "no-bundle", "sla_breach", tmp_path / "answers.txt")
    assert refused.exit_code == 1
    assert "ends in .txt: end --answers in .parquet or .csv" in " ".join(refused.stderr.split())
    over = tmp_path / "later.csv"
    over.touch()
    refused = evaluated(tmp_path / "no-bundle", "sla_breach", over, history=over)
    assert "name another file with --answers" in " ".join(refused.stderr.split())


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, parse_dates=["event_time"])
    return pd.read_parquet(path)
