"""Whether columns of numbers or flags were exchanged: where they lay when either model learned, beside these cases.

Two columns whose values overlap have quantiles of much the same size. How many of the compared cases lie in each bin of
a training's profile still tells them apart: of columns that were exchanged, each lies where the other's cases lie. What
drifted does not, and what drifted shows in both models.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from models.profile import FeatureProfile
from training.promotion.later import Floats
from training.promotion.sides import Pair, Side

CHANCE = 1.8
"""Kolmogorov and Smirnov's distance above which chance alone is left out, in units of its root: about 3 of 1,000."""
LEAST = 0.05
"""Distances below this are of no account, however many the cases."""
COARSE = 0.1
"""The same of flags, whose share drifts into another's by chance, and of days, on which all shelves move together."""
CLOSER = 0.5
"""The other column's cases must lie this much nearer than its own."""

Exchange = tuple[str, str]


def exchanged(pair: Pair, names: frozenset[str]) -> Iterator[Exchange]:
    """Pairs of these columns that lie where the other's cases lie, for one of the two models alone."""
    by_side = [_exchanged(side, names, pair) for side in pair.sides]
    yield from sorted(by_side[0] ^ by_side[1])


def _exchanged(side: Side, names: frozenset[str], pair: Pair) -> frozenset[Exchange]:
    profiles = side.model.profile.features if side.model.profile else ()
    columns = {name: side.features[:, at] for at, name in enumerate(side.model.features().names) if name in names}
    kinds = {each.name: each.kind for each in side.model.features().features}
    told = {each.name: each for each in profiles if each.name in columns and kinds[each.name] != "category"}
    astray = [name for name, profile in told.items() if distance(profile, columns[name]) > _far(profile, pair)]
    nearer = {
        (one, other)
        for one, other in permutations(astray, 2)
        if distance(told[one], columns[other]) < CLOSER * distance(told[one], columns[one])
    }
    return frozenset((one, other) for one, other in nearer if one < other and (other, one) in nearer)


def distance(profile: FeatureProfile, values: Floats) -> float:
    """The largest difference of the shares up to any bin, what is missing first, from 0 to 1 (Kolmogorov, Smirnov)."""
    now = profile.counts(values)
    apart = np.cumsum(np.array(profile.shares) - now / now.sum())
    return float(np.max(np.abs(apart)))


def _far(profile: FeatureProfile, pair: Pair) -> float:
    cases = len(np.unique(pair.groups)) if pair.days is None else len(pair.truth)
    chance = CHANCE * math.sqrt(1.0 / cases + (profile.design or 1.0) / profile.cases)
    return max(chance, LEAST if profile.ordered and pair.days is None else COARSE)
