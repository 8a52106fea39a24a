"""Histories: past cases with their outcomes, in time order, from native JSON lines or a mapped table.

A history can be read again and again; nobody holds its cases in memory.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pandas as pd
from pydantic import ValidationError

from data.outcome import HistoryLine
from data.record import digest_of
from features.wording import NO_WORDS, Wordings
from training.errors import HistoryError
from training.histories.split import scattered
from training.tables.databases import is_address, path_of, read_query
from training.tables.files import CUT_SHORT, Row, file_digest, read_file, rows_of, select
from training.tables.filters import kept_rows
from training.tables.joins import Join, joined, joined_digests
from training.tables.mapped import RowMapper
from training.tables.mapping import Mapping, Naming


class History(Protocol):
    """Past cases in order of `case.event.time`."""

    @property
    def name(self) -> str:
        """The file's name."""
        ...

    @property
    def digest(self) -> str:
        """The digest of the file's bytes."""
        ...

    @property
    def mapping_digest(self) -> str | None:
        """The digest of the mapping; None for a native history."""
        ...

    @property
    def says(self) -> str:
        """What one case is, and the question, in the words of the mapping; empty where nobody said."""
        ...

    @property
    def horizon(self) -> str | None:
        """Within what time of its case a stock-out fell, an ISO 8601 duration; None where nobody said."""
        ...

    @property
    def naming(self) -> Naming:
        """What names an event: two histories that name theirs alike know the same event by the same name."""
        ...

    @property
    def wordings(self) -> Wordings:
        """How people name the retailer's own attributes; empty where nobody said."""
        ...

    def lines(self) -> Iterator[HistoryLine]:
        """The cases from the first on. Raises HistoryError with the line that is wrong."""
        ...


def open_history(history: Path | str, mapping: Mapping | None = None) -> History:
    """The history in a file: native JSON lines without a mapping, any supported table or database with one.

    Raises:
        HistoryError: a file that cannot be read, a database that does not answer.
        MappingError: a mapping that does not fit the file.
    """
    if mapping is not None:
        return MappedHistory(open_table(history, mapping), mapping)
    path = Path(history)
    digest = file_digest(path)
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise HistoryError(f"{path.name}: a native history is .jsonl or .jsonl.gz; give --mapping for a table")
    return NativeHistory(path, digest)


@dataclass(frozen=True)
class Table:
    """A whole table with the columns of the files joined to it, its name and its digest."""

    name: str
    digest: str
    frame: pd.DataFrame
    joins: tuple[Join, ...] = ()
    """What each of the joined files had for the table's rows."""


def open_table(history: Path | str, mapping: Mapping) -> Table:
    """The table a mapping is for: a file with those beside it, or the rows of a query.

    Raises:
        HistoryError: a file that cannot be read, a database that does not answer.
        MappingError: a mapping that does not fit the files, or names no query for a database.
    """
    if is_address(str(history)):
        return Table(*read_query(str(history), mapping.query))
    path = path_of(history, mapping.query)
    digest, others = file_digest(path), joined_digests(path.parent, mapping)
    frame, joins = joined(read_file(path, mapping.encoding), path.parent, mapping)
    return Table(path.name, digest_of({**others, "": digest}) if others else digest, frame, joins)


@dataclass(frozen=True)
class NativeHistory:
    """A file of JSON lines, each a `HistoryLine`."""

    path: Path
    digest: str
    mapping_digest: None = None
    says: str = ""
    horizon: None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def naming(self) -> Naming:
        """Its lines name their events."""
        return {}

    @property
    def wordings(self) -> Wordings:
        """Its lines say no more of an attribute than its value."""
        return NO_WORDS

    def lines(self) -> Iterator[HistoryLine]:
        """The cases in the file's order, which must be time's."""
        opener = gzip.open if self.path.suffix == ".gz" else open
        with opener(self.path, "rb") as file:
            parsed = (_parsed(text, number) for number, text in enumerate(_whole(file, self.name), 1) if text.strip())
            yield from _in_order(parsed)


class MappedHistory:
    """A table read through a mapping: the rows its view keeps, sorted by `case.event.time`.

    Where all cases carry one moment, no order is time's; they come in the order that `training.histories.split` splits.
    """

    def __init__(self, table: Table, mapping: Mapping) -> None:
        self.name, self.digest = table.name, table.digest
        self.mapping_digest: str | None = mapping.digest
        self.says, self.naming, self.horizon = mapping.says, mapping.naming, mapping.horizon
        self.attributes = frozenset(mapping.told_attributes())
        self.wordings: Wordings = mapping.wordings
        self._mapper = RowMapper(mapping)
        frame = _viewed(kept_rows(select(table.frame, mapping), mapping), mapping)
        frame = frame[self._running(frame, mapping)] if mapping.view.until else frame
        self._frame = frame.iloc[self._order(frame, mapping)]

    def lines(self) -> Iterator[HistoryLine]:
        """The cases in time order; those of one instant in the file's order."""
        for _, line in self.numbered_lines():
            yield line

    def numbered_lines(self) -> Iterator[tuple[int, HistoryLine]]:
        """The cases, each with the number of its row in the table."""
        for number, row in rows_of(self._frame):
            try:
                line = self._mapper.line(row, number)
            except HistoryError as error:
                raise self._first_fault(error) from error.__cause__
            yield number, line

    def left_out(self) -> Counter[str]:
        """In how many cases a key is empty without which a record of the case is left out."""
        return Counter(key for number, row in rows_of(self._frame) for key in self._mapper.left_out(row, number))

    def _first_fault(self, met: HistoryError) -> HistoryError:
        """What is wrong with the first row of the table that is wrong; time's order met another one first."""
        for number, row in rows_of(self._frame.sort_index()):
            try:
                self._mapper.line(row, number)
            except HistoryError as error:
                return error
        return met

    def _running(self, frame: pd.DataFrame, mapping: Mapping) -> list[bool]:
        until = mapping.view.until.columns if mapping.view.until else ()
        rows = _rows(frame, mapping.facts["event.time"].columns + until)
        return [not self._mapper.is_over(row, at, self._mapper.event_time(row, at)) for at, row in rows]

    def _order(self, frame: pd.DataFrame, mapping: Mapping) -> list[int]:
        rows = _rows(frame, mapping.facts["event.time"].columns)
        times = [self._mapper.event_time(row, at) for at, row in rows]
        if len(set(times)) > 1:
            return sorted(range(len(times)), key=times.__getitem__)
        rows = _rows(frame, mapping.facts["exception_id"].columns)
        ids = [self._mapper.exception_id(row, at) for at, row in rows]
        places = [scattered(each) for each in ids]
        return sorted(range(len(places)), key=places.__getitem__)


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """The rows with a few columns alone."""
    if columns:
        return rows_of(frame[list(dict.fromkeys(columns))])
    return ((number, {}) for number in (frame.index.to_numpy() + 1).tolist())


def _viewed(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The rows that are cases: a log of updates holds each case's first row first."""
    if mapping.view.rows == "every_update":
        return frame
    return frame.drop_duplicates(mapping.view.key, keep="first")


def _whole(file: Iterable[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from file
    except CUT_SHORT as error:
        raise HistoryError(f"{name} ends too early: it was not copied whole; fetch it again") from error


def _parsed(text: bytes, number: int) -> HistoryLine:
    try:
        return HistoryLine.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"]) or "the line"
        raise HistoryError(f"line {number}: {place}: {first['msg']}") from error


def _in_order(lines: Iterator[HistoryLine]) -> Iterator[HistoryLine]:
    last: datetime | None = None
    for number, line in enumerate(lines, start=1):
        time = line.case.event.time
        if last is not None and time < last:
            raise HistoryError(f"case {number} ({time}) is earlier than the one before ({last}); sort by event.time")
        last = time
        yield line
