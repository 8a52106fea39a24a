"""The linear term: a penalised logistic regression on simple functions of each feature, told as one function each.

A number enters by its value, by its rank and by whether it is known; a share, such as a party's rate, by its value and
not its rank; a number of few values, as a month, also by a weight per value; a category by a weight per level. All of
them are piecewise linear in the feature, so what was fitted is one function a feature, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from models.linear import LinearTerm
from training.histories.rows import Rows

Floats = NDArray[np.float64]

QUANTILES = np.array([0.005, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.995])
"""Where a number's function may bend; it is constant beyond the first and the last."""
LEAST_SEEN = 15
"""Rows with a level, or without a value, below which neither gets a weight."""
FEW_VALUES = 24
"""Values of a number up to which each has a weight of its own: hours, weekdays, months, small counts."""
OWN_HEIGHT = 0.3
"""How high the function of one value is: its weight is held back as if the strength were a tenth of the others'. A line
says most of what small counts say; what they say beyond it is often chance."""
MOST_ROWS = 60_000
"""Rows that are read, evenly spaced where there are more: the term has few parameters."""
ITERATIONS = 60
"""Steps of the solver: more of them tell later cases no better."""


@dataclass(frozen=True)
class _Basis:
    """Simple functions of one feature: at `knots` (m), their `heights` float64[m, b]; `missing` float64[b]."""

    knots: Floats
    heights: Floats
    missing: Floats
    rises: Floats
    """1 for a function that rises with the feature, 0 for any other: float64[b]."""


def fit_linear(rows: Rows, weight: Floats, strengths: Sequence[float], silent: Sequence[int] = ()) -> list[LinearTerm]:
    """The term for a risk, at each strength: `weight` float64[n] counts rows, a strength (C) is how far the weights of
    the functions may leave 0. Nothing is learned from `silent` columns.
    """
    chosen = np.flatnonzero(weight > 0.0)
    chosen = chosen[:: max(1, -(-len(chosen) // MOST_ROWS))]
    features, truth, counts = rows.features[chosen], rows.truth[chosen].astype(np.float64), weight[chosen]
    bases = [
        _constant(np.zeros(1), False)
        if index in silent
        else _basis(column, index in rows.categories, index in rows.directions)
        for index, column in enumerate(features.T)
    ]
    design = _design(features, bases)
    solved = [_solved(_Problem(design, truth, counts, each), bases, rows.directions) for each in strengths]
    return [_told(features, counts, bases, weights, intercept) for weights, intercept in solved]


def _basis(column: Floats, is_category: bool, directed: bool) -> _Basis:
    known = column[~np.isnan(column)]
    absent = len(column) - len(known)
    tells_absence = absent >= LEAST_SEEN and len(known) >= LEAST_SEEN
    if is_category:
        return _levels(known, tells_absence)
    values, counts = np.unique(known, return_counts=True)
    few = 0 < len(values) <= FEW_VALUES
    knots = values if few else np.unique(np.quantile(known, QUANTILES)) if len(known) else np.zeros(1)
    if len(knots) < 2:
        return _constant(knots[:1], tells_absence)
    # A weight of its own would let a number of a direction fall where it must rise.
    often = np.flatnonzero(counts >= LEAST_SEEN) if few and len(knots) > 2 and not directed else np.empty(0, np.intp)
    return _number(known, knots, often, tells_absence)


def _number(known: Floats, knots: Floats, often: NDArray[np.intp], tells_absence: bool) -> _Basis:
    """A number's value, its rank, whether it is known, and those of its values that are seen `often`."""
    inside = known.clip(knots[0], knots[-1])
    line = (knots - float(inside.mean())) / float(inside.std())
    rising = [line] if _is_share(known) else [line, _ranks(known, knots)]
    heights = np.column_stack([*rising, np.zeros(len(knots)), OWN_HEIGHT * np.eye(len(knots))[:, often]])
    own, rises = np.zeros(len(often)), np.ones(len(rising))
    return _Basis(knots, heights, np.array([*(0.0 * rises), float(tells_absence), *own]), np.array([*rises, 0.0, *own]))


def _is_share(known: Floats) -> bool:
    """Whether a number lies within 0 and 1, where its value alone does.

    No few of its values are so far out that a line must lie flat for them, which is what ranks mend; and a rank hardly
    rises where few rows lay, which is where rates that drift come to lie.
    """
    return float(known.min()) >= 0.0 and float(known.max()) <= 1.0


def _ranks(known: Floats, knots: Floats) -> Floats:
    return np.asarray(np.searchsorted(np.sort(known), knots, side="right") / len(known) - 0.5)


def _constant(knot: Floats, tells_absence: bool) -> _Basis:
    return _Basis(knot, np.zeros((1, 1)), np.array([float(tells_absence)]), np.zeros(1))


def _levels(known: Floats, tells_absence: bool) -> _Basis:
    """A function per level that is seen often enough; a knot at every code, and one for all codes beyond the last."""
    counts = np.append(np.bincount(known.astype(np.int64)), 0)
    often = np.flatnonzero(counts >= LEAST_SEEN)
    heights = np.zeros((len(counts), len(often) + 1))
    heights[often, np.arange(len(often))] = 1.0
    missing = np.zeros(len(often) + 1)
    missing[-1] = float(tells_absence)
    return _Basis(np.arange(len(counts), dtype=np.float64), heights, missing, np.zeros(len(often) + 1))


def _design(features: Floats, bases: list[_Basis]) -> csr_array:
    """Every function at every row, without the zeros."""
    parts = [part for column, basis in zip(features.T, bases, strict=True) for part in _columns(column, basis)]
    rows = [np.flatnonzero(part) for part in parts]
    data = np.concatenate([part[row] for part, row in zip(parts, rows, strict=True)])
    columns = np.repeat(np.arange(len(parts)), [len(row) for row in rows])
    return csr_array((data, (np.concatenate(rows), columns)), shape=(len(features), len(parts)))


def _columns(column: Floats, basis: _Basis) -> Iterator[Floats]:
    unknown = np.isnan(column)
    for heights, missing in zip(basis.heights.T, basis.missing, strict=True):
        yield np.where(unknown, missing, np.interp(column, basis.knots, heights))


@dataclass(frozen=True)
class _Problem:
    """Penalised logistic loss of weights and, last, the intercept, which carries no penalty."""

    design: csr_array
    truth: Floats
    counts: Floats
    strength: float

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        weights, intercept = parameters[:-1], parameters[-1]
        score = self.design @ weights + intercept
        error = self.counts * (1.0 / (1.0 + np.exp(-np.clip(score, -36.0, 36.0))) - self.truth)
        value = (self.counts * (np.logaddexp(0.0, score) - self.truth * score)).sum()
        penalty = 0.5 * (weights**2).sum() / self.strength
        slope = self.design.T @ error + weights / self.strength
        n = len(score)
        return float(value + penalty) / n, np.append(slope, error.sum()) / n

    def scales(self, rate: float) -> Floats:
        """How far each parameter must go to change the loss alike, near where all cases have the mean rate."""
        squares = csr_array((self.design.data**2, self.design.indices, self.design.indptr), shape=self.design.shape)
        bend = rate * (1.0 - rate) * np.append(squares.T @ self.counts, self.counts.sum())
        bend[:-1] += 1.0 / self.strength
        return np.asarray(np.sqrt(len(self.truth) / bend))


def _solved(problem: _Problem, bases: list[_Basis], directions: Mapping[int, int]) -> tuple[Floats, float]:
    bounds = [_bound(rises, directions.get(index, 0)) for index, basis in enumerate(bases) for rises in basis.rises]
    rate = float(np.clip(np.average(problem.truth, weights=problem.counts), 1e-6, 1 - 1e-6))
    scales = problem.scales(rate)
    start = np.zeros(len(bounds) + 1)
    start[-1] = np.log(rate / (1.0 - rate)) / scales[-1]

    def loss(scaled: Floats) -> tuple[float, Floats]:
        value, slope = problem.loss(scaled * scales)
        return value, slope * scales

    options = {"maxiter": ITERATIONS}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)], options=options).x
    found = found * scales
    return found[:-1], float(found[-1])


def _bound(rises: float, direction: int) -> tuple[float | None, float | None]:
    """A rising function of a feature that may only raise (lower) the score has no negative (positive) weight."""
    if not rises or not direction:
        return None, None
    return (0.0, None) if direction > 0 else (None, 0.0)


def _told(features: Floats, counts: Floats, bases: list[_Basis], weights: Floats, intercept: float) -> LinearTerm:
    """One function a feature: the weighted sum of its simple ones."""
    ends = np.cumsum([0, *(len(basis.missing) for basis in bases)])
    own = [weights[start:end] for start, end in pairwise(ends)]
    term = LinearTerm(
        first=np.cumsum([0, *(len(basis.knots) for basis in bases)]),
        knot=np.concatenate([basis.knots for basis in bases]),
        value=np.concatenate([basis.heights @ each for basis, each in zip(bases, own, strict=True)]),
        missing=np.array([basis.missing @ each for basis, each in zip(bases, own, strict=True)]),
        mean=np.zeros(len(bases)),
        intercept=intercept,
    )
    mean = np.average(term.terms(features), axis=0, weights=counts)
    return LinearTerm(term.first, term.knot, term.value, term.missing, mean, intercept)
