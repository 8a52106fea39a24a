"""Rows in which hardly a cell is filled, unlike all others: the footer of an export, a row that a cut left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.tables.cells import row_name
from training.tables.problems import shown

THIN = 0.1
"""Share of the columns up to which a row is nearly empty; one cell always is."""
FULLER = 4
"""Times as many cells, at least, that the rows in the middle fill."""
FEW = 0.01
"""Share of the rows up to which they are unlike the others."""
ALWAYS = 0.99
"""Share of the other rows that a column must fill to tell them apart."""


@dataclass(frozen=True)
class ThinRows:
    """The nearly empty rows of a table."""

    count: int
    of: int
    shown: str
    """One of them: its number and what it holds."""
    column: str | None
    """A column that is empty in all of them and filled in nearly all others; None where none is."""


def thin_rows(frame: pd.DataFrame, missing: Sequence[str]) -> ThinRows | None:
    """The rows of a table that are nearly empty, where few are; `missing` are words that mean nothing is known."""
    filled = np.column_stack([_filled(frame.iloc[:, place], missing) for place in range(frame.shape[1])])
    cells = filled.sum(axis=1)
    most = max(1, int(THIN * filled.shape[1]))
    thin = cells <= most
    if not thin.any() or thin.mean() > FEW or np.median(cells) < FULLER * most:
        return None
    place = int(np.flatnonzero(thin)[0])
    return ThinRows(int(thin.sum()), len(frame), _shown(frame, filled, place), _column(frame, filled, thin))


def _filled(cells: pd.Series[Any], missing: Sequence[str]) -> NDArray[np.bool_]:
    there = cells.notna().to_numpy(bool)
    if pd.api.types.is_object_dtype(cells) or pd.api.types.is_string_dtype(cells):
        there = there & ~cells.isin(["", *missing]).to_numpy(bool)
    return np.asarray(there)


def _shown(frame: pd.DataFrame, filled: NDArray[np.bool_], place: int) -> str:
    held = [
        f"{shown(frame.iloc[place, column])} as {frame.columns[column]}" for column in np.flatnonzero(filled[place])
    ]
    number = int(frame.index[place]) + 1
    return f"{row_name(number)}, which holds {' and '.join(held) or 'no cell at all'}"


def _column(frame: pd.DataFrame, filled: NDArray[np.bool_], thin: NDArray[np.bool_]) -> str | None:
    tells = ~filled[thin].any(axis=0) & (filled[~thin].mean(axis=0) >= ALWAYS)
    return str(frame.columns[int(np.argmax(tells))]) if tells.any() else None
