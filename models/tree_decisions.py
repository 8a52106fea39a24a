"""How splits read a row: the decision rules of LightGBM, for many splits at once.

Each numeric rule becomes one comparison: `_readings` gives every feature once per rule, with a missing value already
replaced by an infinity on the side it goes to, so that a split looks up its reading and asks whether it is at most the
threshold. A category set is unpacked to one boolean per category, closed by a False for all categories beyond it, so
that a split looks up its category. The rules are those of LightGBM's `Tree::NumericalDecision` and
`Tree::CategoricalDecision` (LightGBM 4, model format v4).
"""

from __future__ import annotations

import numpy as np

from models.tree_arrays import Bools, Floats, Ints, TreeArrays
from models.tree_layout import Rule

ZERO_BOUND = float(np.float32(1e-35))
"""Magnitudes up to this are zero to LightGBM (its `kZeroThreshold`, a single-precision constant)."""
LARGEST = float(np.finfo(np.float64).max)
"""As a threshold: every value that is not missing goes left, infinity too."""
_NO_CATEGORY = 2.0**62
"""Read for whatever is no category: above every bit, so never in a set."""


class CategorySets:
    """The categories that go left at each categorical split of an ensemble, one boolean per category."""

    def __init__(self, trees: TreeArrays) -> None:
        self.width = 32 * np.diff(trees.first_word).astype(np.intp)
        bits = np.unpackbits(trees.category_words.astype("<u4").view(np.uint8), bitorder="little").astype(np.bool_)
        end = np.cumsum(self.width)
        self.members = np.insert(bits, end, False)
        self.offset = end - self.width + np.arange(trees.n_splits)


class Decisions:
    """The decisions at some splits of an ensemble, in the order of `splits` (split numbers)."""

    def __init__(self, trees: TreeArrays, sets: CategorySets, splits: Ints) -> None:
        rule = trees.rule[splits].astype(np.intp)
        self._threshold = trees.threshold[splits]
        # A categorical split looks up some number too; its decision is then overwritten.
        self._reading = rule % Rule.CATEGORY * trees.n_features + trees.feature[splits]
        self._categorical = np.flatnonzero(rule == Rule.CATEGORY)
        at = splits[self._categorical]
        self._feature = trees.feature[at].astype(np.intp)
        self._members, self._offset, self._width = sets.members, sets.offset[at], sets.width[at]

    def goes_left(self, x: Floats) -> Bools:
        """Whether each split sends the row `x`, float64[n_features], left."""
        goes_left: Bools = _readings(x).take(self._reading) <= self._threshold
        category = np.minimum(_categories(x).take(self._feature), self._width)
        goes_left[self._categorical] = self._members.take(self._offset + category)
        return goes_left


class Columns:
    """A block of rows turned on its side, to decide one split for many rows."""

    def __init__(self, trees: TreeArrays, sets: CategorySets, rows: Floats) -> None:
        self._trees, self._sets = trees, sets
        columns = np.ascontiguousarray(rows.T)
        self._readings = _readings(columns)
        self._categories = _categories(columns)

    def goes_left(self, split: int, rows: Ints) -> Bools:
        """Whether `split` sends each of the `rows`, indexes into the block, left."""
        feature, rule = self._trees.feature[split], self._trees.rule[split]
        if rule == Rule.CATEGORY:
            category = np.minimum(self._categories[feature].take(rows), self._sets.width[split])
            return np.asarray(self._sets.members.take(self._sets.offset[split] + category))
        return np.asarray(self._readings[rule, feature].take(rows) <= self._trees.threshold[split])


def _readings(x: Floats) -> Floats:
    """The numbers each numeric rule compares with its threshold, float64[5, *x.shape] in the order of `Rule`.

    Missing values become infinities, which no threshold is; a row's own infinity is read as the largest number.
    """
    nan = np.isnan(x)
    flushed = np.minimum(np.where(np.abs(x) <= ZERO_BOUND, 0.0, x), LARGEST)
    zeroed = np.where(nan, 0.0, flushed)
    zero = zeroed == 0.0
    readings = np.empty((len(Rule) - 1, *x.shape))
    readings[Rule.NAN_IS_ZERO] = zeroed
    readings[Rule.ZERO_GOES_LEFT] = np.where(zero, -np.inf, flushed)
    readings[Rule.ZERO_GOES_RIGHT] = np.where(zero, np.inf, flushed)
    readings[Rule.NAN_GOES_LEFT] = np.where(nan, -np.inf, flushed)
    readings[Rule.NAN_GOES_RIGHT] = np.where(nan, np.inf, flushed)
    return readings


def _categories(x: Floats) -> Ints:
    """Category codes, truncated toward zero; what is no code (NaN, <= -1, >= 2**31) becomes one in no set."""
    return np.where((x > -1.0) & (x < 2.0**31), x, _NO_CATEGORY).astype(np.intp)
