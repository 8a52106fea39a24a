"""Cells beside the bounds of a condition: as instants beside an instant, as numbers beside a number."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from training.errors import MappingError
from training.tables.cells import CellError, PointError
from training.tables.guesses import instant_remedy, number_remedy
from training.tables.mapping import Mapping
from training.tables.sources import Condition, Scalar, Source
from training.tables.values import MomentReader, number_reader, text_of

_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d\d)?")
_REST = "-01-01"


class Instants:
    """Reads the cells and the bounds of a column's condition as seconds since 1970, NaN where there is no instant."""

    def __init__(self, key: str, condition: Condition, mapping: Mapping) -> None:
        zone = condition.zone or mapping.zone or "UTC"
        self._formats = condition.format
        self._cell = MomentReader(key, Source(row=True, format=condition.format, zone=zone))
        self._bound = MomentReader(key, Source(row=True, zone=zone))

    def bound(self, bound: Scalar) -> float:
        """A bound is written in ISO 8601, whatever the column's format."""
        return self._bound(_begun(str(bound))).timestamp()

    def cells(self, cells: pd.Series[Any]) -> pd.Series[float]:
        """Every cell; what is no instant passes no bound."""
        return cells.map({cell: self._seconds(cell) for cell in cells.dropna().unique()}).astype(float)

    def doubt(self, cell: Any) -> str:
        """Why a cell passes no bound where it is no instant, and what to write; empty where it is one."""
        if not math.isnan(self._seconds(cell)):
            return ""
        expected = " or ".join(self._formats) or "ISO 8601"
        return f"which is no instant as {expected}: {instant_remedy(text_of(cell), self._formats)}"

    def _seconds(self, cell: Any) -> float:
        try:
            return self._cell(cell if self._formats or not isinstance(cell, str) else _begun(cell)).timestamp()
        except CellError:
            return math.nan


class Numbers:
    """Reads the cells of a column as numbers, written as the condition says or else the mapping, NaN where none is."""

    def __init__(self, key: str, condition: Condition, mapping: Mapping) -> None:
        self._key = key
        self._read = number_reader((), condition.decimal or mapping.decimal, condition.thousands or mapping.thousands)

    def bound(self, bound: Scalar) -> float:
        """A bound is a number already."""
        return float(bound)

    def cells(self, cells: pd.Series[Any]) -> pd.Series[float]:
        """Every cell; what is no number passes no bound. Raises MappingError where a point may stand for thousands."""
        return cells.map({cell: self._number(cell) for cell in cells.dropna().unique()}).astype(float)

    def doubt(self, cell: Any) -> str:
        """Why a cell passes no bound where it is no number, and what to write; empty where it is one."""
        text = text_of(cell)
        return f"which is no number: {number_remedy(text, alone=False)}" if math.isnan(self._number(cell)) else ""

    def _number(self, cell: Any) -> float:
        try:
            number = self._read(cell)
        except PointError as error:
            raise MappingError(self._key, error.told(cell)) from error
        except CellError:
            return math.nan
        return math.nan if number is None else float(number)


def reader_of(key: str, condition: Condition, bound: Scalar, mapping: Mapping) -> Instants | Numbers:
    """How the column is read beside this bound. Raises MappingError for an unknown zone."""
    return Instants(key, condition, mapping) if isinstance(bound, str) else Numbers(key, condition, mapping)


def _begun(text: str) -> str:
    """A year or a month alone stands for its first day."""
    text = text.strip()
    return text + _REST[len(text) - 4 :] if _YEAR_OR_MONTH.fullmatch(text) else text
