"""How much less than independent cases those of a history tell of a feature: its design effect.

A party's rate says nearly the same of case after case and wanders over weeks. A test that takes the cases as
independent calls such a feature moved wherever it stands elsewhere than before. Blocks of time tell how far its shares
stray: by as much as that is more than of independent cases, fewer cases does it count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.profile import FeatureProfile
from models.weights import effective

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

BLOCKS = 20
FEWEST_BLOCKS = 8
"""Blocks below which nobody knows how far they stray."""
MOST_ALIKE = 0.8
"""The highest correlation of neighbouring blocks that is believed: of what wanders for longer nothing is told."""
BY_CHANCE = 2.0
"""The design effect that independent cases seldom exceed by chance."""


def blocks_of(times: Floats) -> Places:
    """The block of each of the rows, which stand in time order: about equally many, and none divides a moment."""
    if not len(times):
        return np.empty(0, np.intp)
    starts = np.searchsorted(times, times[len(times) * np.arange(BLOCKS) // BLOCKS], side="left")
    return np.searchsorted(np.unique(starts), np.arange(len(times)), side="right") - 1


def design_effect(profile: FeatureProfile, values: Floats, blocks: Places, weight: Floats | None = None) -> float:
    """As how many cases one independent case counts; 1 where they are independent, or where nothing tells.

    The variance of the shares' mean over blocks, with what neighbouring blocks have in common, beside what it would be
    of as many independent cases; over all places of the profile together, of a number over its cumulated shares.
    """
    if not len(blocks) or blocks[-1] + 1 < FEWEST_BLOCKS:
        return 1.0
    counts = profile.counts_by(values, blocks, weight)
    mass, cases = counts.sum(axis=1), float(len(values)) if weight is None else effective(weight)
    shares = np.cumsum(counts, axis=1)[:, :-1] if profile.ordered else counts
    whole = shares.sum(axis=0) / mass.sum()
    strays = (shares - mass[:, None] * whole) / mass.sum()
    alone = float((whole * (1.0 - whole)).sum()) / cases
    return max(1.0, _variance(strays) / alone) if alone > 0 else 1.0


def _variance(strays: Floats) -> float:
    """The variance of the sum of the blocks' strays float64[blocks, places], summed over the places.

    Blocks go on as an autoregression does: that of neighbours tells what those further apart have in common. In few
    blocks a correlation shows too low, by about (1 + 3 r) / blocks (Kendall, 1954).
    """
    n, squared = len(strays), float((strays**2).sum())
    if squared <= 0:
        return 0.0
    alike = float((strays[1:] * strays[:-1]).sum()) / squared
    alike = min(max(alike + (1.0 + 3.0 * alike) / n, 0.0), MOST_ALIKE)
    return squared * n / (n - 1) * (1.0 + alike) / (1.0 - alike)


def unthinned(design: float, step: int) -> float:
    """The design effect of all rows from that of every so many-th: neighbours that were left out are alike too.

    What independent rows may show by chance is not multiplied.
    """
    return design + max(0.0, design - BY_CHANCE) * (step - 1)
