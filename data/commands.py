"""The command `simulate`: a history of a simulated retailer, in one file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.console import console
from data.record import instant_text
from data.simulator import write_history
from data.targets import CannotWrite, require_file

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)


@app.callback()
def data() -> None:
    """Histories."""


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="The file to write: JSON lines, gzipped where it ends in .gz.")],
    cases: Annotated[int, typer.Option(min=1, help="How many lines.")] = 60_000,
    seed: Annotated[
        int, typer.Option(min=0, help="The world and its chances: the same seed gives the same bytes.")
    ] = 7,
    until: Annotated[
        str | None, typer.Option(help="Where the history ends, ISO 8601; default: today 00:00 UTC.")
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks it covers.")] = 26,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; the bytes do not depend on it.")] = 2,
) -> None:
    """Write a history of a simulated retailer: exceptions, decisions and outcomes, with known truth behind them.

    Any accuracy measured on it is accuracy on simulated data: say so wherever it is shown.
    """
    end = _moment(until)
    try:
        require_file(out, "--out")
    except CannotWrite as error:
        raise _refusal(str(error)) from None
    try:
        _write(out, cases, seed, end, weeks, workers)
    except OSError as error:
        raise _refusal(
            f"{out} cannot be written: {error.strerror}. Name a file in a folder you may write to."
        ) from None
    _console.print(f"{cases:,} cases of the {weeks} weeks before {instant_text(end)}, seed {seed}: {out}")


def _write(out: Path, cases: int, seed: int, end: datetime, weeks: int, workers: int) -> None:
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    if not _console.is_terminal:
        _console.print(f"simulating {cases:,} cases", highlight=False)
    with Progress(*columns, console=_console, transient=True) as bar:
        task = bar.add_task("simulating", total=cases)
        write_history(
            out,
            seed=seed,
            count=cases,
            until=end,
            weeks=weeks,
            workers=workers,
            progress=lambda written: bar.advance(task, written),
        )


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _refusal(f"--until got {text!r}; give a date or moment as ISO 8601 writes it, like 2026-11-23.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refusal(message: str) -> typer.Exit:
    _console.print(message, style="red", highlight=False, soft_wrap=True)
    return typer.Exit(2)
