r"""Exact path-dependent Shapley values of tree ensembles, in numpy; and in C, where that was compiled at set-up.

What is computed. For a row x and a set of known features, a tree's value is its expectation when a split on a known
feature follows x and a split on an unknown one goes both ways in the shares of the training rows. The Shapley values of
that game are Lundberg's path-dependent TreeSHAP ("Consistent Individualized Feature Attribution for Tree Ensembles",
arXiv:1802.03888; "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2, 2020), which is what LightGBM's `pred_contrib` returns. Base and contributions add up to the raw score.

How. Let every feature be known with probability t, independently. A path's probability is then a product over its
distinct features j of

    q_j(t) = t o_j + (1 - t) z_j,

with o_j = 1 if x agrees with every split on j along the path and else 0, and z_j the product of the shares of those
splits. The Shapley value of feature i is the integral over t in [0, 1] of the derivative in that feature alone,

    phi_i = sum over leaves  value * (o_i - z_i) * integral of  product over j != i of q_j(t)  dt,

a polynomial of degree D - 1 for D distinct features. Gauss-Legendre quadrature with n points is exact for D <= 2 n, so
n = ceil(D / 2) points give the exact value up to rounding, and at each point everything is a plain product. Evaluating
the polynomials at points is the idea of Linear TreeShap (Yu, Bifet, Read, Xu; arXiv:2209.08192) and, by quadrature, of
Quadrature-TreeSHAP (Wettenstein, Mitchell, Yu; arXiv:2605.04497).

Per split, of feature f, at one point t: let P be the product of the q_j above it, q the factor of f in P (1 if f is new
on the path), and S_child the expected value below a child per unit of its own P. The step to a child multiplies P by
q_child / q. So P comes down from the roots, S = sum of (q_child / q) S_child comes up from the leaves, and the sum over
leaves telescopes to one term per split:

    phi_f += z_cold * <P / q^2, S_hot - S_cold>,

where hot is the child x goes to, z_cold the other's z, and < , > the quadrature sum. Where x has already left the path
at an earlier split on f, q and both q_child are multiples of (1 - t): the steps are the shares and the term is zero. A
split so has three states, left, right and off the path; all that depends on x is which one, and the step of each state
is tabulated. One step is enough: q_left and q_right add up to q, so the step to the left is what is left of 1. On the
path q is at least the smallest point t, so nothing is ever divided by zero.
"""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models.compiled_paths import CompiledPaths
from models.tree_arrays import Bools, Floats, Ints
from models.tree_decisions import Decisions
from models.tree_paths import LEFT, RIGHT, Paths, most_distinct
from models.trees import TreeEnsemble

_PIECE = 8_192
"""Numbers per matrix product: small enough that a threaded BLAS keeps it on the calling thread."""


_FEW = 16
"""Distinct features on a path that eight points are exact for."""


class Explainer:
    """Contributions of every feature to the raw score of one class, for one row at a time.

    `base` float64[n_classes] is the raw score expected when no feature is known. Safe to share between threads.
    """

    def __init__(self, trees: TreeEnsemble) -> None:
        self._trees = trees
        paths = [Paths(trees, class_index) for class_index in range(trees.n_classes)]
        self.base: Floats = np.array([each.base for each in paths])
        self._by = _ByNumpy(trees, paths) if trees.compiled is None else CompiledPaths(trees.compiled, trees, paths)

    def contributions(self, x: Floats, class_index: int) -> Floats:
        """float64[n_features], in the space of the raw score: `base[class_index]` plus their sum is the raw score.

        Raises:
            ValueError: when `x` is not one row of the trees' features.
            IndexError: when there is no such class.
        """
        self._trees.check_row(x)
        return self._by.contributions(x, range(self._trees.n_classes)[class_index])


class _ByNumpy:
    """Contributions without a compiler, by a kernel for the trees of each class that eight points are enough for, and
    one for the others: a row of eight numbers is read fastest."""

    def __init__(self, trees: TreeEnsemble, paths: list[Paths]) -> None:
        deep = most_distinct(trees, paths) > _FEW
        parts = [_parts(trees, each, class_index, deep) for class_index, each in enumerate(paths)]
        self._kernels = [
            [(Decisions(trees, trees.category_sets, part.splits), _Kernel(part, trees.n_features)) for part in each]
            for each in parts
        ]

    def contributions(self, x: Floats, class_index: int) -> Floats:
        parts = [kernel.contributions(decisions.goes_left(x)) for decisions, kernel in self._kernels[class_index]]
        return np.asarray(sum(parts[1:], start=parts[0]))


def _parts(trees: TreeEnsemble, paths: Paths, class_index: int, deep: Bools) -> list[Paths]:
    """The trees of a class with at most `_FEW` distinct features on a path, and those with more."""
    here = deep[trees.tree_class == class_index]
    if np.all(here) or not np.any(here):
        return [paths]
    return [Paths(trees, class_index, within) for within in (~deep, deep)]


class _Level(NamedTuple):
    """One level's share of the work arrays; k splits, n points. The edges are both ways from each split."""

    step: Floats
    """q_right / q of the splits, float64[k, n]."""
    product: Floats
    """P of the splits, float64[k, n]."""
    value: Floats
    """S of the splits, float64[k, n]."""
    gap: Floats
    """S_left - S_right, float64[k, n]."""
    edges: Floats
    """Room for a number per edge and point, float64[2, k, n]."""
    flat_edges: Floats
    """The same room as float64[2 k, n]."""
    child: Ints
    """The node each edge leads to, int[2, k]."""


class _Kernel:
    """The quadrature for one class: tables by split and state, and the arrays the passes work in.

    The work arrays and their views are made once, because making them costs more than the arithmetic; a lock keeps two
    threads from sharing them.
    """

    def __init__(self, paths: Paths, n_features: int) -> None:
        self._paths, self._n_features = paths, n_features
        self._states = _States(paths)
        self._lock = threading.Lock()
        n_splits, n_points = len(paths.splits), len(self._states.weights)
        self._step = np.empty((n_splits, n_points))
        self._product = np.empty((n_splits, n_points))
        self._value = np.empty((n_splits + len(paths.leaf_value), n_points))
        self._value[n_splits:] = paths.leaf_value[:, np.newaxis]
        self._gap = np.empty((n_splits, n_points))
        widest = max((stop - start for start, stop in paths.levels), default=0)
        self._edges = np.empty((2 * widest, n_points))
        self._levels = [self._level(start, stop) for start, stop in paths.levels]
        self._feeds = [self._feed(above, below) for above, below in pairwise(paths.levels)]
        if self._levels:
            self._levels[0].product[:] = self._states.weights

    def _level(self, start: int, stop: int) -> _Level:
        flat_edges = self._edges[: 2 * (stop - start)]
        return _Level(
            step=self._step[start:stop],
            product=self._product[start:stop],
            value=self._value[start:stop],
            gap=self._gap[start:stop],
            edges=flat_edges.reshape(2, stop - start, -1),
            flat_edges=flat_edges,
            child=np.ascontiguousarray(self._paths.child[:, start:stop]),
        )

    def _feed(self, above: tuple[int, int], below: tuple[int, int]) -> Ints:
        """For each split of a level, which of the flat edges of the level above leads to it."""
        here, (start, stop) = slice(*below), above
        feed: Ints = self._paths.side[here] * (stop - start) + self._paths.parent[here] - start
        return feed

    def contributions(self, goes_left: Bools) -> Floats:
        row = self._states.rows(goes_left)
        with self._lock:
            self._states.step.take(row, axis=0, out=self._step, mode="clip")
            self._descend()
            self._ascend()
            terms = self._terms()
        weights = self._states.coefficient.take(row) * terms
        phi = np.bincount(self._paths.feature, weights=weights, minlength=self._n_features)
        return np.asarray(phi, dtype=np.float64)

    def _descend(self) -> None:
        """P of every split, from the roots (where it is the quadrature's weights) down."""
        for (above, below), feed in zip(pairwise(self._levels), self._feeds, strict=True):
            np.multiply(above.step, above.product, out=above.edges[RIGHT])
            np.subtract(above.product, above.edges[RIGHT], out=above.edges[LEFT])
            above.flat_edges.take(feed, axis=0, out=below.product, mode="clip")

    def _ascend(self) -> None:
        """S of every split, from the leaves up, and the gap between its children's."""
        for level in reversed(self._levels):
            edges = self._value.take(level.child, axis=0, out=level.edges, mode="clip")
            np.subtract(edges[LEFT], edges[RIGHT], out=level.gap)
            np.multiply(level.gap, level.step, out=edges[RIGHT])
            np.subtract(edges[LEFT], edges[RIGHT], out=level.value)

    def _terms(self) -> Floats:
        """<P / q^2, S_left - S_right> of every split."""
        products = np.multiply(self._gap, self._product, out=self._gap)
        terms = _row_sums(products)
        repeated = self._paths.repeated
        terms[repeated] = _row_sums(products.take(repeated, axis=0) * self._states.inverse_square)
        return terms


def _row_sums(rows: Floats) -> Floats:
    ones = np.ones(rows.shape[1])
    sums = np.empty(len(rows))
    piece = max(1, _PIECE // rows.shape[1])
    for start in range(0, len(rows), piece):
        np.dot(rows[start : start + piece], ones, out=sums[start : start + piece])
    return sums


class _States:
    """The step of each split in each state, tabulated: rows 2 s and 2 s + 1 for x going left and right at split s, row
    2 N + r for the r-th repeated split when x has left the path."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        n_splits, n_repeated = len(paths.splits), len(paths.repeated)
        points, weights = np.polynomial.legendre.leggauss((paths.n_distinct + 1) // 2)
        self._points: Floats = (points + 1.0) / 2.0
        self.weights: Floats = weights / 2.0
        self._on_path = 2 * np.arange(n_splits)
        self._off_path = 2 * n_splits + np.arange(n_repeated)
        self.inverse_square = self._factor(1.0, paths.kept[paths.repeated]) ** -2
        self.step = np.concatenate([self._step_on_path(), self._step_off_path()])
        self.coefficient = self._coefficients()

    def _factor(self, agrees: float, z: Floats) -> Floats:
        """q = t o + (1 - t) z at every point, float64[len(z), n_points]."""
        return self._points * agrees + (1.0 - self._points) * z[:, np.newaxis]

    def _step_on_path(self) -> Floats:
        """q_right / q float64[2 N, n_points]: split and state alternating."""
        kept = self._paths.kept
        step = np.empty((2 * len(kept), len(self._points)))
        for state in (LEFT, RIGHT):
            step[state::2] = self._factor(float(state == RIGHT), kept * self._paths.share[RIGHT])
            step[state::2] /= self._factor(1.0, kept)
        return step

    def _step_off_path(self) -> Floats:
        share = self._paths.share[RIGHT, self._paths.repeated]
        return np.repeat(share[:, np.newaxis], len(self._points), axis=1)

    def _coefficients(self) -> Floats:
        """z_cold with the sign that turns S_left - S_right into S_hot - S_cold; 0 off the path."""
        z = self._paths.kept * self._paths.share
        on_path = np.stack([z[RIGHT], -z[LEFT]], axis=1).ravel()
        return np.concatenate([on_path, np.zeros(len(self._off_path))])

    def rows(self, goes_left: Bools) -> Ints:
        """The table row of every split, for a row that goes left where it says."""
        paths = self._paths
        row = self._on_path + ~goes_left
        if len(paths.repeated):
            disagrees = goes_left[paths.earlier] == (paths.earlier_side == RIGHT)
            off_path = np.logical_or.reduceat(disagrees, paths.first_earlier)
            row[paths.repeated] = np.where(off_path, self._off_path, row[paths.repeated])
        return row
