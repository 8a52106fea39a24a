"""Other files beside the main one: plain joins where a key has one row there, named aggregates where it has several."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from training.errors import HistoryError, MappingError
from training.tables.cells import CellError, PointError
from training.tables.files import file_digest, read_file
from training.tables.mapping import Mapping
from training.tables.names import columns_there
from training.tables.sources import Aggregate, Joined
from training.tables.values import number_reader, text_of

PART = "\x1f"
"""What stands between the parts of a key of several columns."""


@dataclass(frozen=True)
class Join:
    """How many rows of the main table found a row of another file."""

    key: str
    """The mapping's key of the join: `files.items`."""
    file: str
    share: float
    ours: str | None
    """A key of the main table that found none, else any; None where all are empty."""
    theirs: str | None
    columns: tuple[str, ...] = field(default=(), compare=False)
    """All columns of the file, `items.price`, also those that no row of ours gets."""


def joined(frame: pd.DataFrame, folder: Path, mapping: Mapping) -> tuple[pd.DataFrame, tuple[Join, ...]]:
    """The main table with the columns of the mapping's other files, each named `FILE.COLUMN`; no row more or less.

    Beside it what each join found.

    Raises:
        HistoryError: a file that cannot be read, or a cell that is no number where one is added up.
        MappingError: a column that is not there, or a key with several rows and nothing said about them.
    """
    joins = []
    for name, other in mapping.files.items():
        table = read_file(folder / other.file, other.encoding or mapping.encoding)
        frame, join = _with(frame, f"files.{name}", name, other, table, mapping)
        joins.append(join)
    return frame, tuple(joins)


def joined_digests(folder: Path, mapping: Mapping) -> dict[str, str]:
    """The digest of each of the mapping's other files, by its name in the mapping."""
    return {name: file_digest(folder / other.file) for name, other in mapping.files.items()}


def _with(
    frame: pd.DataFrame, key: str, name: str, other: Joined, table: pd.DataFrame, mapping: Mapping
) -> tuple[pd.DataFrame, Join]:
    ours, theirs = list(other.key), list(other.key.values())
    _refuse_turned_round(f"{key}.key", other, frame, table)
    _require(f"{key}.key", ours, frame, "the table so far")
    _require(f"{key}.key", theirs, table, other.file)
    _require(f"{key}.each", [each.column for each in other.each.values() if each.column], table, other.file)
    columns = tuple(f"{name}.{column}" for column in table.columns)
    keys = _keys(table, theirs)
    table = _aggregated(table, keys, key, other, mapping) if other.each else _single(table, keys, key, other)
    asked = _keys(frame, ours)
    found = table.reindex(asked)
    join = replace(_found(key, other.file, asked, table.index), columns=columns)
    counts = [column for column, each in other.each.items() if each.way == "count"]
    found[counts] = found[counts].fillna(0)
    found.columns = pd.Index([f"{name}.{column}" for column in found.columns])
    return pd.concat([frame, found.set_axis(frame.index)], axis=1), join


def _found(key: str, file: str, asked: pd.Index[Any], there: pd.Index[Any]) -> Join:
    finds = asked.isin(there)
    ours = [*asked[asked.notna() & ~finds][:1], *asked[finds][:1], None][0]
    return Join(key, file, float(finds.mean()) if len(finds) else 0.0, _shown(ours), _shown([*there[:1], None][0]))


def _shown(key: str | None) -> str | None:
    return None if key is None else str(key).replace(PART, ", ")


def _refuse_turned_round(key: str, other: Joined, frame: pd.DataFrame, table: pd.DataFrame) -> None:
    """Raise MappingError for a key that fits only the other way round."""
    if not _fits(other.key, frame, table) and _fits(turned := {b: a for a, b in other.key.items()}, frame, table):
        written = ", ".join(f"{ours}: {theirs}" for ours, theirs in turned.items())
        raise MappingError(
            key,
            f"is turned round, for it is ours: theirs, a column of the table so far and then one of {other.file}; "
            f"write {{{written}}}",
        )


def _fits(key: dict[str, str], frame: pd.DataFrame, table: pd.DataFrame) -> bool:
    return key.keys() <= set(frame.columns) and set(key.values()) <= set(table.columns)


def _require(key: str, columns: list[str], table: pd.DataFrame, where: str) -> None:
    for column in columns:
        if column not in table.columns:
            raise MappingError(key, f"names column {column!r}; {columns_there(column, map(str, table.columns), where)}")


def _keys(table: pd.DataFrame, columns: list[str]) -> pd.Index[Any]:
    """One word a row: 7, 7.0 and "7" are one key whatever the files hold; None where a part is empty."""
    parts = [table[column].map(text_of, na_action="ignore") for column in columns]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + PART + part
    return pd.Index(whole.astype(object).where(whole.notna(), None))


def _single(table: pd.DataFrame, keys: pd.Index[Any], key: str, other: Joined) -> pd.DataFrame:
    # The key is a column of the table so far already.
    table = table.set_axis(keys)[keys.notna()].drop(columns=list(other.key.values()))
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise MappingError(
            key, f"{other.file} has several rows for {twice[0]!r}; say what to make of them with each, such as count"
        )
    return table


def _aggregated(table: pd.DataFrame, keys: pd.Index[Any], key: str, other: Joined, mapping: Mapping) -> pd.DataFrame:
    made = {}
    for name, each in other.each.items():
        if each.column is None:
            made[name] = keys.to_series(index=keys).groupby(level=0).size()
            continue
        cells = table[each.column]
        if each.way in ("sum", "mean") or (
            each.way in ("min", "max") and _all_numbers(cells, f"{key}.each.{name}", each, mapping)
        ):
            cells = _numbers(cells, f"{key}.each.{name}", each, mapping)
        made[name] = getattr(cells.set_axis(keys).groupby(level=0), each.way)(**_options(each))
    return pd.DataFrame(made)


def _options(each: Aggregate) -> dict[str, Any]:
    """A sum of nothing is absent, not 0."""
    return {"min_count": 1} if each.way == "sum" else {}


def _all_numbers(cells: pd.Series[Any], key: str, each: Aggregate, mapping: Mapping) -> bool:
    try:
        _numbers(cells, key, each, mapping)
    except HistoryError as error:
        if isinstance(error.__cause__, PointError):
            raise
        return False
    return True


def _numbers(cells: pd.Series[Any], key: str, each: Aggregate, mapping: Mapping) -> pd.Series[float]:
    """Floats, read as the column or else the mapping writes them; absent where the cell says that nothing is known."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype(float)
    read = number_reader(mapping.missing, each.decimal or mapping.decimal, each.thousands or mapping.thousands)
    values = {}
    for cell in cells.dropna().unique():
        try:
            values[cell] = read(cell)
        except CellError as error:
            raise HistoryError(f"mapping key {key!r}: {error.told(cell)}") from error
    return cells.map(values).astype(float)
