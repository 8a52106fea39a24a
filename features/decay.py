"""Sums that fade: an event loses half its weight every half-life (Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009).

A sum is kept with the instant it was last changed and brought forward when read; what comes late counts as faded
already, so that its order hardly matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

_STEPS = 1e9
"""A sum is told in steps of a billionth."""


def fade(start: datetime | None, end: datetime, half_life: timedelta) -> float:
    """The share of a sum of `start` that is left at `end`; all of it where `end` is earlier."""
    if start is None or end <= start:
        return 1.0
    return float(0.5 ** ((end - start) / half_life))


def counted(sums: Mapping[str, float], left: float, name: str | None, weight: float) -> dict[str, float]:
    """Sums by name of which a share is left, the one of `name` grown by the weight of an event; None grows none."""
    faded = {each: value * left for each, value in sums.items()}
    if name is not None:
        faded[name] = faded.get(name, 0.0) + weight
    return faded


def sum_left(value: float, share: float) -> float:
    """What is told of a sum of which a share is left."""
    # Most sums of most parties are nothing. As arrays are rounded too, so that both ways give the same number.
    return round(value * share * _STEPS) / _STEPS if value else 0.0
