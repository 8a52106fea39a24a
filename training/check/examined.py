"""A history as the check looks at it: every column of the table, its cases, their moments and what then happened."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.outcome import HistoryLine
from data.record import plain
from data.vocabulary import Task
from features.wording import NO_WORDS, Wordings
from training.check.columns import Codes, Column, Floats, read_column
from training.check.derived import derived_columns
from training.check.thin_rows import ThinRows, thin_rows
from training.errors import HistoryError
from training.histories.history import MappedHistory, Table, open_history, open_table
from training.histories.maturity import Maturity, maturity_of
from training.histories.split import is_timeless
from training.histories.truth import UNKNOWN, truth_of
from training.tables.files import require_columns
from training.tables.filters import kept_rows
from training.tables.joins import Join
from training.tables.mapping import Mapping as TheMapping
from training.tables.sources import Source
from training.tables.values import text_of

Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Counted:
    """The rows of the whole history, before any was left out or taken as a sample."""

    rows: int
    left_by_where: int = 0


@dataclass(frozen=True)
class Examined:
    """All rows of a table that `where` keeps, or a sample of them; some of these are cases."""

    name: str
    log: Mapping[str, Column]
    """Every column, over every row."""
    of_case: Codes
    """The number of each row's case; a case's rows follow one another as in the table."""
    chosen: NDArray[np.intp]
    """The rows that are cases to the mapping's view, in order of their events' times."""
    times: Floats
    """Seconds since 1970 of the chosen rows' events."""
    truths: Mapping[Task, NDArray[np.int64]]
    """What happened to the chosen rows' cases, by task: the label's index, 0 or 1; `UNKNOWN` where nobody knows."""
    events: tuple[tuple[str, str], ...]
    """The source and the name of the chosen rows' events."""
    recorded: Floats
    """Seconds since 1970 when the chosen rows' outcomes became known, NaN where none is."""
    counted: Counted
    joins: tuple[Join, ...] = ()
    """What each of the joined files had for the rows of the whole table."""
    thin: ThinRows | None = None
    """The nearly empty rows of the whole table."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """In how many of the chosen rows a key is empty without which a record of the case is left out."""
    derived: Mapping[str, Column] = field(default_factory=dict)
    """The numbers that the mapping derives, over the chosen rows."""
    maturities: Mapping[Task, Maturity] = field(default_factory=dict)
    """Where outcomes of the chosen rows are not known yet, what the known ones say of them."""

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column over the chosen rows."""
        return {name: column.at(self.chosen) for name, column in self.log.items()}

    @cached_property
    def first(self) -> NDArray[np.intp]:
        """The first row of each case, in order of the cases' numbers."""
        return np.unique(self.of_case, return_index=True)[1]

    @cached_property
    def last(self) -> NDArray[np.intp]:
        """The last row of each case."""
        backwards = np.unique(self.of_case[::-1], return_index=True)[1]
        return len(self.of_case) - 1 - backwards

    @cached_property
    def is_log(self) -> bool:
        """Whether cases have rows enough to see them change: half of them have several."""
        return bool(len(self.first)) and bool((self.first != self.last).mean() >= 0.5)

    def truth_of_cases(self, task: Task) -> NDArray[np.int64]:
        """What happened to each case, by its number."""
        truths = np.full(len(self.first), UNKNOWN, np.int64)
        truths[self.of_case[self.chosen]] = self.truths[task]
        return truths


def examine(history: Path | str, mapping: TheMapping | None, sample: int) -> Examined:
    """Read a history whole, or so many of its cases that about `sample` rows are read.

    Raises:
        HistoryError: a history that cannot be read.
        MappingError: a mapping that does not fit it.
    """
    if mapping is None:
        return _native(history, sample)
    table = open_table(history, mapping)
    require_columns(table.frame, mapping)
    frame = kept_rows(table.frame, mapping)
    counted = Counted(len(table.frame), len(table.frame) - len(frame))
    thin = thin_rows(frame, mapping.missing)
    words = _case_words(frame, mapping)
    frame = frame[_sampled(words, sample)]
    mapped = MappedHistory(Table(table.name, table.digest, frame), mapping)
    places = {number: place for place, number in enumerate((frame.index + 1).tolist())}
    numbered = list(mapped.numbered_lines())
    return _examined(
        table.name,
        {str(name): read_column(frame[name], mapping) for name in frame.columns},
        words[_sampled(words, sample)],
        [places[number] for number, _ in numbered],
        [line for _, line in numbered],
        counted,
        table.joins,
        thin,
        mapped.left_out(),
        mapping.wordings,
    )


def _case_words(frame: pd.DataFrame, mapping: TheMapping) -> NDArray[np.str_]:
    """The name of each row's case: its exception's columns, or the row itself."""
    source: Source = mapping.facts["exception_id"]
    if not source.columns:
        return np.array([str(number) for number in frame.index], np.str_)
    parts = [frame[column].map(text_of, na_action="ignore").fillna("") for column in source.columns]
    whole = parts[0].astype(str)
    for part in parts[1:]:
        whole = whole + "-" + part.astype(str)
    return np.array(whole, np.str_)


def _sampled(words: NDArray[np.str_], sample: int) -> Rows:
    """Whole cases, by a hash of their names."""
    if len(words) <= sample:
        return np.ones(len(words), bool)
    names, case = np.unique(words, return_inverse=True)
    share = np.array([zlib.crc32(name.encode()) for name in names]) / 2**32
    return np.asarray((share < sample / len(words))[case])


NO_USE = {"standing": None, "served": None, "selection": None}
"""What an exported line says of the service itself: nothing that a sender's column could hold."""


def _native(history: Path | str, sample: int) -> Examined:
    """A native history: every fact of its cases is a column, the first of each list standing for it."""
    opened = open_history(history)
    read = list(opened.lines())
    words = np.array([line.case.exception_id for line in read], np.str_)
    kept = np.flatnonzero(_sampled(words, sample))
    lines = [read[place] for place in kept]
    frame = pd.DataFrame([dict(_leaves(plain(line.model_copy(update=NO_USE)), "")) for line in lines])
    columns = {str(name): read_column(frame[name], None) for name in frame.columns}
    return _examined(opened.name, columns, words[kept], list(range(len(lines))), lines, Counted(len(read)))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if value:
            yield from _leaves(value[0], f"{path}.0")
    else:
        yield path, value


def _examined(
    name: str,
    log: Mapping[str, Column],
    words: NDArray[np.str_],
    chosen: Sequence[int],
    lines: Sequence[HistoryLine],
    counted: Counted,
    joins: tuple[Join, ...] = (),
    thin: ThinRows | None = None,
    left_out: Mapping[str, int] | None = None,
    wordings: Wordings = NO_WORDS,
) -> Examined:
    if not lines:
        raise HistoryError(f"{name} holds no case")
    truths = {task: np.array([truth_of(task, line) for line in lines], np.int64) for task in Task}
    timeless = is_timeless(np.array([line.case.event.time.timestamp() for line in lines]))
    young = {} if timeless else {task: maturity_of(task, lines, truth) for task, truth in truths.items()}
    return Examined(
        name=name,
        log=log,
        of_case=np.unique(words, return_inverse=True)[1].astype(np.int64),
        chosen=np.array(chosen, np.intp),
        times=np.array([line.case.event.time.timestamp() for line in lines], np.float64),
        truths={task: truth for task, truth in truths.items() if (truth != UNKNOWN).any()},
        events=tuple((line.case.event.source, line.case.event.id) for line in lines),
        recorded=np.array(
            [line.outcome.recorded_at.timestamp() if line.outcome else np.nan for line in lines], np.float64
        ),
        counted=counted,
        joins=joins,
        thin=thin,
        left_out=left_out or {},
        derived=derived_columns(lines, wordings),
        maturities={task: found for task, found in young.items() if found is not None},
    )
