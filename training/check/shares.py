"""Per cent that are read as shares, and shares that are read as per cent: either is told a hundred times wrong."""

from __future__ import annotations

import numpy as np

from data.amounts import percent
from training.check.columns import Column, Floats

PER_CENT = 0.01
"""The scale by which a column of per cent becomes shares."""
WHOLE = 100.0
"""Per cent hardly go beyond; what does is something else."""
HARDLY = 0.99
FEWEST = 20
"""Values other than 0 below which nothing is said."""
MIDDLE = 2.0
"""The middle of what a share is from which it is none: a few shares above 1, as of a plan or a usual price, are."""


def share_slip(column: Column, scale: float | None) -> str | None:
    """What is wrong with a column that a mapping reads as shares, and what to write; None where nothing is.

    0 is the same in either, so it tells nothing.
    """
    values = column.numbers[np.isfinite(column.numbers)] if column.numbers is not None else np.zeros(0)
    sizes = np.abs(values[values != 0])
    if len(sizes) < FEWEST:
        return None
    if scale == PER_CENT and sizes.max() <= 1:
        return _perhaps_shares(column.name, values)
    return _per_cent(column.name, values, sizes, scale or 1.0)


def _per_cent(name: str, values: Floats, sizes: Floats, scale: float) -> str | None:
    middle = float(np.median(sizes)) * scale
    if middle <= MIDDLE or (sizes * scale <= WHOLE).mean() < HARDLY:
        return None
    return (
        f"{name} is read as a share and lies {_between(values)}, so that a usual value is told as {percent(middle)}; "
        f"if it holds per cent, say scale: {scale * PER_CENT:g} beside the column, and if it is no share, make it an "
        "attribute in another unit, such as score"
    )


def _perhaps_shares(name: str, values: Floats) -> str:
    most = float(np.abs(values).max())
    return (
        f"{name} is read as per cent (scale: {PER_CENT:g}) and lies {_between(values)}, so that no value is told as "
        f"more than {most:g} %; perhaps it holds shares already: then leave scale out. Where the percentages are that "
        "small, it is right"
    )


def _between(values: Floats) -> str:
    return f"between {values.min():g} and {values.max():g}"
