"""Numbers whose every point stands before three digits: most likely a mark of thousands that is read as decimals."""

from __future__ import annotations

import re

import numpy as np

from training.check.columns import Column

FEWEST = 20
"""Cells with a point, below which nothing is said."""
NEARLY_ALL = 0.98
"""Share of the cells with a point that must look like thousands."""
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+")
"""No number of thousands begins with 0, as 0.250 does."""


def mark_slip(column: Column) -> str | None:
    """A cell whose point is more likely a mark of thousands, where the column is read with decimals; None elsewhere.

    Decimals of three places are written in every cell; a mark of thousands is missing below a thousand.
    """
    if column.numbers is None:
        return None
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.words))
    pointed = {word: int(n) for word, n in zip(column.words, counts, strict=True) if "." in word}
    grouped = [word for word in pointed if _THOUSANDS.fullmatch(word)]
    cells = sum(pointed.values())
    if cells < FEWEST or sum(pointed[word] for word in grouped) < NEARLY_ALL * cells or cells == counts.sum():
        return None
    first = grouped[0]
    at = int(np.flatnonzero(column.codes == column.words.index(first))[0])
    return None if column.numbers[at] == float(first.replace(".", "")) else first
