"""A number far outside all others of its column that occurs often: most likely a word for "nobody knows"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.check.columns import Column
from training.tables.values import text_of

OFTEN = 0.005
"""Share of the numbers that it must be, at least."""
FEWEST = 20
"""Cells that it must be, at least."""
FEWEST_OTHERS = 5
"""Other numbers that there must be to say where the usual ones lie."""
FAR = 2.0
"""How far outside it must be, by the distance between the smallest and the largest of the others."""


@dataclass(frozen=True)
class LoneValue:
    """The number as a mapping names it, how often it is there, and between what the others lie."""

    word: str
    share: float
    low: float
    high: float


def lone_value(column: Column) -> LoneValue | None:
    """The number of a column that stands alone; None where none does."""
    if column.numbers is None:
        return None
    there = np.isfinite(column.numbers)
    values, counts = np.unique(column.numbers[there], return_counts=True)
    if len(values) <= FEWEST_OTHERS:
        return None
    for at, others in ((0, values[1:]), (-1, values[:-1])):
        gap, width = abs(others[at] - values[at]), others[-1] - others[0]
        far = gap > FAR * width or _is_said(values[at], float(others[0]))
        if far and counts[at] >= max(FEWEST, OFTEN * counts.sum()):
            share = float(counts[at] / counts.sum())
            return LoneValue(_word(column, float(values[at])), share, float(others[0]), float(others[-1]))
    return None


def _is_said(value: float, least: float) -> bool:
    """Whether it is one that people write for nothing known, -99 or -999, where no other number is below zero."""
    return value < 0.0 <= least and set(text_of(value)) == {"-", "9"} and value < -9.0


def _word(column: Column, value: float) -> str:
    """A whole number without its decimals, any other as the first of its cells writes it."""
    assert column.numbers is not None
    if value.is_integer():
        return text_of(value)
    return str(column.words[column.codes[np.flatnonzero(column.numbers == value)[0]]])
