"""Numbers that lie in the order in which cases ended: a day count of the delivery, the number of the closing note.

Such a number may tell little of what came of a case by itself, and everything beside the promise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.check.columns import Column, Floats

FEWEST_STEPS = 50
"""Distinct moments below which an order may be chance."""
BROKEN = 0.02
"""The share of the steps from one moment to the next at which an order may be broken: slips of the pen."""


def lies_in_order_of(column: Column, ends: Sequence[Floats], times: Floats) -> bool:
    """Whether a column's numbers never fall, or never rise, as cases end later; `ends` are moments of their ending.

    What lies in the order of the cases' own `times` as well, as a row's number, may have been there from the start.
    """
    numbers = column.numbers
    if numbers is None or column.moments is not None:
        return False
    return any(_in_order(numbers, end) for end in ends) and not _in_order(numbers, times)


def _in_order(numbers: Floats, moments: Floats) -> bool:
    told = np.isfinite(numbers) & np.isfinite(moments)
    if len(np.unique(numbers[told])) < FEWEST_STEPS:
        return False
    steps, place = np.unique(moments[told], return_inverse=True)
    if len(steps) < FEWEST_STEPS:
        return False
    return min(_broken(numbers[told], place, len(steps)), _broken(-numbers[told], place, len(steps))) <= BROKEN


def _broken(numbers: Floats, place: np.typing.NDArray[np.intp], steps: int) -> float:
    """The share of the steps at which some number is smaller than one of the moment before."""
    smallest, largest = np.full(steps, np.inf), np.full(steps, -np.inf)
    np.minimum.at(smallest, place, numbers)
    np.maximum.at(largest, place, numbers)
    return float((smallest[1:] < largest[:-1]).mean())
