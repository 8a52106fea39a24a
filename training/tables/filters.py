"""Which rows of a table a mapping's `where` keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from training.errors import MappingError
from training.tables.bounds import reader_of
from training.tables.cells import CellError
from training.tables.mapping import Mapping
from training.tables.problems import shown
from training.tables.sources import Condition
from training.tables.values import text_of


def kept_rows(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The rows for which every condition holds, each with its old index.

    Raises:
        MappingError: no row is left, or a bound is no instant.
    """
    holds = {column: _holds(frame[column], each, mapping) for column, each in mapping.where.items()}
    kept = np.ones(len(frame), np.bool_)
    for passes in holds.values():
        kept &= passes.to_numpy(np.bool_)
    if len(frame) and not kept.any():
        worst = min(holds, key=lambda column: holds[column].sum())
        raise MappingError(f"where.{worst}", _none_left(frame[worst], holds[worst], mapping))
    return frame[kept]


def _holds(cells: pd.Series[Any], condition: Condition, mapping: Mapping) -> pd.Series[bool]:
    """True where the cell passes."""
    words = cells.map(text_of, na_action="ignore")
    filled = words.notna() & ~words.isin(["", *mapping.missing])
    if condition.filled is False:
        return ~filled
    holds = filled
    if condition.one_of:
        holds = holds & words.isin(condition.one_of)
    if condition.none_of:
        holds = holds & ~words.isin(condition.none_of)
    return holds & _within(cells, condition, mapping)


def _within(cells: pd.Series[Any], condition: Condition, mapping: Mapping) -> pd.Series[bool]:
    """True where the cell lies between the bounds there are."""
    within = pd.Series(True, cells.index)
    for name, bound in condition.bounds.items():
        key = f"where.{cells.name}"
        reader = reader_of(key, condition, bound, mapping)
        try:
            edge = reader.bound(bound)
        except CellError as error:
            raise MappingError(
                f"{key}.{name}", f"expected a number or an instant as ISO 8601, got {bound!r}"
            ) from error
        values = reader.cells(cells)
        within &= values >= edge if name == "at_least" else values < edge
    return within


def _none_left(cells: pd.Series[Any], holds: pd.Series[bool], mapping: Mapping) -> str:
    """Which of its cells the condition that removes the most removes, and why where that is plain."""
    condition = mapping.where[str(cells.name)]
    counts = f"no row is left; this condition alone removes {int((~holds).sum()):,} of {len(cells):,}"
    removed = cells[~holds].dropna()
    if not len(removed):
        return f"{counts}, all of them empty cells"
    cell = removed.value_counts(sort=True).index[0]
    doubts = [reader_of("", condition, bound, mapping).doubt(cell) for bound in condition.bounds.values()]
    why = next((each for each in doubts if each), "check the condition against the words of the column")
    return f"{counts}, such as {shown(_plain(cell))}{',' if why.startswith('which') else ';'} {why}"


def _plain(cell: Any) -> Any:
    """A cell as the file writes it, not as a library holds it."""
    return cell if isinstance(cell, str) else text_of(cell)
