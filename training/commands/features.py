"""The command `features`: a history as the table that a model registered in MLflow takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.console import console
from data.vocabulary import Task
from policies.policy import load_policy
from training.commands.train import (
    TheHistory,
    TheMapping,
    ThePolicy,
    known_before,
    model_of,
    note,
    opened,
    told,
    untold_of,
)

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)


@app.callback()
def encoding() -> None:
    """Histories as tables of a model's features."""


@app.command()
def features(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.")],
    task: Annotated[Task, typer.Option("--task", help="Whose model's features.")],
    history: TheHistory,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The table to write: .parquet or .csv.")],
    mapping: TheMapping = None,
    context: Annotated[
        str | None, typer.Option("--context", metavar="FILE", help="Earlier cases: known to the standing, never rows.")
    ] = None,
    policy: ThePolicy = None,
) -> None:
    """Write a history as the table that a model registered in MLflow takes: a row per case, a column per feature.

    Each row tells what was known at its case's moment, so outcomes may be missing. Before the features stand
    event_source, event_id and event_time. `mlflow models serve` and Spark then answer what the bundle's model does.
    """
    with told():
        from models.bundle import open_bundle
        from training.case_tables import named_events, require_place, write_table
        from training.drift.drift import see
        from training.features_table import features_table, left_out
        from training.terminal import progress_on

        require_place(out, "--out", history, context, str(mapping) if mapping else None)
        bundle = open_bundle(folder)
        model, read = model_of(bundle, task), opened(history, mapping)
        untold_of(model, read)
        before = known_before(model, bundle.standing or [], read, opened(context, mapping) if context else None)
        with progress_on(_console) as progress:
            seen = see(model, read, before.known, load_policy(policy), progress, without_outcome=True)
            named = named_events(read, progress)
            progress.step(f"writing {out.name}")
            write_table(features_table(model, seen, named.events), out)
        rows = len(seen.known.times)
        if named.cases > rows:
            note(left_out(task, read, named.cases - rows))
        width = len(model.features().names)
        _console.print(f"wrote {rows:,} cases and their {width} features to {out}", soft_wrap=True, highlight=False)
