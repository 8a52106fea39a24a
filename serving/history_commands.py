"""The command `history export`, which the front door puts beside the training room's `history check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from serving.command_words import DOCTOR
from serving.commands import Database, Folder, err, settings_of

if TYPE_CHECKING:
    from serving.history_export import Exported

app = typer.Typer(no_args_is_help=True)
history = typer.Typer(help="Take the service's use out as a history.")
app.add_typer(history, name="history", no_args_is_help=True)


@app.callback()
def rooms() -> None:
    """Histories."""


@history.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write: .jsonl or .jsonl.gz.")],
    folder: Folder = None,
    db: Database = None,
) -> None:
    """Write what was recommended, decided and told as a native history that `train` reads.

    What people decided is kept as a signal, never as a label. An outcome counts for more where cases like it seldom
    tell theirs.
    """
    from serving.history_export import CannotExport, export_history

    try:
        done = export_history(settings_of(folder=folder, db=db), out)
    except CannotExport as error:
        say(str(error))
        raise typer.Exit(2) from None
    say(told(done, out))


def say(words: str) -> None:
    """Words for people, to the error stream: unwrapped, and nothing in them is markup."""
    err.print(Text(words), soft_wrap=True)


def told(done: Exported, out: Path) -> str:
    """What was exported, in lines for people."""
    first = f"{done.cases:,} cases in {out}: {done.known:,} with an outcome, {done.reviewed:,} decided on by people"
    each = (
        f"  {stratum.name}: {stratum.known:,} of {stratum.cases:,} known, "
        + ("so nothing can be learned of them" if stratum.weight is None else f"each counts for {stratum.weight:.2f}")
        for stratum in done.strata
    )
    return "\n".join([first, *_left_out(done), *each])


def _left_out(done: Exported) -> Iterator[str]:
    """What somebody altered in the database, and whoever trains must know is not among the lines."""
    for what, count in (("cases", done.altered_cases), ("outcomes", done.altered_outcomes)):
        if count:
            yield f"  left out: {count:,} {what} that somebody altered in the database; {DOCTOR} says what was altered"
