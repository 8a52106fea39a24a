"""A daily table as the check looks at it: how large it is as a whole, and some of its shelves row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.check.columns import Column, read_column
from training.daily.grid import days_of, grid_of, numbers_of, require_columns, shelves_of
from training.daily.mapping import Cells, DailyMapping
from training.errors import HistoryError

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Rows = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Extent:
    """How large a table is, all of it."""

    rows: int
    shelves: int
    """Articles in a node."""
    nodes: int
    articles: int
    first_day: date
    last_day: date
    missing: float
    """The share of all shelves' days, from the table's first to its last, that have no row."""
    gaps: float
    """The same share between each shelf's own first and last day."""


@dataclass(frozen=True)
class Sampled:
    """Whole shelves of a table, a row per shelf and day in time order, with what is asked of each day."""

    frame: pd.DataFrame
    shelves: int
    shelf: Places
    day: Places
    """Days since the sample's first day, in `first_day`."""
    first_day: date
    asked: Rows
    answered: Rows
    ran: Rows
    """Whether the shelf ran empty, where that is answered."""

    @cached_property
    def before(self) -> Places:
        """The row of the same shelf's day before, -1 where the table has none."""
        row = np.full((self.shelves, int(self.day.max()) + 2), -1, np.int64)
        row[self.shelf, self.day + 1] = np.arange(len(self.day))
        return row[self.shelf, self.day]

    def of_the_day_before(self, values: Floats) -> Floats:
        """Each row's value of the day before, NaN where there is none."""
        return np.where(self.before >= 0, values[self.before], np.nan)

    def numbers(self, cells: Cells) -> Floats:
        """What a source gives for every row."""
        return numbers_of(self.frame, cells).astype(np.float64)

    def column(self, name: str) -> Column:
        """A column of the table as it looks."""
        return read_column(self.frame[name], None)


def as_column(name: str, values: Floats) -> Column:
    """Numbers as a column whose words are its distinct numbers."""
    distinct, codes = np.unique(values[np.isfinite(values)], return_inverse=True)
    place = np.full(len(values), -1, np.int64)
    place[np.isfinite(values)] = codes
    return Column(name, place, tuple(map(str, distinct.tolist())), values)


def sampled(frame: pd.DataFrame, mapping: DailyMapping, rows: int) -> tuple[Extent, Sampled]:
    """How large a table is, and so many of its shelves that about `rows` rows are looked at.

    Raises:
        MappingError: a column the table does not have, or that holds no numbers or days.
        HistoryError: an empty table, or a shelf with two rows of one day or words that change from day to day.
    """
    require_columns(frame, mapping)
    if not len(frame):
        raise HistoryError("the table has no row")
    names = pd.util.hash_pandas_object(frame[[mapping.node, mapping.sku]], index=False).to_numpy()
    shelf, hashes = pd.factorize(names)
    day = days_of(frame[mapping.day], mapping.day)
    extent = _extent(frame, mapping, shelf.astype(np.int64), day)
    chosen = np.zeros(extent.shelves, bool)
    chosen[np.argsort(hashes)[: max(1, round(extent.shelves * rows / len(frame)))]] = True
    return extent, _sample(frame[chosen[shelf]], mapping)


def _extent(frame: pd.DataFrame, mapping: DailyMapping, shelf: Places, day: Places) -> Extent:
    shelves, first, last = int(shelf.max()) + 1, int(day.min()), int(day.max())
    days = last - first + 1
    if len(np.unique(shelf * days + day - first)) < len(frame):
        raise HistoryError(f"a {mapping.node} and {mapping.sku} have two rows of one {mapping.day}; keep one")
    begins, ends = np.full(shelves, last), np.full(shelves, first)
    np.minimum.at(begins, shelf, day)
    np.maximum.at(ends, shelf, day)
    return Extent(
        rows=len(frame),
        shelves=shelves,
        nodes=int(frame[mapping.node].nunique()),
        articles=int(frame[mapping.sku].nunique()),
        first_day=EPOCH + timedelta(days=first),
        last_day=EPOCH + timedelta(days=last),
        missing=1.0 - len(frame) / (shelves * days),
        gaps=1.0 - len(frame) / int((ends - begins + 1).sum()),
    )


def _sample(frame: pd.DataFrame, mapping: DailyMapping) -> Sampled:
    day, shelf = days_of(frame[mapping.day], mapping.day), shelves_of(frame, mapping)[0]
    order = np.lexsort((shelf, day))
    frame, day, shelf = frame.iloc[order], day[order] - day.min(), shelf[order]
    grid = grid_of(frame, mapping)
    place: Any = (shelf, day)
    return Sampled(
        frame=frame,
        shelves=grid.shape[0],
        shelf=shelf,
        day=day,
        first_day=grid.first_day,
        asked=grid.asked[place],
        answered=grid.answered()[place],
        ran=grid.empty[place] == 1.0,
    )
