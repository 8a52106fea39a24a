"""One column of a table as codes, and as numbers or moments where it holds those: what the check looks at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.tables.mapping import Mapping
from training.tables.sources import NOT_A_NUMBER, Mark, Source, Thousands
from training.tables.values import attribute_converter, moment_converter, number_reader, text_of

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

MOSTLY = 0.95
"""Share of a column's distinct words that must be numbers or moments for the column to hold those."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Column:
    """The cells of a column, row by row."""

    name: str
    codes: Codes
    """The word's position among the column's distinct words; -1 where nothing is known."""
    words: tuple[str, ...]
    numbers: Floats | None = None
    """The cells as numbers, NaN where they are none; None where the column holds no numbers."""
    moments: Floats | None = None
    """The cells as seconds since 1970, NaN where they are none; None where the column holds no instants."""

    @property
    def missing(self) -> float:
        """The share of the rows in which nothing is known."""
        return float((self.codes < 0).mean()) if len(self.codes) else 0.0

    def at(self, rows: NDArray[Any]) -> Column:
        """Some of the rows."""
        numbers, moments = (None if each is None else each[rows] for each in (self.numbers, self.moments))
        return Column(self.name, self.codes[rows], self.words, numbers, moments)


def read_column(cells: pd.Series[Any], mapping: Mapping | None) -> Column:
    """A column as the mapping reads it, or as it looks where the mapping does not."""
    name = str(cells.name)
    positions, distinct = pd.factorize(cells)
    words = [text_of(cell) for cell in distinct]
    nothing = _nothing_known(name, mapping)
    known = np.array([bool(word) and not nothing(cell) for word, cell in zip(words, distinct, strict=True)], bool)
    levels, codes = np.unique(np.array(words, object)[known].astype(str), return_inverse=True)
    place = np.full(len(words) + 1, -1, np.int64)
    place[:-1][known] = codes
    moments = _converted(distinct, known, _moment_of(cells, mapping))
    numbers = None if moments is not None else _numbers(name, mapping, distinct, known)
    return Column(
        name,
        place[positions],
        tuple(levels.tolist()),
        None if numbers is None else numbers[positions],
        None if moments is None else moments[positions],
    )


def _nothing_known(name: str, mapping: Mapping | None) -> Callable[[Any], bool]:
    """Whether a cell means that nothing is known, to every source that reads the column."""
    if mapping is None:
        return lambda cell: False
    leaves = [leaf for _, source in mapping.sources() for leaf in source.leaves if name in leaf.columns]
    reads = [_reader_of(mapping.settled(leaf)) for leaf in leaves or [Source(row=True)]]
    return lambda cell: all(read(cell) is None for read in reads)


def _reader_of(source: Source) -> Callable[[Any], Any]:
    """How a source tells cells that say nothing, whatever its own kind."""
    kind: Literal["number", "category"] = "number" if NOT_A_NUMBER in source.missing else "category"
    return attribute_converter("", kind, source.model_copy(update={"values": {}}))


Convert = Callable[[Any], float | None]


def _converted(distinct: Any, known: NDArray[np.bool_], convert: Convert) -> Floats | None:
    """A value for each distinct cell and NaN at the end, for absent ones; None where most cells have none."""
    values = np.full(len(known) + 1, np.nan)
    for position in np.flatnonzero(known):
        try:
            value = convert(distinct[position])
        except (ValueError, TypeError):
            continue
        values[position] = np.nan if value is None else value
    enough = known.any() and np.isfinite(values).sum() >= MOSTLY * known.sum()
    return values if enough else None


def _numbers(name: str, mapping: Mapping | None, distinct: Any, known: NDArray[np.bool_]) -> Floats | None:
    """Numbers as the source that reads the column writes them, where one says so, or else as the mapping does; in one
    that nothing reads as numbers, as it looks: with points between thousands, or before decimals.
    """
    said = _number_source(name, mapping) or mapping
    ways: list[tuple[Mark | None, Thousands | None]] = [(said.decimal, said.thousands) if said else (None, None)]
    if ways == [(",", None)]:
        ways += [(",", "."), (None, None)]
    tried = (_converted(distinct, known, _number_of(*way)) for way in ways)
    return next((numbers for numbers in tried if numbers is not None), None)


def _number_of(decimal: Mark | None, thousands: Thousands | None) -> Convert:
    read = number_reader((), decimal, thousands)

    def of(cell: Any) -> float | None:
        if isinstance(cell, bool | np.bool_):
            raise ValueError("a flag is no number")
        value: float | None = read(cell)
        return value

    return of


def _moment_of(cells: pd.Series[Any], mapping: Mapping | None) -> Convert:
    """Instants as the mapping reads the column; in one that it does not read, what begins with a day in ISO 8601, or is
    written as other instants of the mapping are.
    """
    source = _time_source(str(cells.name), mapping)
    zone = (mapping and mapping.zone) or _zone_of_events(mapping) or "UTC"
    plain = moment_converter("", source or Source(row=True, zone=zone))
    forms = _formats(mapping)
    alike = moment_converter("", Source(row=True, zone=zone, format=forms)) if forms and source is None else None

    def of(cell: Any) -> float | None:
        iso = source is not None or isinstance(cell, datetime) or _DAY.match(str(cell))
        read = plain if iso else alike
        if read is None:
            raise ValueError("no day")
        moment: datetime | None = read(cell)
        return None if moment is None else moment.astimezone(UTC).timestamp()

    return of


def _number_source(name: str, mapping: Mapping | None) -> Source | None:
    """A source that reads the column in a way of its own."""
    for _, source in mapping.sources() if mapping else ():
        for leaf in source.leaves:
            if name in leaf.columns and (leaf.decimal or leaf.thousands) and mapping is not None:
                return mapping.settled(leaf)
    return None


def _formats(mapping: Mapping | None) -> tuple[str, ...]:
    """How the mapping's instants are written; not by seconds since 1970, which every number would be."""
    leaves = (leaf for _, source in mapping.sources() for leaf in source.leaves) if mapping else ()
    return tuple(dict.fromkeys(form for leaf in leaves for form in leaf.format if "%" in form))


def _zone_of_events(mapping: Mapping | None) -> str | None:
    return mapping.facts["event.time"].leaves[0].zone if mapping else None


def _time_source(name: str, mapping: Mapping | None) -> Source | None:
    """A source that reads the column in a format of its own."""
    for _, source in mapping.sources() if mapping else ():
        for leaf in source.leaves:
            if name in leaf.columns and leaf.format and mapping is not None:
                return mapping.settled(leaf.model_copy(update={"plus": None, "values": {}}))
    return None
