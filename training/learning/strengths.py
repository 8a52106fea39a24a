"""How far the weights of the linear term may leave 0, learned from the rows that teach it.

A category of forty levels may tell much or nothing, and a month, a number, a party's rate each as much as it does. One
strength for all of them is too little for what tells and too much for what does not. Functions that are alike share a
prior variance, and the variances are those under which the rows are the likeliest, every weight that they allow being
counted (the evidence: MacKay, "Bayesian interpolation", Neural Computation 4, 1992; of a group of weights: Tipping,
"Sparse Bayesian learning", JMLR 1, 2001). No rows are set aside for it, and nothing is tried out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, lapack
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_OF_EACH = 5_000
"""Rows of either outcome that are read, evenly spaced where there are more.

What weights say is the same however many rows of either outcome are drawn, but for the intercept (Prentice and Pyke,
Biometrika 66, 1979), and the rarer outcome tells the most.
"""
STEPS = 12
"""Steps of weights and variances in turn: more of them change little."""
FIRST_STEPS = 3
"""Steps of the weights before the variances are learned from them."""
FIRST = 0.1
LEAST, MOST = 1e-4, 3.0
"""The variance to begin with, and what none lies beyond. A group that falls to the least tells nothing any more."""
FREE = 1e-9
"""The penalty of the intercept: next to none."""
FEWEST_DETERMINED = 1e-9
HALVINGS = 20


def learned_strengths(design: csr_array, truth: Floats, counts: Floats, groups: Integers) -> Floats:
    """The prior variance of each function's weight, float64[b].

    Args:
        design: each function at each row, [n, b].
        truth: 0 or 1, float64[n].
        counts: what each row counts, float64[n]; together as many as they are independent rows.
        groups: which functions share a variance, a number from 0 on for each, int64[b].
    """
    some = np.sort(np.concatenate([_spread(np.flatnonzero(truth == outcome)) for outcome in (0.0, 1.0)]))
    design, truth, counts = design[some], truth[some], counts[some]
    speaks = np.flatnonzero(abs(design).sum(axis=0))
    known = int(groups.max(initial=-1)) + 1
    with threadpool_limits(limits=1, user_api="blas"):  # The last bits would depend on their number.
        return _variances(design[:, speaks].toarray(), truth, counts, groups[speaks], known)[groups]


def _spread(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return rows[:: max(1, -(-len(rows) // MOST_OF_EACH))]


def _variances(heights: Floats, truth: Floats, counts: Floats, own: Integers, groups: int) -> Floats:
    """The variance of each group, float64[groups]; `own` names the group of each column of `heights`."""
    heights, variances = np.column_stack([heights, np.ones(len(heights))]), np.full(groups, LEAST)
    variances[own] = FIRST
    rate = float(np.clip(np.average(truth, weights=counts), 1e-6, 1 - 1e-6))
    weights = np.append(np.zeros(len(own)), np.log(rate / (1.0 - rate)))
    for step in range(FIRST_STEPS + STEPS - 1):
        penalty = np.append(1.0 / variances[own], FREE)
        weights, spread = _newton(heights, truth, counts, weights, penalty)
        if step < FIRST_STEPS - 1:
            continue
        named = np.unique(own)
        variances[named] = _likelier(variances, weights[:-1], spread, own)[named]
        stays = np.append(variances[own] > LEAST, True)
        if not stays.all():
            heights, weights, own = heights[:, stays], weights[stays], own[stays[:-1]]
    return variances


def _likelier(variances: Floats, weights: Floats, spread: Floats, own: Integers) -> Floats:
    """The variance of each group by its weights and how sure they are: their squares by how many the rows determine."""
    members, spreads, squares = (np.bincount(own, each, len(variances)) for each in (None, spread, weights**2))
    determined = members - spreads / variances
    return np.clip(squares / np.maximum(determined, FEWEST_DETERMINED), LEAST, MOST)


def _newton(heights: Floats, truth: Floats, counts: Floats, weights: Floats, penalty: Floats) -> tuple[Floats, Floats]:
    """The weights a step nearer to the likeliest ones, and the variance of each but the last in the light of the rows.

    By Newton's method on the penalised logistic loss, a step halved until the loss does not rise; the inverse of the
    curvature is the variance (Laplace).
    """
    said = 1.0 / (1.0 + np.exp(-np.clip(heights @ weights, -36.0, 36.0)))
    slope = heights.T @ (counts * (said - truth)) + penalty * weights
    weighed = heights * np.sqrt(counts * said * (1.0 - said))[:, None]
    curvature = weighed.T @ weighed
    curvature[np.diag_indices_from(curvature)] += penalty
    factor = cho_factor(curvature, lower=True)
    inverse = lapack.dpotri(factor[0], lower=1)[0]
    move = cho_solve(factor, slope)
    before = _loss(heights, truth, counts, weights, penalty)
    for _ in range(HALVINGS):
        if _loss(heights, truth, counts, weights - move, penalty) <= before:
            break
        move = 0.5 * move
    return weights - move, np.diag(inverse)[:-1]


def _loss(heights: Floats, truth: Floats, counts: Floats, weights: Floats, penalty: Floats) -> float:
    score = heights @ weights
    return float(counts @ (np.logaddexp(0.0, score) - truth * score) + 0.5 * (penalty * weights**2).sum())
