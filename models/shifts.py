"""How far apart two samples are: effect sizes, and how likely chance alone would part them so.

Numpy and the standard library only, because the service compares its latest cases with them too. Samples come as
counts over the same places: bins of a number in their order, or levels without any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HALF = 0.5
"""Added to each count, so that a place that one sample never met has a finite logarithm."""
TERMS = 100
"""Of Kolmogorov's series; the tail is below any double long before."""


def psi(earlier: Floats, later: Floats) -> float:
    """The population stability index of two lists of counts: 0 where the shares are equal, and never less.

    It is the symmetric Kullback-Leibler divergence of the shares, in nats. By long habit 0.1 is moderate, 0.25 large.
    """
    p, q = _shares(earlier), _shares(later)
    return float(((p - q) * np.log(p / q)).sum())


def _shares(counts: Floats) -> Floats:
    return np.asarray((counts + HALF) / (counts.sum() + HALF * len(counts)))


def ks(earlier: Floats, later: Floats) -> float:
    """The Kolmogorov-Smirnov distance at the bins' edges: never more than that of the values themselves."""
    if not (earlier.sum() and later.sum()):
        return 0.0
    apart = np.cumsum(earlier) / earlier.sum() - np.cumsum(later) / later.sum()
    return float(np.abs(apart).max())


def ks_chance(distance: float, n: float, m: float) -> float:
    """How likely samples of n and m of one distribution lie at least so far apart: Kolmogorov's asymptotic formula.

    With the correction for small samples of Stephens (1970). On binned values it is cautious.
    """
    if not n or not m:
        return 1.0
    root = math.sqrt(n * m / (n + m))
    reach = (root + 0.12 + 0.11 / root) * distance
    if reach < 0.2:
        return 1.0  # The series converges too slowly there, and is 1 to twelve digits.
    series = sum((-1) ** (j - 1) * math.exp(-2.0 * (j * reach) ** 2) for j in range(1, TERMS + 1))
    return float(min(1.0, max(0.0, 2.0 * series)))


def levels_chance(earlier: Floats, later: Floats) -> float:
    """How likely chance alone parts the shares of two lists of counts so: the chi-square test of homogeneity."""
    both = earlier + later
    met = both > 0
    if met.sum() < 2 or not (earlier.sum() and later.sum()):
        return 1.0
    statistic = 0.0
    for counts in (earlier[met], later[met]):
        expected = both[met] * counts.sum() / both.sum()
        statistic += float(((counts - expected) ** 2 / expected).sum())
    return chi_square_chance(statistic, int(met.sum()) - 1)


def chi_square_chance(statistic: float, degrees: float) -> float:
    """How likely a chi-square variable reaches the statistic, by Wilson and Hilferty's cube root (1931)."""
    if degrees <= 0 or statistic <= 0:
        return 1.0
    spread = 2.0 / (9.0 * degrees)
    return normal_chance(((statistic / degrees) ** (1 / 3) - (1.0 - spread)) / math.sqrt(spread))


def normal_chance(z: float) -> float:
    """How likely a standard normal variable exceeds z."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def rates_chance(hits: float, n: float, more_hits: float, m: float) -> float:
    """How likely two samples of one rate differ at least so much, either way: the two-proportion z test."""
    pooled = (hits + more_hits) / (n + m) if n + m else 0.0
    spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)) if n and m else 0.0
    return 2.0 * normal_chance(abs(hits / n - more_hits / m) / spread) if spread else 1.0


def false_discovery(chances: Sequence[float]) -> list[float]:
    """Each p-value as the false discovery rate of calling it and all smaller ones real (Benjamini and Hochberg, 1995).

    Adjusted values keep the order, are never below the p-values and never above 1.
    """
    if not chances:
        return []
    p = np.asarray(chances, np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(each) for each in adjusted]
