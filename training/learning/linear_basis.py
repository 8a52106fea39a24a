"""What the linear term is made of: simple functions of one feature each, all of them piecewise linear in it.

A number enters by its value, by its logarithm where it is an amount, by its rank and by whether it is known; a
share, such as a party's rate, by its value alone; a number of few values, as a month, also by a weight per value; a
category by a weight per level.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUANTILES = np.array([0.005, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.995])
"""Where a number's function may bend; it is constant beyond the first and the last."""
LEAST_SEEN = 15
"""Rows with a level, or without a value, below which neither gets a weight."""
FEW_VALUES = 24
"""Values of a number up to which each has a weight of its own: hours, weekdays, months, small counts."""

ALIKE = 1e-9
"""Spread of the logarithms of amounts below which they are one amount, but for the last bits."""


class Kind(IntEnum):
    """What a function tells of its feature. Those of one kind are alike before anything is learned."""

    VALUE = 0
    LOGARITHM = 1
    RANK = 2
    ABSENCE = 3
    LEVEL = 4
    """One value of few, or one level of a category."""


@dataclass(frozen=True)
class Basis:
    """Simple functions of one feature: at `knots` (m), their `heights` float64[m, b]; `missing` float64[b]."""

    knots: Floats
    heights: Floats
    missing: Floats
    kinds: Integers
    """The `Kind` of each function, int64[b]."""

    @property
    def rises(self) -> NDArray[np.bool_]:
        """Which functions rise with the feature, bool[b]."""
        return self.kinds <= Kind.RANK


def constant(knot: Floats, tells_absence: bool) -> Basis:
    """What a feature tells that nothing is learned from, or that is always alike: whether it is known."""
    return Basis(knot, np.zeros((1, 1)), np.array([float(tells_absence)]), np.array([Kind.ABSENCE]))


def basis_of(column: Floats, is_category: bool, directed: bool) -> Basis:
    """The functions of a feature by its values float64[n]; `directed` where more may only raise or lower the score."""
    known = column[~np.isnan(column)]
    absent = len(column) - len(known)
    tells_absence = absent >= LEAST_SEEN and len(known) >= LEAST_SEEN
    if is_category:
        return _levels(known, tells_absence)
    values, counts = np.unique(known, return_counts=True)
    few = 0 < len(values) <= FEW_VALUES
    knots = values if few else np.unique(np.quantile(known, QUANTILES)) if len(known) else np.zeros(1)
    if len(knots) < 2:
        return constant(knots[:1], tells_absence)
    # A weight of its own would let a number of a direction fall where it must rise.
    often = np.flatnonzero(counts >= LEAST_SEEN) if few and len(knots) > 2 and not directed else np.empty(0, np.intp)
    return _number(known, knots, often, tells_absence)


def _number(known: Floats, knots: Floats, often: NDArray[np.intp], tells_absence: bool) -> Basis:
    """What rises with a number, whether it is known, and those of its values that are seen `often`."""
    rising = _rising(known, knots)
    heights = np.column_stack([*rising.values(), np.zeros(len(knots)), np.eye(len(knots))[:, often]])
    kinds = np.array([*rising, Kind.ABSENCE, *[Kind.LEVEL] * len(often)])
    return Basis(knots, heights, (kinds == Kind.ABSENCE) * float(tells_absence), kinds)


def _rising(known: Floats, knots: Floats) -> dict[Kind, Floats]:
    """A number's value and, where it is no share, its rank; and its logarithm, where it is an amount."""
    inside = known.clip(knots[0], knots[-1])
    value = {Kind.VALUE: (knots - float(inside.mean())) / float(inside.std())}
    if _is_share(known):
        return value
    rank = {Kind.RANK: _ranks(known, knots)}
    if known.min() < 0.0 or len(np.unique(known)) <= FEW_VALUES:
        return value | rank
    # An amount that may be nothing has its smallest added: nothing has no logarithm.
    least = 0.0 if known.min() > 0.0 else float(known[known > 0.0].min())
    logs = np.log(inside + least)
    if logs.std() < ALIKE:
        return value | rank
    return value | {Kind.LOGARITHM: (np.log(knots + least) - float(logs.mean())) / float(logs.std())} | rank


def _is_share(known: Floats) -> bool:
    """Whether a number lies within 0 and 1, where its value alone serves.

    No few of its values are so far out that a line must lie flat for them, which is what ranks mend; and a rank hardly
    rises where few rows lay, which is where rates that drift come to lie.
    """
    return float(known.min()) >= 0.0 and float(known.max()) <= 1.0


def _ranks(known: Floats, knots: Floats) -> Floats:
    return np.asarray(np.searchsorted(np.sort(known), knots, side="right") / len(known) - 0.5)


def _levels(known: Floats, tells_absence: bool) -> Basis:
    """A function per level that is seen often enough; a knot at every code, and one for all codes beyond the last."""
    counts = np.append(np.bincount(known.astype(np.int64)), 0)
    often = np.flatnonzero(counts >= LEAST_SEEN)
    heights = np.zeros((len(counts), len(often) + 1))
    heights[often, np.arange(len(often))] = 1.0
    missing = np.append(np.zeros(len(often)), float(tells_absence))
    kinds = np.array([*[Kind.LEVEL] * len(often), Kind.ABSENCE])
    return Basis(np.arange(len(counts), dtype=np.float64), heights, missing, kinds)


def alike(bases: list[Basis]) -> Integers:
    """Which functions are alike, those of one kind of one feature: a number for each, int64[b]."""
    told = [len(Kind) * index + basis.kinds for index, basis in enumerate(bases)]
    return np.asarray(np.unique(np.concatenate(told), return_inverse=True)[1], np.int64)


def design(features: Floats, bases: list[Basis]) -> csr_array:
    """Every function at every row, without the zeros."""
    parts = [part for column, basis in zip(features.T, bases, strict=True) for part in _columns(column, basis)]
    rows, data = (np.concatenate(each) for each in zip(*parts, strict=True))
    columns = np.repeat(np.arange(len(parts)), [len(row) for row, _ in parts])
    return csr_array((data, (rows, columns)), shape=(len(features), len(parts)))


def _columns(column: Floats, basis: Basis) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """Of each function the rows at which it is not zero, and its heights there."""
    unknown = np.isnan(column)
    for heights, missing in zip(basis.heights.T, basis.missing, strict=True):
        whole = np.where(unknown, missing, np.interp(column, basis.knots, heights))
        row = np.flatnonzero(whole)
        yield row, whole[row]
