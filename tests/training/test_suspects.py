"""Columns that the check would refuse are told of where a training begins, where it ends, and on the model's card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from data.vocabulary import Task
from models.bundle import open_bundle
from tests.fixtures.days import MAPPING, daily_table
from tests.fixtures.few_trees import few_trees
from tests.fixtures.leaky import leaky_mapping, leaky_table
from training.commands.train import app, opened
from training.report.card import card_of
from training.report.verdict import suspects_of
from training.suspects import Suspect, suspects

run = CliRunner()
OPENING = {"known": "opening"}


def trained(folder: Path, table: Path, mapped: Path) -> str:
    asked = ["train", "sla_breach", "--history", str(table), "--mapping", str(mapped), "--out", str(folder / "bundle")]
    with few_trees():
        told = run.invoke(app, [*asked, "--no-track", "--trials", "0", "--threads", "1"])
    assert told.exit_code == 0, told.stderr
    return " ".join(told.stderr.split())


@pytest.mark.parametrize(("grade", "found"), [({}, ["grade"]), (OPENING, []), ({"known": "later"}, [])])
def test_suspected_is_what_the_check_would_refuse(tmp_path: Path, grade: dict[str, Any], found: list[str]) -> None:
    table, mapped = leaky_table(tmp_path / "t.csv", 2_000), leaky_mapping(tmp_path / "m.yaml", grade)
    assert [each.column for each in suspects(opened(str(table), mapped), str(table), mapped)] == found


def test_of_days_suspected_is_what_is_said_to_be_known_ahead_and_tells_what_happened(tmp_path: Path) -> None:
    frame, mapped = daily_table(60, 60, 0.0, seed=3), tmp_path / "m.yaml"
    mapped.write_text(yaml.safe_dump(MAPPING), encoding="utf-8")

    def found(frame: pd.DataFrame) -> tuple[Suspect, ...]:
        frame.to_csv(tmp_path / "days.csv", index=False)
        return suspects(opened(str(tmp_path / "days.csv"), mapped), str(tmp_path / "days.csv"), mapped)

    assert found(frame) == ()
    hours = frame["empty"] + np.random.default_rng(5).random(len(frame))
    (price,) = found(frame.assign(price=hours))
    assert price.column == "price"
    assert "ahead" in price.mends


def test_a_training_on_suspects_says_so_before_and_after_and_its_card_says_it_too(tmp_path: Path) -> None:
    said = trained(tmp_path, leaky_table(tmp_path / "t.csv", 2_000), leaky_mapping(tmp_path / "m.yaml", {}))
    before, after = said.split("replaying what was known")
    assert "note: grade is learned from and may hold what happened later: tells sla_breach alone" in before
    assert "say known: opening in the mapping; if not, list it as a leak" in before
    verdict = "It learned from grade, which fairlead history check suspects of holding what happened later."
    assert f"note: {verdict} Do not put it in force before" in after
    card = card_of(open_bundle(tmp_path / "bundle").models[Task.SLA_BREACH].model)
    assert card.verdict.startswith(verdict)
    assert card.limits[0].startswith("The column grade may hold what happened later: tells sla_breach alone")


def test_a_training_on_explained_columns_says_nothing(tmp_path: Path) -> None:
    mapped = leaky_mapping(tmp_path / "m.yaml", OPENING)
    said = trained(tmp_path, leaky_table(tmp_path / "t.csv", 2_000), mapped)
    assert "may hold what happened later" not in said
    assert "suspects" not in said
    model = open_bundle(tmp_path / "bundle").models[Task.SLA_BREACH].model
    assert model.record_share
    trained_alone = model.metrics["as_trained"]["log_loss"]
    assert f"as trained {trained_alone:.3f}" in said, "what fairlead drift compares with"
    assert trained_alone != model.metrics["model"]["log_loss"]
    assert "suspects" not in model.lineage
    assert not card_of(model).verdict.startswith("It learned from")


def test_a_look_that_fails_costs_nobody_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr("training.suspects.suspects", fails)
    said = trained(tmp_path, leaky_table(tmp_path / "t.csv", 2_000), leaky_mapping(tmp_path / "m.yaml", OPENING))
    assert "note: the columns could not be looked at (ValueError: no such luck)" in said
    assert "published sha256:" in said


@pytest.mark.parametrize("kept", [None, "grade", 7, {"grade": "tells"}, [["grade"]], [["a", "b", "c"]], ["grade"]])
def test_a_lineage_that_somebody_wrote_by_hand_tells_of_no_suspect_and_ends_nothing(kept: object) -> None:
    assert suspects_of({"suspects": kept}) == []
    assert suspects_of({"suspects": [["grade", "tells too much"], kept]}) == [("grade", "tells too much")]
