"""The linear term: a penalised logistic regression on simple functions of each feature, told as one function each.

All of them are piecewise linear in their feature (`training.learning.linear_basis`), so what was fitted is one function
a feature, exactly. How far each weight may leave 0 is learned beforehand (`training.learning.strengths`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from models.linear import LinearTerm
from training.histories.rows import Rows
from training.learning.linear_basis import Basis, alike, basis_of, constant, design
from training.learning.strengths import learned_strengths

Floats = NDArray[np.float64]

MOST_ROWS = 60_000
"""Rows that are read, evenly spaced where there are more: the term has few parameters."""
ITERATIONS = 60
"""Steps of the solver: more of them tell later cases no better."""


def fit_linear(rows: Rows, weight: Floats, boldness: Sequence[float], silent: Sequence[int] = ()) -> list[LinearTerm]:
    """The term for a risk, at each boldness: `weight` float64[n] counts rows, and the boldness is what of the strengths
    that the rows teach is given to the weights. Nothing is learned from `silent` columns.
    """
    chosen = np.flatnonzero(weight > 0.0)
    chosen = chosen[:: max(1, -(-len(chosen) // MOST_ROWS))]
    features, truth, counts = rows.features[chosen], rows.truth[chosen].astype(np.float64), independent(weight[chosen])
    bases = [
        constant(np.zeros(1), False)
        if index in silent
        else basis_of(column, index in rows.categories, index in rows.directions)
        for index, column in enumerate(features.T)
    ]
    heights = design(features, bases)
    strengths = learned_strengths(heights, truth, counts, alike(bases))
    solved = [_solved(_Problem(heights, truth, counts, each * strengths), bases, rows.directions) for each in boldness]
    return [_told(features, counts, bases, weights, intercept) for weights, intercept in solved]


def independent(counts: Floats) -> Floats:
    """What rows count, together as much as they tell: as many as alike rows of which a mean is as sure (Kish, 1965).

    Where some count far more than others, few say it all; taken for many, they would be learned by heart.
    """
    return np.asarray(counts * (counts.sum() / (counts**2).sum()))


@dataclass(frozen=True)
class _Problem:
    """Penalised logistic loss of weights and, last, the intercept, which carries no penalty."""

    design: csr_array
    truth: Floats
    counts: Floats
    strengths: Floats
    """How far each weight may leave 0: its prior variance."""

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        weights, intercept = parameters[:-1], parameters[-1]
        score = self.design @ weights + intercept
        error = self.counts * (1.0 / (1.0 + np.exp(-np.clip(score, -36.0, 36.0))) - self.truth)
        value = (self.counts * (np.logaddexp(0.0, score) - self.truth * score)).sum()
        penalty = 0.5 * (weights**2 / self.strengths).sum()
        slope = self.design.T @ error + weights / self.strengths
        n = len(score)
        return float(value + penalty) / n, np.append(slope, error.sum()) / n

    def scales(self, rate: float) -> Floats:
        """How far each parameter must go to change the loss alike, near where all cases have the mean rate."""
        squares = csr_array((self.design.data**2, self.design.indices, self.design.indptr), shape=self.design.shape)
        bend = rate * (1.0 - rate) * np.append(squares.T @ self.counts, self.counts.sum())
        bend[:-1] += 1.0 / self.strengths
        return np.asarray(np.sqrt(len(self.truth) / bend))


def _solved(problem: _Problem, bases: list[Basis], directions: Mapping[int, int]) -> tuple[Floats, float]:
    bounds = [
        _bound(rises, directions.get(index, 0)) for index, basis in enumerate(bases) for rises in basis.rises.tolist()
    ]
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


def _bound(rises: bool, direction: int) -> tuple[float | None, float | None]:
    """A rising function of a feature that may only raise (lower) the score has no negative (positive) weight."""
    if not rises or not direction:
        return None, None
    return (0.0, None) if direction > 0 else (None, 0.0)


def _told(features: Floats, counts: Floats, bases: list[Basis], weights: Floats, intercept: float) -> LinearTerm:
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
