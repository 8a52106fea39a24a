"""Which rows of a table a mapping's `where` keeps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from training.errors import MappingError
from training.tables.mapping import Mapping
from training.tables.sources import Condition, Scalar
from training.tables.values import text_of


def kept_rows(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The rows for which every condition holds, each with its old index.

    Raises:
        MappingError: no row is left.
    """
    kept = frame
    for column, condition in mapping.where.items():
        kept = kept[_holds(kept[column], condition, mapping)]
        if len(frame) and not len(kept):
            raise MappingError(f"where.{column}", "no row is left; check the words against those of the column")
    return kept


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
    if condition.at_least is not None:
        holds = holds & (_comparable(cells, condition.at_least) >= _bound(condition.at_least))
    if condition.below is not None:
        holds = holds & (_comparable(cells, condition.below) < _bound(condition.below))
    return holds


def _bound(bound: Scalar) -> Any:
    return pd.to_datetime(bound, utc=True) if isinstance(bound, str) else bound


def _comparable(cells: pd.Series[Any], bound: Scalar) -> Any:
    """Cells as instants beside a text, as numbers beside a number; what is neither passes no bound."""
    if isinstance(bound, str):
        return pd.to_datetime(cells, utc=True, errors="coerce", format="ISO8601")
    return pd.to_numeric(cells, errors="coerce")
