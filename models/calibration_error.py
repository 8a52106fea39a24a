"""How far what is said lies from what happens: over bins that hold equally many cases, or equal weights of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.weights import effective

Floats = NDArray[np.float64]

CALIBRATION_BINS = 15
"""Equally filled bins over which what is said is compared with what happens."""


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
    happened: NDArray[Any], probability: Floats, bins: int = CALIBRATION_BINS
) -> list[tuple[float, float, int]]:
    """Mean probability, observed rate and count of each of `bins` equally filled bins, lowest probabilities first."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [(float(probability[part].mean()), float(happened[part].mean()), len(part)) for part in parts]


def expected_calibration_error(
    happened: NDArray[Any], probability: Floats, bins: int = CALIBRATION_BINS, weight: Floats | None = None
) -> float:
    """Mean distance between probability and observed rate over equally filled bins (Naeini et al., AAAI 2015)."""
    if weight is not None:
        told = binned(happened, probability, weight, bins)
        return told.mean(np.abs(told.said - told.seen))
    table = calibration_bins(happened, probability, bins)
    return sum(abs(said - seen) * count for said, seen, count in table) / len(probability)
