"""Fairlead beside an AutoML ensemble on the same real questions of the same later days.

    python3 -m venv ensemble && ensemble/bin/pip install "autogluon.tabular[all]"
    python -m benchmarks.beside_autogluon FOLDER --python ensemble/bin/python

AutoGluon (`best_quality`) gets tables made by hand from the columns that the mapping maps (`benchmarks.hand_made`), and
so many minutes on two cores; with `--weeks`, the latest weeks before the scored days alone. Fairlead learns as by
`fairlead train --trials 0`. The ensemble is in no lock file: it brings a gigabyte of
learners of its own.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from benchmarks import incident_log, late_flights, store_stock
from benchmarks.hand_made import flights, incidents, shelves
from training.progress import Silent
from training.report.metrics import scores_of

Made = Callable[[pd.DataFrame], pd.DataFrame]
"""Makes the table that the ensemble gets."""

SIDE = Path(__file__).with_name("autogluon_side.py")
SHOWN = ("roc_auc", "average_precision", "log_loss", "ece")


class Table(StrEnum):
    """Which real history."""

    INCIDENTS = "incidents"
    SHELVES = "shelves"
    FLIGHTS = "flights"


def main(
    folder: Annotated[Path, typer.Argument(help="Where the incident log and the daily table, or the flights, lie.")],
    python: Annotated[Path, typer.Option(help="An interpreter that has autogluon.tabular.")],
    history: Annotated[Table, typer.Option(help="Which history.")] = Table.INCIDENTS,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Score incidents from this day on.")
    ] = None,
    weeks: Annotated[float, typer.Option(help="The latest weeks the ensemble learns from; 0 for all.")] = 0.0,
    minutes: Annotated[float, typer.Option(help="What the ensemble may take.")] = 8.0,
    only_ensemble: Annotated[bool, typer.Option("--only-ensemble", help="Leave Fairlead out.")] = False,
) -> None:
    """Split once, let both learn of the earlier part and score them on the later."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        parts, made = _asked(history, folder, out, since)
        theirs = ensemble(parts, made, python, weeks, minutes, out)
        ours = None if only_ensemble else _fairlead(history, folder, out / "ours", since)
    typer.echo(markdown(theirs, ours))


def _asked(history: Table, folder: Path, out: Path, since: datetime | None) -> tuple[tuple[Path, Path], Made]:
    """The earlier and the later part, and what makes the ensemble's table of them."""
    match history:
        case Table.INCIDENTS:
            parts = incident_log.split(folder / incident_log.LOG, out, since)
            return parts, partial(incidents, mapping=incident_log.MAPPING)
        case Table.SHELVES:
            return store_stock.split(folder / store_stock.DAYS, out, 14), shelves
        case Table.FLIGHTS:
            return late_flights.split(folder, out), partial(flights, beside=out)


def ensemble(
    parts: tuple[Path, Path],
    made: Made,
    python: Path,
    weeks: float,
    minutes: float,
    out: Path,
) -> dict[str, Any]:
    """The ensemble's scores on the later part, and the milliseconds of one answer."""
    rows = [_read(part).assign(later=number == 1) for number, part in enumerate(parts)]
    table = made(pd.concat(rows, ignore_index=True))
    taught, asked = (table[table["later"] == later].drop(columns="later") for later in (False, True))
    if weeks:
        taught = taught[taught["day"] > taught["day"].max() - 7 * weeks]
    said = asked_of_ensemble(taught, asked, out, python, minutes)
    scores = scores_of(asked["y"].to_numpy(np.int64), said["probability"].to_numpy().reshape(-1, 1))
    return {"n": len(asked), "base_rate": float(asked["y"].mean()), "ms": float(said["ms"].iloc[0]), **scores}


def asked_of_ensemble(
    taught: pd.DataFrame, asked: pd.DataFrame, out: Path, python: Path, minutes: float
) -> pd.DataFrame:
    """What the ensemble, taught some rows, says of others: `probability` of each and the `ms` of one answer.

    It works within `out`, because its learners leave folders of their own where they are called.
    """
    names = [(out / f"{name}.parquet").resolve() for name in ("taught", "asked", "said")]
    for rows, name in zip((taught, asked), names, strict=False):
        rows.to_parquet(name)
    subprocess.run([python.absolute(), SIDE.resolve(), names[0], names[1], str(minutes), names[2]], check=True, cwd=out)
    return pd.read_parquet(names[2])


def _fairlead(history: Table, folder: Path, out: Path, since: datetime | None) -> dict[str, Any]:
    match history:
        case Table.INCIDENTS:
            return incident_log.measure(folder / incident_log.LOG, out, 2, since)
        case Table.SHELVES:
            return store_stock.measure(folder / store_stock.DAYS, out, 14, 2, Silent())
        case Table.FLIGHTS:
            return late_flights.measure(folder, out, 2)


def _read(part: Path) -> pd.DataFrame:
    return pd.read_csv(part) if part.suffix == ".csv" else pd.read_parquet(part)


def markdown(theirs: dict[str, Any], ours: dict[str, Any] | None) -> str:
    """Both sides as a table."""
    lines = [
        f"Ensemble: n {theirs['n']:,}, base rate {theirs['base_rate']:.3f}, one answer {theirs['ms']:.0f} ms",
        "",
        "| | ROC AUC | average precision | log loss | ECE |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    sides = {"AutoGluon": theirs} | ({} if ours is None else {"Fairlead": ours["model"]})
    return "\n".join(
        lines
        + [f"| {name} | " + " | ".join(f"{side[each]:.3f}" for each in SHOWN) + " |" for name, side in sides.items()]
    )


if __name__ == "__main__":
    typer.run(main)
