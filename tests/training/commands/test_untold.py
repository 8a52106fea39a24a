"""A model is not measured blindfolded: attributes it was taught and the history does not tell are refused or said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.fixtures.tables import backorders
from training.commands.drift import app as drifting
from training.commands.train import app

run = CliRunner()
MAPPING: dict[str, Any] = yaml.safe_load(Path("examples/mappings/backorders.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("untold")
    backorders(out / "taught.csv", 600)
    backorders(out / "other.csv", 600, seed=6)
    (out / "whole.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    asked = ["train", "stockout", "--history", str(out / "taught.csv"), "--mapping", str(out / "whole.yaml")]
    told = run.invoke(app, [*asked, "--out", str(out / "bundle"), "--no-track", "--trials", "0", "--threads", "1"])
    assert told.exit_code == 0, told.stderr
    return out


def measured(folder: Path, command: str, attributes: dict[str, Any]) -> tuple[int, str, str]:
    mapping = folder / "mapping.yaml"
    mapping.write_text(yaml.safe_dump({**MAPPING, "attributes": attributes}), encoding="utf-8")
    bundle, more = str(folder / "bundle"), ["--no-track"] if command == "recalibrate" else ["--json"]
    asked = [command, bundle, "--task", "stockout", "--history", str(folder / "other.csv"), "--mapping", str(mapping)]
    told = run.invoke(app if command == "evaluate" else drifting, [*asked, *more])
    return told.exit_code, told.stdout, " ".join(told.stderr.split())


@pytest.mark.parametrize("command", ["evaluate", "drift", "recalibrate"])
def test_a_mapping_that_lost_attributes_of_the_model_is_refused_with_their_names(folder: Path, command: str) -> None:
    kept = {name: source for name, source in MAPPING["attributes"].items() if name not in ("lead_time", "ppap_risk")}
    code, printed, said = measured(folder, command, kept)
    assert (code, printed) == (1, "")
    assert "the mapping does not declare lead_time, ppap_risk, which the model was taught" in said


@pytest.mark.parametrize("command", ["evaluate", "drift"])
@pytest.mark.parametrize(
    "source", [{"column": "lead_time", "kind": "number", "missing": [2, 8, 12]}, {"column": "lead_time"}]
)
def test_an_attribute_that_no_case_tells_as_it_was_taught_is_said(folder: Path, command: str, source: Any) -> None:
    code, printed, said = measured(folder, command, {**MAPPING["attributes"], "lead_time": source})
    assert code == 0
    assert json.loads(printed)["untold_attributes"] == ["lead_time"]
    assert "no case of other.csv tells lead_time as the model was taught it" in said


@pytest.mark.parametrize("command", ["evaluate", "drift"])
def test_a_history_that_tells_all_is_measured_without_a_word_of_it(folder: Path, command: str) -> None:
    code, printed, said = measured(folder, command, {**MAPPING["attributes"], "more": "sku"})
    assert code == 0
    assert json.loads(printed)["untold_attributes"] == []
    assert "taught it" not in said
