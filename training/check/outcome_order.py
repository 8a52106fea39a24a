"""Numbers that lie in the order in which cases ended: a day count of the delivery, the number of the closing note.

Such a number may tell little of what came of a case by itself, and everything beside the promise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.check.columns import Column, Floats

FEWEST_STEPS = 50
"""Distinct moments below which an order may be chance."""
BROKEN = 0.02
"""The share of the moves from one moment to the next that may go the other way: slips of the pen."""


def lies_in_order_of(column: Column, ends: Sequence[Floats], times: Floats) -> bool:
    """Whether a column's numbers hardly ever fall, or hardly ever rise, as cases end later.

    `ends` are moments of their ending. What lies in the order of the cases' own `times` as well, as a row's number, may
    have been there from the start; and where cases end in the order in which they begin, nothing tells the two apart.
    """
    numbers = column.numbers
    if numbers is None or column.moments is not None or _in_order(numbers, times):
        return False
    return any(_in_order(numbers, end) and not _in_order(end, times) for end in ends)


def _in_order(numbers: Floats, moments: Floats) -> bool:
    told = np.isfinite(numbers) & np.isfinite(moments)
    if len(np.unique(numbers[told])) < FEWEST_STEPS:
        return False
    steps, place = np.unique(moments[told], return_inverse=True)
    if len(steps) < FEWEST_STEPS:
        return False
    falls, rises = _falls(numbers[told], place, len(steps)), _falls(-numbers[told], place, len(steps))
    return min(falls, rises) <= BROKEN * max(falls + rises, 1)


def _falls(numbers: Floats, place: NDArray[np.intp], steps: int) -> int:
    """At how many steps some number is smaller than one of the moment before."""
    smallest, largest = np.full(steps, np.inf), np.full(steps, -np.inf)
    np.minimum.at(smallest, place, numbers)
    np.maximum.at(largest, place, numbers)
    return int((smallest[1:] < largest[:-1]).sum())
