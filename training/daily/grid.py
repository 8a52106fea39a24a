"""A daily table as arrays: a row per shelf (an article in a node), a column per calendar day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.daily.mapping import Cells, Condition, DailyMapping
from training.errors import HistoryError, MappingError
from training.tables.names import columns_there

Floats = NDArray[np.float64]
Cells2D = NDArray[np.float32]
"""Sales and hours of a table need no more digits than it gives; half the memory."""

FACTS = ("sold", "stockout_hours", "late_hours", "promotion", "holiday", "price_share")


@dataclass(frozen=True)
class Grid:
    """s shelves on t consecutive days, NaN where nothing is told.

    `facts` float32[s, t] by name of `FACTS`; `parts` and `gaps` float32[parts, s, t] units sold and hours out of stock
    in each part of the day; `exists` whether the table has the row; `asked` whether the question about a day is asked,
    by the day before; `empty` 1 where the shelf ran empty; `labels` the shelf's words, object[s] by name (`node`,
    `sku`, `region`, `category`, `attribute:NAME`).
    """

    first_day: date
    facts: dict[str, Cells2D]
    parts: Cells2D
    gaps: Cells2D
    exists: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    empty: Cells2D
    labels: dict[str, NDArray[np.object_]]

    @property
    def shape(self) -> tuple[int, int]:
        """Shelves and days."""
        shelves, days = self.exists.shape
        return shelves, days

    def moment(self, day: int) -> datetime:
        """When the questions about a day are asked: as it begins, in UTC."""
        at = self.first_day + timedelta(days=day)
        return datetime(at.year, at.month, at.day, tzinfo=UTC)

    @cached_property
    def last_told(self) -> NDArray[np.int64]:
        """The last day with a row before each day, -1 where there is none: int64[s, t]."""
        last = np.maximum.accumulate(np.where(self.exists, np.arange(self.shape[1]), -1), axis=1)
        return np.hstack([np.full((len(last), 1), -1), last[:, :-1]])

    @cached_property
    def final_part(self) -> Cells2D:
        """What the last part that a case tells of sold on each day: float32[s, t]; it tells up to the first unknown."""
        final, told = np.full(self.shape, np.nan, np.float32), np.ones(self.shape, bool)
        for each in self.parts:
            told &= ~np.isnan(each)
            final = np.where(told, each, final)
        return final

    def answered(self) -> NDArray[np.bool_]:
        """Whether a question was asked and its day tells the answer, bool[s, t]."""
        return self.asked & self.exists & ~np.isnan(self.empty)


def grid_of(frame: pd.DataFrame, mapping: DailyMapping) -> Grid:
    """The table as arrays.

    Raises:
        MappingError: a column the table does not have, or that holds no numbers or days.
        HistoryError: a shelf with two rows of one day, or whose words change from day to day.
    """
    require_columns(frame, mapping)
    days = days_of(frame[mapping.day], mapping.day)
    shelf, names = shelves_of(frame, mapping)
    first = int(days.min())
    place = (shelf, days - first)
    shape = (len(names), int(days.max()) - first + 1)
    exists = np.zeros(shape, bool)
    exists[place] = True
    if int(exists.sum()) != len(frame):
        raise HistoryError(f"a {mapping.node} and {mapping.sku} have two rows of one {mapping.day}; keep one")

    def spread(cells: Cells | None) -> Cells2D:
        whole = np.full(shape, np.nan, np.float32)
        if cells is not None:
            whole[place] = numbers_of(frame, cells)
        return whole

    def stacked(each: tuple[Cells, ...]) -> Cells2D:
        return np.stack([spread(cells) for cells in each]) if each else np.empty((0, *shape), np.float32)

    told = mapping.told
    return Grid(
        first_day=date(1970, 1, 1) + timedelta(days=first),
        facts={name: spread(getattr(told, name)) for name in FACTS},
        parts=stacked(told.sold_by_part),
        gaps=stacked(told.stockout_by_part),
        exists=exists,
        asked=_asked(mapping.asked_if, spread, shape),
        empty=_held(spread(mapping.ran_empty), mapping.ran_empty),
        labels=_labels(frame, mapping, shelf, len(names)),
    )


def require_columns(frame: pd.DataFrame, mapping: DailyMapping) -> None:
    """Raises MappingError where the table lacks a column that the mapping reads."""
    missing = [column for column in mapping.columns if column not in frame.columns]
    if missing:
        raise MappingError(
            missing[0], f"no such column; {columns_there(missing[0], map(str, frame.columns), 'the file')}"
        )


def days_of(column: pd.Series, name: str) -> NDArray[np.int64]:
    """Days since 1970 of a column of days.

    Raises:
        MappingError: a cell that is no day.
        HistoryError: an empty cell.
    """
    try:
        moments = pd.to_datetime(column)
    except (ValueError, TypeError) as error:
        raise MappingError("day", f"column {name!r} holds no calendar days, such as 2026-11-23 ({error})") from error
    if moments.isna().any():
        raise HistoryError(f"column {name!r} has an empty cell; every row needs its day")
    return np.asarray(moments.to_numpy().astype("datetime64[D]").astype(np.int64))


def shelves_of(frame: pd.DataFrame, mapping: DailyMapping) -> tuple[NDArray[np.int64], pd.MultiIndex]:
    """The shelf of every row, numbered in the order of node and article."""
    keys = pd.MultiIndex.from_frame(frame[[mapping.node, mapping.sku]].astype(str))
    codes, names = keys.factorize(sort=True)
    return codes.astype(np.int64), names


def numbers_of(frame: pd.DataFrame, cells: Cells) -> Cells2D:
    """What a source gives for every row, NaN where nothing is told. Raises MappingError: no numbers."""
    try:
        numbers = pd.to_numeric(frame[cells.column])
    except (ValueError, TypeError) as error:
        raise MappingError(cells.column, f"holds something that is no number ({error})") from error
    if cells.bits is None:
        return np.asarray(numbers.to_numpy(np.float32, na_value=np.nan))
    first, end = cells.bits
    bits = numbers.fillna(0).to_numpy(np.int64)
    counted = np.bitwise_count((bits >> first) & ((1 << (end - first)) - 1)).astype(np.float32)
    return np.where(numbers.notna(), counted, np.float32(np.nan))


def _held(numbers: Cells2D, condition: Condition) -> Cells2D:
    """1 where the condition holds, 0 where not, NaN where the number is not known."""
    if condition.at_least is not None:
        holds = numbers >= condition.at_least
    elif condition.at_most is not None:
        holds = numbers <= condition.at_most
    else:
        holds = numbers == condition.equals
    return np.where(np.isnan(numbers), np.float32(np.nan), holds.astype(np.float32))


def _asked(
    condition: Condition | None, spread: Callable[[Cells], Cells2D], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Whether the day before lets the question be asked; of the first day nothing is known."""
    asked = np.ones(shape, bool)
    asked[:, 0] = False
    if condition is not None:
        asked[:, 1:] = _held(spread(condition), condition)[:, :-1] == 1.0
    return asked


def _labels(
    frame: pd.DataFrame, mapping: DailyMapping, shelf: NDArray[np.int64], n: int
) -> dict[str, NDArray[np.object_]]:
    columns = {"node": mapping.node, "sku": mapping.sku, "region": mapping.region, "category": mapping.category}
    columns |= {f"attribute:{name}": word.column for name, word in mapping.attributes.items()}
    labels: dict[str, NDArray[np.object_]] = {}
    for name, column in columns.items():
        if column is None:
            continue
        codes, words = pd.factorize(frame[column])
        of_shelf = np.full(n, -1, np.int64)
        of_shelf[shelf] = codes
        if not np.array_equal(of_shelf[shelf], codes):
            raise HistoryError(f"column {column!r} changes from day to day for a node and article; it must not")
        texts = np.array([*map(str, words), None], dtype=object)
        labels[name] = texts[of_shelf]
    return labels
