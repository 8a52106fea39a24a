"""Retraining on use refuses what it cannot mix, before anything is exported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from typer.testing import CliRunner

from tests.fixtures.days import MAPPING, daily_table
from tests.fixtures.tables import backorders
from training.commands.retrain import app

run = CliRunner()


@dataclass
class Recorded:
    """A service that was used."""

    bundle: Path
    exported: list[Path] = field(default_factory=list)

    def require_use(self) -> None:
        return

    def export(self, out: Path) -> str:
        self.exported.append(out)
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
