"""Without the days before its first, a daily table's numbers are of shelves without a past: the commands say so."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from data.vocabulary import Task
from models.bundle import open_bundle
from tests.fixtures.daily_promotions import CHAMPION, days_bundle, days_table, first_days, told_apart
from training.commands.drift import app as drifting
from training.commands.features import app as encoding
from training.commands.train import app as training

run = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the first days, their table, that of the days after, and the mapping of both."""
    made = tmp_path_factory.mktemp("context")
    whole = days_table()
    early = first_days(whole, CHAMPION)
    days_bundle(made / "bundle", early)
    early.to_csv(made / "early.csv", index=False)
    whole[~whole["day"].isin(early["day"])].to_csv(made / "late.csv", index=False)
    content = told_apart().model_dump(mode="json", by_alias=True, exclude_none=True)
    (made / "mapping.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return made


def told(folder: Path, command: str, *more: str) -> tuple[dict[str, object], str]:
    """The numbers of standard output, and the words beside them."""
    asked = [command, str(folder / "bundle"), "--task", "stockout", "--history", str(folder / "late.csv"), "--json"]
    result = run.invoke(
        training if command == "evaluate" else drifting, [*asked, "--mapping", str(folder / "mapping.yaml"), *more]
    )
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["evaluate", "drift"])
def test_that_nothing_of_the_days_before_is_known_is_said_with_what_to_do(folder: Path, command: str) -> None:
    bare, words = told(folder, command)
    assert "nothing before 2026-03-31, the first day of late.csv, is known here" in words
    assert "Give the earlier days by --context FILE" in words
    whole, silence = told(folder, command, "--context", str(folder / "early.csv"))
    assert "note:" not in silence
    assert whole != bare, "what the note says is so"


@pytest.mark.parametrize("context", ["early.csv", None])
def test_the_table_of_features_has_a_row_for_each_shelf_and_day_that_evaluate_scores(
    folder: Path, tmp_path: Path, context: str | None
) -> None:
    more = ["--context", str(folder / context)] if context else []
    late, out = pd.read_csv(folder / "late.csv"), tmp_path / "features.parquet"
    asked = ["features", str(folder / "bundle"), "--task", "stockout", "--history", str(folder / "late.csv")]
    said = run.invoke(encoding, [*asked, "--mapping", str(folder / "mapping.yaml"), "--out", str(out), *more])
    assert said.exit_code == 0, said.stderr
    table, scored = pd.read_parquet(out), told(folder, "evaluate", *more)[0]["n"]
    assert len(table) == scored
    assert table["event_id"].is_unique
    assert table["event_time"].is_monotonic_increasing
    assert table["event_id"].str[-10:].tolist() == table["event_time"].dt.strftime("%Y-%m-%d").tolist()
    assert tuple(table.columns[3:]) == open_bundle(folder / "bundle").models[Task.STOCKOUT].model.features().names
    left_out = len(late) - len(table)
    assert (f"{left_out} rows of late.csv are left out" in " ".join(said.stderr.split())) == bool(left_out)
