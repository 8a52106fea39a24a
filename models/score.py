"""A model's raw score: trees, and beside them the linear term where there is one, summed and exactly attributed.

Shapley values of a sum are the sums of the Shapley values, so the contributions of both parts add up as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.linear import LinearTerm
from models.trees import TreeEnsemble
from models.treeshap import Explainer

Floats = NDArray[np.float64]


class InvalidScoreError(ValueError):
    """Trees and linear term do not fit together; the message says why."""


def softmax(raw: Floats) -> Floats:
    """Probabilities float64[n, k] of raw scores of k labels, not calibrated."""
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Score:
    """Raw scores of rows, and the contributions behind them: `tree_share` times the trees' score, plus the term's.

    Raises:
        InvalidScoreError: a linear term over other features, or beside trees of several classes.
    """

    trees: TreeEnsemble
    linear: LinearTerm | None = None
    tree_share: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.tree_share <= 1.0:
            raise InvalidScoreError(f"tree_share is {self.tree_share}; expected a share from 0 to 1")
        if self.linear is None:
            return
        if self.trees.n_classes != 1:
            raise InvalidScoreError("a linear term stands beside the trees of a risk, not of labels")
        if self.linear.n_features != self.trees.n_features:
            raise InvalidScoreError(
                f"the linear term reads {self.linear.n_features} features, the trees {self.trees.n_features}"
            )

    @property
    def n_features(self) -> int:
        """Features of a row."""
        return self.trees.n_features

    @property
    def n_classes(self) -> int:
        """Scores of a row: 1 for a risk, else the number of labels."""
        return self.trees.n_classes

    def raw(self, x: Floats) -> Floats:
        """Raw scores float64[n_classes] of one row float64[n_features]."""
        raw = self.tree_share * self.trees.raw(x)
        return raw if self.linear is None else raw + self.linear.raw(x)

    def raw_batch(self, rows: Floats) -> Floats:
        """Raw scores float64[n, n_classes]; each equals `raw` of its row."""
        raw = self.tree_share * self.trees.raw_batch(rows)
        return raw if self.linear is None else raw + self.linear.raw_batch(rows)[:, None]

    @cached_property
    def reads(self) -> NDArray[np.bool_]:
        """Of each feature, bool[n_features], whether its value can move the score at all."""
        read = np.zeros(self.n_features, bool)
        if self.tree_share:
            read[self.trees.feature] = True
        return read if self.linear is None else read | self.linear.reads

    def base(self, class_index: int) -> float:
        """The raw score expected when no feature is known."""
        base = self.tree_share * float(self._explainer.base[class_index])
        return base if self.linear is None else base + self.linear.base

    def contributions(self, x: Floats, class_index: int) -> Floats:
        """float64[n_features]: `base` plus their sum is the raw score."""
        phi = self.tree_share * self._explainer.contributions(x, class_index)
        return phi if self.linear is None else phi + self.linear.contributions(x)

    def linear_arrays(self) -> dict[str, NDArray[Any]] | None:
        """The linear term and the trees' share as named arrays; None for trees alone."""
        if self.linear is None:
            return None
        return {**self.linear.to_arrays(), "tree_share": np.asarray(self.tree_share, np.float64)}

    @classmethod
    def from_arrays(cls, trees: Mapping[str, Any], linear: Mapping[str, Any] | None) -> Score:
        """The score of stored arrays, of the trees and as `linear_arrays` gave them.

        Raises:
            ValueError: where they are no score (InvalidTreesError, InvalidLinearTermError, InvalidScoreError).
        """
        ensemble = TreeEnsemble.from_arrays(trees)
        if linear is None:
            return cls(ensemble)
        if "tree_share" not in linear:
            raise InvalidScoreError("the linear term does not say the trees' share; expected tree_share")
        return cls(ensemble, LinearTerm.from_arrays(linear), float(linear["tree_share"]))

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.trees)
