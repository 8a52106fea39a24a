"""The check shows what a derived number holds and what it tells alone, beside the columns it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from tests.fixtures.tables import backorders
from training.check.examined import examine
from training.check.history_check import Check, check
from training.commands.history import app
from training.tables.mapping import parse_mapping

EXAMPLE: dict[str, Any] = yaml.safe_load(Path("examples/mappings/backorders.yaml").read_text(encoding="utf-8"))


def checked(folder: Path, **changes: Any) -> Check:
    mapping = parse_mapping({**EXAMPLE, **changes})
    return check(examine(backorders(folder / "b.csv"), mapping, 10_000), mapping)


def test_it_tells_how_often_it_is_known_and_what_it_tells_alone(tmp_path: Path) -> None:
    report = checked(tmp_path)
    coming, cover = report.derived
    assert (coming.name, coming.made, coming.missing) == ("coming", "inventory and in_transit together", 0.0)
    assert (cover.name, cover.made) == ("cover", "coming divided by forecast_3m")
    assert 0.0 < cover.missing < 0.05
    alone = {each.name: each.alone["stockout"] for each in report.columns}
    assert cover.alone["stockout"] > max(alone["national_inv"], alone["forecast_3m"]) + 0.05
    assert report.ok
    assert [each["name"] for each in report.to_json()["derived"]] == ["coming", "cover"]


def test_it_is_called_what_the_mapping_says_beside_how_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = checked(tmp_path)
    assert [(each.called, each.unit) for each in report.derived] == [
        ("stock on hand and on the way", "each"),
        ("cover of the forecast", "ratio"),
    ]
    bare = {"sum": ["inventory", "in_transit"]}
    content = yaml.safe_dump({**EXAMPLE, "derived": {**EXAMPLE["derived"], "bare": bare}}, sort_keys=False)
    (tmp_path / "m.yaml").write_text(content, encoding="utf-8")
    monkeypatch.setattr("training.commands.history._console", Console(stderr=True, width=200))
    asked = ["history", "check", "--history", str(tmp_path / "b.csv"), "--mapping", str(tmp_path / "m.yaml")]
    told = CliRunner().invoke(app, asked).stderr
    assert "derived.cover: cover of the forecast (ratio), coming divided by forecast_3m" in told
    assert "derived.bare: inventory and in_transit together" in told


def test_it_is_no_suspect_and_hides_none(tmp_path: Path) -> None:
    with_it, without = checked(tmp_path), checked(tmp_path, derived={})
    assert with_it.columns == without.columns
    assert without.derived == ()


def test_one_that_no_row_tells_is_told_and_stops_nothing(tmp_path: Path) -> None:
    nothing = {"zero": {"difference": ["inventory", "inventory"]}, "lost": {"ratio": ["lead_time", "zero"]}}
    report = checked(tmp_path, derived=nothing)
    (finding,) = report.findings
    assert (finding.rule, finding.stops) == ("derived_unknown", False)
    assert finding.says.startswith("derived.lost is known in no row that was read")
    assert report.derived[1].missing == pytest.approx(1.0)
