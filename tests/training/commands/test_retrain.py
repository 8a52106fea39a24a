"""Retraining on use refuses what it cannot mix, before anything is exported."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from data.record import Unit
from data.vocabulary import Task
from features.attributes import Declaration
from features.wording import Wording
from models.bundle import publish
from tests.fixtures.days import MAPPING, daily_table
from tests.fixtures.histories import small_history
from tests.fixtures.tables import backorders
from tests.fixtures.task_models import coded_model
from training.commands.retrain import app
from training.errors import HistoryError
from training.histories.history import History
from training.progress import Progress
from training.train import Order

run = CliRunner()


@dataclass
class Recorded:
    """A service that was used."""

    bundle: Path
    exported: list[Path] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)

    def require_use(self) -> None:
        return

    def export(self, out: Path) -> str:
        self.exported.append(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(gzip.compress("\n".join(map(json.dumps, self.lines)).encode()))
        return "exported"


def test_a_table_of_days_is_refused_with_what_to_do_instead(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle")
    history, mapping = tmp_path / "days.csv", tmp_path / "days.yaml"
    daily_table(5, 10).to_csv(history, index=False)
    mapping.write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    asked = ["retrain", "--folder", str(tmp_path), "--history", str(history), "--mapping", str(mapping), "--no-track"]
    told = run.invoke(app, asked, obj=lambda folder: service)
    assert told.exit_code == 1
    assert told.stderr.count("error:") == 1
    said = " ".join(told.stderr.split())
    assert "holds no question about a day" in said
    assert f"fairlead train stockout --history FILE --mapping {mapping} --out" in said
    assert f"--beside {service.bundle}" in said
    assert service.exported == []


def test_a_table_without_times_is_refused_too(tmp_path: Path) -> None:
    service, mapping = Recorded(tmp_path / "bundle"), Path("examples/mappings/backorders.yaml")
    history = str(backorders(tmp_path / "articles.csv", 20))
    asked = ["retrain", "--folder", str(tmp_path), "--history", history, "--mapping", str(mapping), "--no-track"]
    told = run.invoke(app, asked, obj=lambda folder: service)
    assert told.exit_code == 1
    said = " ".join(told.stderr.split())
    assert "gives all rows one moment" in said
    assert f"fairlead train TASK --history FILE --mapping {mapping} --out CHALLENGER_DIR" in said
    assert service.exported == []


def kept_alike() -> list[Any]:
    """A recorded history whose outcomes tell of kept promises alone."""
    lines = [json.loads(line) for line in small_history().read_bytes().splitlines()]
    for line in lines:
        line["outcome"] = {"recorded_at": line["case"]["event"]["time"], "sla_breached": False}
    return lines


def test_a_run_that_is_refused_names_each_task_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0"]
    told = run.invoke(app, asked, obj=lambda folder: service)
    steps = [f"{task}: what later tasks hear" for task in Task]
    said = " ".join(line for line in told.stderr.splitlines() if line not in steps)
    assert told.exit_code == 1
    assert "error: sla_breach: the outcomes to learn from are 1321 no" in said
    assert "stockout" not in said
    assert "root_cause" not in said
    assert len(service.exported) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    (tmp_path / "out").mkdir()
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0", "--out", str(tmp_path / "out")]
    assert run.invoke(app, asked, obj=lambda folder: service).exit_code == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_without_any_outcome_it_is_said_what_to_send(tmp_path: Path) -> None:
    lines = [{**line, "outcome": None} for line in kept_alike()]
    service = Recorded(tmp_path / "bundle", lines=lines)
    told = run.invoke(app, ["retrain", "--folder", str(tmp_path), "--no-track"], obj=lambda folder: service)
    assert told.exit_code == 1
    assert "no outcome was recorded that tells what there is to predict" in " ".join(told.stderr.split())


def test_a_challenger_keeps_the_words_and_the_memory_of_the_bundle_that_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, words = coded_model(), {"inv": Wording(called="stock on hand", unit=Unit.EACH)}
    declared = {"inv": Declaration(kind="number", called="stock on hand", unit=Unit.EACH)}
    named = model.attributes.model_copy(update={"attributes": declared, "long_memory": True})
    served = replace(model, attributes=named, columns=model.features().names)
    publish(tmp_path / "bundle", {Task.SLA_BREACH: served}, created_at=datetime(2026, 11, 23, tzinfo=UTC))
    orders: list[Order] = []

    def enough(history: History, order: Order, progress: Progress) -> None:
        orders.append(order)
        raise HistoryError("enough")

    monkeypatch.setattr("training.train.train", enough)
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    run.invoke(app, ["retrain", "--folder", str(tmp_path), "--no-track"], obj=lambda folder: service)
    assert [order.wordings for order in orders] == [words]
    assert [order.long_memory for order in orders] == [True], "what it remembers of years is known before"
