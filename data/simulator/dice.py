"""Random draws for the simulator: one numpy Generator, read by the thousand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")

_BATCH = 4096
_SMALL_MEAN = 15.0


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """The generator of one purpose of a seed: purposes never share a stream, so none can disturb another."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, *purpose))))


class Wheel(Generic[T]):
    """Items with weights, ready to be drawn from many times."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        total = sum(weights.values())
        self.items = tuple(weights)
        self._edges = [edge / total for edge in accumulate(weights.values())][:-1]

    def at(self, share: float) -> T:
        """The item at this share (0 to 1) of the total weight."""
        return self.items[bisect_right(self._edges, share)]


class Dice:
    """Scalar draws at the price of a list read: numpy's own scalar calls would take most of a case's time."""

    def __init__(self, source: np.random.Generator) -> None:
        self._source = source
        self._uniforms: list[float] = []
        self._normals: list[float] = []

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        if not self._uniforms:
            self._uniforms = self._source.random(_BATCH).tolist()
        return self._uniforms.pop()

    def uniform(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.unit()

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.unit() < probability

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """Normally distributed."""
        if not self._normals:
            self._normals = self._source.standard_normal(_BATCH).tolist()
        return mean + deviation * self._normals.pop()

    def spread(self, median: float, sigma: float) -> float:
        """Log-normally distributed with this median."""
        return median * exp(self.normal(0.0, sigma))

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self.unit() * count)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[self.below(len(items))]

    def spin(self, wheel: Wheel[T]) -> T:
        """One of the wheel's items by its weight."""
        return wheel.at(self.unit())

    def count(self, mean: float) -> int:
        """Poisson distributed; beyond a mean of 15 by its normal approximation."""
        if mean > _SMALL_MEAN:
            return max(0, round(self.normal(mean, mean**0.5)))
        chances, floor, drawn = self.unit(), exp(-mean), 0
        while chances > floor:
            chances *= self.unit()
            drawn += 1
        return drawn
