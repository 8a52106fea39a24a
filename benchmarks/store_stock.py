"""Real shelves, day by day: train on all but the last days, score those, beside their base rate.

    python -m benchmarks.store_stock FOLDER

FOLDER holds `freshretailnet50k_daily.parquet` (CC BY 4.0; see docs/data-attribution.md). The last fourteen days are
scored, all earlier ones teach and are the context: will a shelf that was in stock at 21h be empty for four hours or
more between 6 and 22 of the next day? It takes twenty minutes on two shared cores.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.incident_log import table
from data.console import console
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.daily.opening import load_daily_mapping, open_daily
from training.learning.evaluate import CONFORMAL, evaluate
from training.progress import Progress
from training.terminal import covered, progress_on
from training.train import Order, train

DAYS = "freshretailnet50k_daily.parquet"
MAPPING = Path(__file__).parent.parent / "examples" / "mappings" / "store_stock.yaml"


def main(
    folder: Annotated[Path, typer.Argument(help="Where the daily table lies.")],
    last: Annotated[int, typer.Option(min=1, help="Days that are scored.")] = 14,
    keep: Annotated[Path | None, typer.Option(help="Write the two parts and the bundle here and keep them.")] = None,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
) -> None:
    """Split, train, score and print a table in Markdown, then what the conformal sets cover per class and region."""
    if not (folder / DAYS).is_file():
        raise typer.BadParameter(f"{folder} holds no {DAYS}")
    with tempfile.TemporaryDirectory() as scratch, progress_on(console(stderr=True)) as progress:
        scores = measure(folder / DAYS, keep or Path(scratch), last, threads, progress)
    typer.echo(f"Real shelves, last {last} days: n {scores['n']:,}, base rate {scores['base_rate']:.3f}\n")
    typer.echo(table(scores))
    if CONFORMAL in scores:
        console().print(covered(scores[CONFORMAL], "conformal sets"))


def measure(days: Path, out: Path, last: int, threads: int, progress: Progress) -> dict[str, Any]:
    """The last days' scores of base rate, rules and model; the bundle stays in `out/bundle`."""
    progress.step("splitting the table")
    earlier, later = split(days, out, last)
    mapping, policy = load_daily_mapping(MAPPING), load_policy()
    order = Order((Task.STOCKOUT,), out / "bundle", policy, datetime(2024, 6, 11, tzinfo=UTC), threads=threads)
    train(open_daily(earlier, mapping), order, progress)
    model = open_bundle(out / "bundle").models[Task.STOCKOUT].model
    past, recent = open_daily(earlier, mapping), open_daily(later, mapping)
    return evaluate({Task.STOCKOUT: model}, recent, past, policy, progress)[Task.STOCKOUT]


def split(days: Path, out: Path, last: int) -> tuple[Path, Path]:
    """Two files: the rows before the last days, and theirs."""
    rows = pd.read_parquet(days)
    cut = sorted(rows["dt"].unique())[-last]
    out.mkdir(parents=True, exist_ok=True)
    earlier, later = out / "earlier.parquet", out / "later.parquet"
    rows[rows["dt"] < cut].to_parquet(earlier)
    rows[rows["dt"] >= cut].to_parquet(later)
    return earlier, later


if __name__ == "__main__":
    typer.run(main)
