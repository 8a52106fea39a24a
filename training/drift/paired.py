"""Whether one answer is better than another beyond chance: told by the same cases, answered twice.

The gain is the mean of the differences of the losses, its interval Student's over groups of cases. Cases that go
together, as updates of one exception do, or all shelves of a day, are one group: they gain or lose together, so many of
them tell no more than one. Where cases count for different amounts, so do their differences, and the interval has as
many degrees of freedom as fewer cases of equal weight would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from models.weights import effective, mean

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Gain:
    """By how much the mean loss falls, and the reach of its 95 % interval to either side; of `groups` groups."""

    mean: float
    reach: float
    groups: int

    @property
    def is_sure(self) -> bool:
        """Whether the whole interval is a gain."""
        return self.mean > self.reach

    @property
    def interval(self) -> tuple[float, float]:
        """Between which gains the true one lies, with 95 % confidence."""
        return self.mean - self.reach, self.mean + self.reach

    @property
    def times(self) -> float:
        """How many times as many cases would tell a gain of this size from chance; infinite where there is none."""
        return (self.reach / self.mean) ** 2 if self.mean > 0 else math.inf


def gain(before: Floats, after: Floats, groups: Truth, weight: Floats | None = None) -> Gain:
    """The gain of losses float64[n] over those of the same cases before; `groups` number what goes together.

    Each case counts for its `weight`, alike without. Of one group nothing is known: its reach is infinite.
    """
    better = before - after
    gained = mean(better, weight)
    strays = better - gained if weight is None else weight * (better - gained)
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=strays)
    n, whole = len(sums), float(len(better) if weight is None else weight.sum())
    if n < 2:
        return Gain(gained, math.inf, n)
    error = math.sqrt(float((sums**2).sum()) * n / (n - 1)) / whole
    share = 1.0 if weight is None else effective(weight) / len(weight)
    return Gain(gained, float(student.ppf((1.0 + CONFIDENCE) / 2.0, max(n * share - 1.0, 1.0))) * error, n)
