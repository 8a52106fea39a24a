"""Per cent that are read as shares, and shares that are read as per cent: either is told a hundred times wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
LEAST, MOST = 5.0, 150.0
"""Between these nearly all per cent lie that go beyond 100, such as of a load or a plan."""
NEARLY_ALL = 0.98
SAYS_PER_CENT = re.compile(r"%|pct(?![a-z])|per[ _-]?cent(age|s)?(?![a-z])|prozent(satz)?(?![a-z])")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def share_slip(column: Column, scale: float | None, names: Sequence[str] = ()) -> str | None:
    """What is wrong with a column that a mapping reads as shares, and what to write; None where nothing is.

    0 is the same in either, so it tells nothing. `names` are what the mapping makes of the column, which may say per
    cent, as the column's own name may.
    """
    values = column.numbers[np.isfinite(column.numbers)] if column.numbers is not None else np.zeros(0)
    sizes = np.abs(values[values != 0])
    if len(sizes) < FEWEST:
        return None
    if scale == PER_CENT and sizes.max() <= 1:
        return _perhaps_shares(column.name, values)
    told = scale != PER_CENT and any(map(_says_per_cent, (column.name, *names)))
    return _per_cent(column.name, values, sizes, scale or 1.0, told)


def _says_per_cent(name: str) -> bool:
    return SAYS_PER_CENT.search(_HUMP.sub("_", name).lower()) is not None


def _per_cent(name: str, values: Floats, sizes: Floats, scale: float, told: bool) -> str | None:
    """`told` where a name says per cent: then also where many go beyond 100."""
    middle = float(np.median(sizes)) * scale
    if middle <= MIDDLE or not (told or _look_per_cent(sizes * scale)):
        return None
    return (
        f"{name} is read as a share and lies {_between(values)}, so that a usual value is told as {percent(middle)}; "
        f"if it holds per cent, say scale: {scale * PER_CENT:g} beside the column, and if it is no share, make it an "
        "attribute in another unit, such as score"
    )


def _look_per_cent(sizes: Floats) -> bool:
    """Hardly any goes beyond 100; or nearly all lie where per cent of a load or a plan do, and hardly any below 1."""
    loads = ((sizes >= LEAST) & (sizes <= MOST)).mean() >= NEARLY_ALL and (sizes >= 1).mean() >= HARDLY
    return bool((sizes <= WHOLE).mean() >= HARDLY or loads)


def _perhaps_shares(name: str, values: Floats) -> str:
    most = float(np.abs(values).max())
    return (
        f"{name} is read as per cent (scale: {PER_CENT:g}) and lies {_between(values)}, so that no value is told as "
        f"more than {most:g} %; perhaps it holds shares already: then leave scale out. Where the percentages are that "
        "small, it is right"
    )


def _between(values: Floats) -> str:
    return f"between {values.min():g} and {values.max():g}"
