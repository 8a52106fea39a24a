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

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_ROWS = 10_000
"""Rows that are read, evenly spaced where there are more: how far weights lie apart is told by few."""
STEPS = 12
"""Steps of weights and variances in turn: more of them change little."""
FIRST_STEPS = 3
"""Steps of the weights before the variances are learned from them."""
FIRST = 0.1
LEAST, MOST = 1e-5, 3.0
"""The variance to begin with, and what none lies beyond."""
FREE = 1e-9
"""The penalty of the intercept: next to none."""


def learned_strengths(design: csr_array, truth: Floats, counts: Floats, groups: Integers) -> Floats:
    """The prior variance of each function's weight, float64[b].

    Args:
        design: each function at each row, [n, b].
        truth: 0 or 1, float64[n].
        counts: what each row counts, float64[n].
        groups: which functions share a variance, a number for each, int64[b].
    """
    some = slice(None, None, max(1, -(-design.shape[0] // MOST_ROWS)))
    design, truth, counts = design[some], truth[some], counts[some]
    speaks = np.flatnonzero(abs(design).sum(axis=0))
    strengths = np.full(design.shape[1], LEAST)
    if len(speaks):
        named, own = np.unique(groups[speaks], return_inverse=True)
        strengths[speaks] = _variances(design[:, speaks].toarray(), truth, counts, own, len(named))[own]
    return strengths


def _variances(heights: Floats, truth: Floats, counts: Floats, own: Integers, groups: int) -> Floats:
    """The variance of each group, float64[groups]; `own` names the group of each column."""
    heights = np.column_stack([heights, np.ones(len(heights))])
    members, variances = np.bincount(own, minlength=groups), np.full(groups, FIRST)
    rate = float(np.clip(np.average(truth, weights=counts), 1e-6, 1 - 1e-6))
    weights = np.append(np.zeros(len(own)), np.log(rate / (1.0 - rate)))
    for step in range(FIRST_STEPS + STEPS - 1):
        penalty = np.append(1.0 / variances[own], FREE)
        weights, spread = _newton(heights, truth, counts, weights, penalty)
        if step >= FIRST_STEPS - 1:
            told = members - np.bincount(own, spread, groups) / variances
            seen = np.bincount(own, weights[:-1] ** 2, groups)
            variances = np.clip(seen / np.maximum(told, FREE), LEAST, MOST)
    return variances


def _newton(heights: Floats, truth: Floats, counts: Floats, weights: Floats, penalty: Floats) -> tuple[Floats, Floats]:
    """The weights a step nearer to the likeliest ones, and the variance of each but the last in the light of the rows.

    By Newton's method on the penalised logistic loss; the inverse of the curvature is the variance (Laplace).
    """
    said = 1.0 / (1.0 + np.exp(-np.clip(heights @ weights, -36.0, 36.0)))
    slope = heights.T @ (counts * (said - truth)) + penalty * weights
    weighed = heights * np.sqrt(counts * said * (1.0 - said))[:, None]
    curvature = weighed.T @ weighed
    curvature[np.diag_indices_from(curvature)] += penalty
    factor = cho_factor(curvature, lower=True)
    inverse = lapack.dpotri(factor[0], lower=1)[0]
    return weights - cho_solve(factor, slope), np.diag(inverse)[:-1]
