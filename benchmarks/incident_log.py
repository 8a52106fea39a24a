"""The real incident desk: train on the past, score the last month, beside its base rate and the rules.

    python -m benchmarks.incident_log FOLDER

FOLDER holds `uci_incident_event_log.parquet` (CC BY 4.0; see docs/data-attribution.md). Incidents opened in the last
calendar month of the log are scored, or those from `--since` on; all earlier ones teach and are the context; declared
leaks are dropped by the mapping. The same can be done by hand with `fairlead train` and `fairlead evaluate` on the two
files this writes.

With `--exported` the model learns from the log as it stood when the scored days began: updates from before, and of
incidents that were closed by then alone what came of them.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.histories.history import open_history
from training.learning.evaluate import AS_TRAINED, evaluate
from training.progress import Silent
from training.tables.mapping import load_mapping
from training.train import Order, train

LOG = "uci_incident_event_log.parquet"
MAPPING = Path(__file__).parent.parent / "examples" / "mappings" / "incident_log.yaml"
METRICS = ("roc_auc", "average_precision", "log_loss", "ece")


def main(
    folder: Annotated[Path, typer.Argument(help="Where the incident log lies.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Score from this day on; the last month without.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Write the two parts and the bundle here and keep them.")] = None,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
    exported: Annotated[bool, typer.Option(help="Teach what was known when the scored days began.")] = False,
    trials: Annotated[int, typer.Option(help="Recipes to try; 20 is what `fairlead train` does by default.")] = 0,
) -> None:
    """Split, train, score and print a table in Markdown."""
    if not (folder / LOG).is_file():
        raise typer.BadParameter(f"{folder} holds no {LOG}")
    with tempfile.TemporaryDirectory() as scratch:
        typer.echo(markdown(measure(folder / LOG, keep or Path(scratch), threads, since, exported, trials)))


def measure(
    log: Path, out: Path, threads: int, since: datetime | None = None, exported: bool = False, trials: int = 0
) -> dict[str, Any]:
    """The later days' scores of base rate, rules and model; the bundle stays in `out/bundle`."""
    earlier, later = split(log, out, since)
    taught = as_exported(earlier, later) if exported else earlier
    mapping, policy = load_mapping(MAPPING), load_policy()
    moment = datetime(2016, 4, 1, tzinfo=UTC)
    order = Order((Task.SLA_BREACH,), out / "bundle", policy, moment, threads=threads, trials=trials)
    train(open_history(taught, mapping), order, Silent())
    model = open_bundle(out / "bundle").models[Task.SLA_BREACH].model
    past, month = open_history(earlier, mapping), open_history(later, mapping)
    return evaluate({Task.SLA_BREACH: model}, month, past, policy, Silent())[Task.SLA_BREACH]


def markdown(scores: dict[str, Any]) -> str:
    """What was scored, and the scores as a table."""
    return f"Real incidents, later days: n {scores['n']:,}, base rate {scores['base_rate']:.3f}\n\n{table(scores)}"


def table(scores: dict[str, Any]) -> str:
    """The scores of base rate, rules and model as a table."""
    lines = [
        "| | ROC AUC | average precision | log loss | ECE |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    names = {"base": "base rate of the past", "rules": "fallback rules", AS_TRAINED: "as trained", "model": "model"}
    return "\n".join(lines + [_row(says, scores[side]) for side, says in names.items() if side in scores])


def split(log: Path, out: Path, since: datetime | None = None) -> tuple[Path, Path]:
    """Two files of whole incidents: opened before a day, the first of the log's last month without, and from it on."""
    rows = pd.read_parquet(log)
    opened = pd.to_datetime(rows.groupby("number")["opened_at"].transform("first"), dayfirst=True)
    start = pd.Timestamp(since) if since else opened.max().to_period("M").start_time
    out.mkdir(parents=True, exist_ok=True)
    earlier, later = out / "earlier.parquet", out / "later.parquet"
    rows[opened < start].to_parquet(earlier)
    rows[opened >= start].to_parquet(later)
    return earlier, later


def as_exported(earlier: Path, later: Path) -> Path:
    """The earlier part as it stood when the later one began; of what was not closed nothing is told."""
    rows = pd.read_parquet(earlier)
    start = _instants(pd.read_parquet(later), "opened_at").min().normalize()
    rows = rows[_instants(rows, "sys_updated_at") < start]
    told = rows["sla_breached_final"].map({True: "true", False: "false"})
    rows["sla_breached_final"] = told.where(_instants(rows, "closed_at") < start)
    for column in ("resolved_at", "closed_at"):
        rows[column] = rows[column].where(_instants(rows, column) < start)
    exported = earlier.with_name("exported.parquet")
    rows.to_parquet(exported)
    return exported


def _instants(rows: pd.DataFrame, column: str) -> pd.Series[pd.Timestamp]:
    return pd.to_datetime(rows[column], dayfirst=True)


def _row(says: str, scores: dict[str, float | None]) -> str:
    return (
        f"| {says} | " + " | ".join("-" if scores[each] is None else f"{scores[each]:.3f}" for each in METRICS) + " |"
    )


if __name__ == "__main__":
    typer.run(main)
