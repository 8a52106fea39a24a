"""How far what is said lies from what happens: over bins that hold equally many cases, or equal weights of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.shifts import chi_square_chance
from models.weights import effective, mean, part

Floats = NDArray[np.float64]

CALIBRATION_BINS = 15
"""Equally filled bins over which what is said is compared with what happens."""
DRAWS = 1_000
"""How often outcomes are drawn of probabilities that are right."""
SEED = 27
FEWEST_AS_FAR = 10
"""Draws at least as far off as what was seen below which their tail tells how seldom that is."""


@dataclass(frozen=True)
class Bins:
    """Bins of rising probability: what was said and seen in each, the weight it holds, and as how many cases it counts.

    All float64[bins]; without weights the last two are the cases.
    """

    said: Floats
    seen: Floats
    mass: Floats
    cases: Floats

    def mean(self, of_bins: Floats) -> float:
        """The mean over the cases of something of their bins."""
        return float((self.mass * of_bins).sum() / self.mass.sum())


def binned(
    happened: NDArray[Any], probability: Floats, weight: Floats | None = None, bins: int = CALIBRATION_BINS
) -> Bins:
    """The bins of cases, each counting for its weight; alike without."""
    if weight is None:
        said, seen, count = np.array(calibration_bins(happened, probability, bins)).T
        return Bins(said, seen, count, count)
    parts = _parts(np.argsort(probability, kind="stable"), weight, bins)
    told = [
        (
            np.average(probability[part], weights=weight[part]),
            np.average(happened[part], weights=weight[part]),
            weight[part].sum(),
            effective(weight[part]),
        )
        for part in parts
    ]
    return Bins(*np.array(told).T)


def _parts(order: NDArray[np.intp], weight: Floats, bins: int) -> list[NDArray[np.intp]]:
    """The cases of each bin: it holds those whose middle lies in its share of the weights."""
    mass = np.cumsum(weight[order])
    place = np.floor((mass - weight[order] / 2) / mass[-1] * bins).astype(np.intp)
    return [part for part in np.split(order, np.searchsorted(place, np.arange(1, bins))) if len(part)]


def calibration_bins(
    happened: NDArray[Any], probability: Floats, bins: int = CALIBRATION_BINS, counts: Floats | None = None
) -> list[tuple[float, float, int]]:
    """Mean probability, observed rate and count of each of `bins` equally filled bins, lowest probabilities first.

    `counts` is as how many cases each counts in the two means; one each without.
    """
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [
        (mean(probability[each], part(counts, each)), mean(happened[each], part(counts, each)), len(each))
        for each in parts
    ]


def expected_calibration_error(
    happened: NDArray[Any], probability: Floats, bins: int = CALIBRATION_BINS, weight: Floats | None = None
) -> float:
    """Mean distance between probability and observed rate over equally filled bins (Naeini et al., AAAI 2015)."""
    if weight is not None:
        told = binned(happened, probability, weight, bins)
        return told.mean(np.abs(told.said - told.seen))
    table = calibration_bins(happened, probability, bins)
    return sum(abs(said - seen) * count for said, seen, count in table) / len(probability)


def error_by_chance(bins: Bins) -> tuple[float, float]:
    """The calibration error that is seen, and how likely one at least as large is if what is said is right.

    Outcomes are drawn from what is said, bin by bin, as many as it counts; the same draws for the same bins. An error
    that hardly any draw reaches is as likely as a gamma variable of the draws' mean and variance reaches it: that has
    the longer tail.
    """
    seen = bins.mean(np.abs(bins.said - bins.seen))
    size = np.maximum(np.round(bins.cases), 1.0).astype(np.int64)
    happened = np.random.default_rng(SEED).binomial(size, np.clip(bins.said, 0.0, 1.0), (DRAWS, len(size)))
    errors = (np.abs(happened / size - bins.said) * bins.mass).sum(axis=1) / bins.mass.sum()
    as_far = int((errors >= seen - 1e-12).sum())
    chance = (as_far + 1) / (DRAWS + 1)
    return seen, chance if as_far >= FEWEST_AS_FAR else min(chance, _tail(errors, seen))


def _tail(errors: Floats, seen: float) -> float:
    """The chance by the gamma distribution, a chi-square one of any scale."""
    about, spread = float(errors.mean()), float(errors.var())
    if spread == 0.0:
        return 0.0 if seen > about + 1e-12 else 1.0
    return chi_square_chance(seen * 2.0 * about / spread, 2.0 * about**2 / spread)
