"""Tables with a row per case of a history: what names the case's event and when it was, then whatever is told of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from data.targets import require_file
from models.taught import event_key
from training.daily.events import event_id
from training.daily.history import CaseWriter, DailyHistory, questions_of
from training.errors import TrainingError
from training.histories.history import History
from training.histories.known import Known
from training.progress import Progress

KEYS = ("event_source", "event_id", "event_time")
"""The first columns: they tell which case a row is of."""
ENDINGS = (".parquet", ".csv")


class Event(NamedTuple):
    """What names a case's event."""

    source: str
    id: str


class Named(NamedTuple):
    """The events of a history by what stands for them, and how many cases it has."""

    events: dict[str, Event]
    cases: int


def require_place(out: Path, option: str, *read: str | None) -> None:
    """Refuse a file that could not be written, named by an option, before any work is done.

    Raises:
        TrainingError: another ending than those that are written, or one of the files that are read.
        CannotWrite: no such folder, or one that takes no files.
    """
    if out.suffix.lower() not in ENDINGS:
        raise TrainingError(f"{out} ends in {out.suffix or 'nothing'}: end {option} in {' or '.join(ENDINGS)}")
    require_file(out, option)
    if any(each and Path(each).resolve() == out.resolve() for each in read):
        raise TrainingError(f"{out} is read by this command and would be overwritten: name another file with {option}")


def naming_columns(known: Known, events: dict[str, Event]) -> pd.DataFrame:
    """The columns `KEYS` of some cases, of a history with these events."""
    named = [events[key] for key in known.events]
    moments = [datetime.fromtimestamp(each, UTC) for each in known.times.tolist()]
    return pd.DataFrame(
        {
            "event_source": pd.Series([each.source for each in named], dtype="str"),
            "event_id": pd.Series([each.id for each in named], dtype="str"),
            "event_time": pd.Series(moments, dtype="datetime64[us, UTC]"),
        }
    )


def named_events(history: History, progress: Progress) -> Named:
    """The names of a history's events: what was computed of its cases keeps only what stands for them."""
    if isinstance(history, DailyHistory):
        events = list(_questions(history))
    else:
        told = (line.case.event for line in progress.count(history.lines(), f"naming the cases of {history.name}"))
        events = [Event(each.source, each.id) for each in told]
    return Named({event_key(*each): each for each in events}, len(events))


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write a table by its file's ending, whole or not at all. What is not known is null, and an empty cell in CSV.

    Raises:
        TrainingError: the file cannot be written.
    """
    try:
        with _appearing_whole(out) as part:
            if out.suffix.lower() == ".csv":
                moments = [each.isoformat() for each in table["event_time"]]
                table.assign(event_time=moments).to_csv(part, index=False, lineterminator="\n")
            else:
                table.to_parquet(part, index=False)
    except OSError as error:
        says = error.strerror or error
        raise TrainingError(f"{out} cannot be written ({says}); free the disk or name another file") from error


def _questions(history: DailyHistory) -> Iterator[Event]:
    writer = CaseWriter(history.grid, history.mapping)
    shelves, days = questions_of(history.grid.exists)
    for shelf, day in zip(shelves.tolist(), days.tolist(), strict=True):
        yield Event(history.mapping.source, event_id(writer.names[shelf], writer.dates[day]))


@contextmanager
def _appearing_whole(path: Path) -> Iterator[BinaryIO]:
    """A temporary sibling that takes the file's name once it is whole, and is gone otherwise."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
