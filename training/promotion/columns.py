"""Whether the challenger's columns mean what the champion's do: two that were exchanged show in what was usual."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from data.promotion import Check, CheckName, Finding
from models.task_model import Reference
from training.promotion.sides import Pair

FAR = 1.0
"""A column is far from what it was when its quantiles moved by this much of their own spread, on average."""
CLOSER = 0.25
"""The other column's place must be this much nearer to be taken for its own."""
LISTED = 4

Quantiles = tuple[float, float, float]


def check(pair: Pair) -> Check:
    """Whether columns were exchanged, or hold what they never held."""
    before, now = pair.champion.model.reference, pair.challenger.model.reference
    exchanged = [*swapped(before, now)]
    if exchanged:
        told = ", ".join(f"{one} and {other}" for one, other in exchanged[:LISTED])
        says = f"the challenger learned with columns exchanged: {told} hold what the other one held"
        return _check(pair, Finding.REFUSED, says)
    moved = sorted(set(_moved(before, now)) & set(_unlike_today(pair)))
    if moved:
        told = ", ".join(moved[:LISTED])
        says = f"the challenger learned from other values than the champion did and than these cases hold: {told}"
        return _check(pair, Finding.REFUSED, says)
    same = len(set(before) & set(now))
    return _check(pair, Finding.PASSED, f"{same} columns hold what they held where the champion was trained")


def swapped(before: Reference, now: Reference) -> Iterator[tuple[str, str]]:
    """Pairs of columns of which each now holds what the other held."""
    for one, other in combinations(_moved(before, now), 2):
        crossed = (_distance(before[other], now[one]), _distance(before[one], now[other]))
        own = (_distance(before[one], now[one]), _distance(before[other], now[other]))
        if crossed[0] < CLOSER * own[0] and crossed[1] < CLOSER * own[1]:
            yield one, other


def _moved(before: Reference, now: Reference) -> list[str]:
    return [name for name in sorted(set(before) & set(now)) if _distance(before[name], now[name]) > FAR]


def _unlike_today(pair: Pair) -> Iterator[str]:
    """Columns whose values in the compared cases are far from what the challenger learned from."""
    side = pair.challenger
    today = side.model.features().reference(side.features)
    for name, usual in side.model.reference.items():
        if name in today and _distance(usual, today[name]) > FAR:
            yield name


def _distance(usual: Quantiles, found: Quantiles) -> float:
    """How far three quantiles lie from three others, in units of their spread."""
    one, other = np.array(usual), np.array(found)
    return float(np.abs(one - other).mean() / _spread(one, other))


def _spread(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The smaller spread of the two; where one never varies, the other's, and 1 where neither does."""
    spreads = [float(each[2] - each[0]) for each in (one, other)]
    return min((each for each in spreads if each > 0), default=1.0)


def _check(pair: Pair, finding: Finding, says: str) -> Check:
    return Check(name=CheckName.COLUMNS, task=pair.task, finding=finding, says=says)
