"""Tables of other shapes become models by YAML alone: backorders without times, late shipments over several files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from typer.testing import CliRunner

from tests.fixtures.tables import backorders, shipments
from training.commands import app
from training.history import open_history
from training.mapping import load_mapping

run = CliRunner()
BACKORDERS = Path("examples/mappings/backorders.yaml")
SHIPMENTS = Path("examples/mappings/late_shipments.yaml")


def trained_and_scored(task: str, mapping: Path, taught: Path, scored: Path, out: Path) -> tuple[str, Any]:
    mapped = ["--mapping", str(mapping)]
    told = run.invoke(
        app, ["train", task, "--history", str(taught), "--out", str(out), "--no-track", "--threads", "1", *mapped]
    )
    assert told.exit_code == 0, told.stderr
    asked = run.invoke(app, ["evaluate", str(out), "--task", task, "--history", str(scored), "--json", *mapped])
    assert asked.exit_code == 0, asked.stderr
    return " ".join(told.stderr.split()) + " ".join(asked.stderr.split()), json.loads(asked.stdout)


def test_a_table_without_times_trains_and_scores_and_says_how_it_was_split(tmp_path: Path) -> None:
    taught, scored = backorders(tmp_path / "taught.csv"), backorders(tmp_path / "scored.csv", 400, seed=6)
    said, scores = trained_and_scored("stockout", BACKORDERS, taught, scored, tmp_path / "bundle")
    assert "split by a hash of exception_id instead of time" in said
    assert "all carry one moment" in said
    assert scores["n"] == 400
    assert scores["model"]["roc_auc"] > 0.75
    assert scores["model"]["log_loss"] < scores["base"]["log_loss"]


def test_the_order_of_a_file_without_times_does_not_reach_the_split(tmp_path: Path) -> None:
    lines = list(open_history(backorders(tmp_path / "b.csv"), load_mapping(BACKORDERS)).lines())
    latest = [line.outcome.stockout for line in lines[-200:] if line.outcome]
    assert 0.2 < sum(map(bool, latest)) / len(latest) < 0.6


def test_sentinels_decimal_commas_and_words_for_flags_arrive_as_they_are_meant(tmp_path: Path) -> None:
    cases = [line.case for line in open_history(backorders(tmp_path / "b.csv"), load_mapping(BACKORDERS)).lines()]
    performance = [case.attributes.get("performance") for case in cases]
    measured = [each for each in performance if isinstance(each, float)]
    assert 0.0 <= min(measured) < max(measured) <= 1.0
    assert 50 < sum(each is None for each in performance) < 250
    assert {case.attributes["ppap_risk"] for case in cases} == {True, False}
    assert any(case.attributes["inventory"] == -5.0 for case in cases)
    assert len({case.exception_id for case in cases}) == len(cases)


def test_late_shipments_over_several_files_train_and_score(tmp_path: Path) -> None:
    orders = shipments(tmp_path)
    said, scores = trained_and_scored("sla_breach", SHIPMENTS, orders, orders, tmp_path / "bundle")
    assert "the latest days" in said
    assert scores["n"] > 1_100
    assert scores["model"]["roc_auc"] > 0.8
    assert scores["model"]["log_loss"] < scores["rules"]["log_loss"]


def test_facts_come_from_every_file(tmp_path: Path) -> None:
    lines = list(open_history(shipments(tmp_path), load_mapping(SHIPMENTS)).lines())
    items = pd.read_csv(tmp_path / "items.csv").groupby("order_id")
    for line in lines[:50]:
        case, theirs = line.case, items.get_group(line.case.exception_id)
        assert case.order
        assert case.order.value == int(theirs["price"].sum())
        assert case.attributes["lines"] == len(theirs)
        assert case.supplier
        assert case.supplier.id == theirs["seller_id"].iloc[0]
        assert case.attributes["route"] == f"{case.attributes['seller_state']}-{case.region}"
    assert all(line.outcome and line.outcome.sla_breached is not None for line in lines)
