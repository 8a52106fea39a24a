"""Tree ensembles as plain arrays: prediction with numpy alone, equal to LightGBM's raw scores bit for bit.

Layout. All trees of all classes lie behind one another, in the order in which their values are added. With S splits,
T trees and so L = S + T leaves in total:

- node n is split n when n < S, else leaf n - S; `left` and `right` (S each) hold node numbers;
- tree t owns the splits `first_split[t]` to `first_split[t + 1]` (T + 1 offsets) and the leaves from
  `first_split[t] + t` on, one more than its splits; its root is its first split, or its only leaf;
- a child split comes after its parent, so walking up in number is walking down the tree;
- `rule` says how a split reads `feature` and what it does with missing values (see `Rule`); numeric rules compare with
  `threshold`, a finite number (0 and unused for categories; the largest float means every value that is not missing);
- the categories that go left at split s are the set bits of the words `category_words[first_word[s] :
  first_word[s + 1]]`, category c being bit c % 32 of word c // 32 (S + 1 offsets; numeric splits own no word);
- `leaf_value` (L) is what a leaf adds to its class, in the space of the raw score; `leaf_cover` (L) counts the training
  rows that ended there and weighs the contributions of `models.treeshap`;
- `tree_class` (T) is the class a tree adds to. A binary model has one class: the log-odds of the positive label.

Rows are float64 vectors of length `n_features`, categories as their codes, missing values as NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.compiled_trees import CompiledForest
from models.tree_decisions import Bools, CategorySets, Columns, Decisions, Floats, Ints
from models.tree_layout import DTYPES, InvalidTreesError, Rule, check_trees, read_arrays

__all__ = ["InvalidTreesError", "Rule", "TreeEnsemble"]

_BLOCK_ROWS = 8_192
"""Rows descended together in a batch: few enough that a column stays in the processor's cache."""


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """All trees of a model as flat arrays, laid out as the module says; checked when made, never changed after.

    Raises:
        InvalidTreesError: when the arrays are not such a forest.
    """

    n_features: int
    n_classes: int
    tree_class: NDArray[np.int32]
    first_split: NDArray[np.int32]
    feature: NDArray[np.int32]
    rule: NDArray[np.uint8]
    threshold: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    first_word: NDArray[np.int32]
    category_words: NDArray[np.uint32]
    leaf_value: Floats
    leaf_cover: Floats

    def __post_init__(self) -> None:
        check_trees(self)
        for name in DTYPES:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> TreeEnsemble:
        """The ensemble that `to_arrays` stored, for instance an opened .npz file; the arrays are copied and checked.

        Raises:
            InvalidTreesError: when an array is missing, of another type, or breaks the layout.
        """
        return cls(**read_arrays(arrays))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays under their names, ready for `numpy.savez`; the two counts become 0-dimensional arrays."""
        return {name: np.asarray(getattr(self, name), dtype=dtype) for name, dtype in DTYPES.items()}

    @property
    def n_trees(self) -> int:
        """Trees of all classes together."""
        return len(self.tree_class)

    @property
    def n_splits(self) -> int:
        """Splits of all trees together (S of the layout)."""
        return len(self.feature)

    @cached_property
    def tree_of_split(self) -> Ints:
        """The tree each split belongs to."""
        return np.repeat(np.arange(self.n_trees), np.diff(self.first_split))

    @cached_property
    def tree_of_leaf(self) -> Ints:
        """The tree each leaf belongs to."""
        return np.repeat(np.arange(self.n_trees), np.diff(self.first_split) + 1)

    @cached_property
    def roots(self) -> Ints:
        """Each tree's root as a node number."""
        start = self.first_split[:-1].astype(np.intp)
        return np.where(np.diff(self.first_split) > 0, start, self.n_splits + start + np.arange(self.n_trees))

    @cached_property
    def depth(self) -> int:
        """Splits on the longest way from a root to a leaf."""
        return sum(1 for _ in self.levels(self.roots))

    def levels(self, roots: Ints) -> Iterator[Ints]:
        """The splits of the trees under `roots`, level by level from the top."""
        level = roots[roots < self.n_splits]
        while len(level):
            yield level
            below = np.concatenate([self.left[level], self.right[level]]).astype(np.intp)
            level = below[below < self.n_splits]

    @cached_property
    def category_sets(self) -> CategorySets:
        """The category words, unpacked."""
        return CategorySets(self)

    def raw(self, x: Floats) -> Floats:
        """Raw scores float64[n_classes] of one row float64[n_features] (log-odds for a binary model)."""
        self.check_row(x)
        if self.compiled is not None:
            return self.compiled.raw(x)
        step = self._steps(self._decisions.goes_left(x))
        node = self.roots
        for _ in range(self.depth):
            node = step.take(node)
        values = self.leaf_value.take(node - self.n_splits)
        # bincount adds in the order given: tree after tree, as LightGBM does.
        return np.asarray(np.bincount(self.tree_class, weights=values, minlength=self.n_classes), dtype=np.float64)

    @cached_property
    def compiled(self) -> CompiledForest | None:
        """What the compiled kernel walks; None where numpy answers (`models.kernel` says when)."""
        library = kernel.library()
        return None if library is None else CompiledForest(self, library)

    def check_row(self, x: Floats) -> None:
        """Raise ValueError unless `x` is one row of these trees' features."""
        if x.shape != (self.n_features,):
            raise ValueError(f"the row has shape {x.shape}; expected ({self.n_features},), one value per feature")

    def _steps(self, goes_left: Bools) -> Ints:
        """From each node the next one of a row; a leaf leads to itself, so trees of any depth descend together."""
        left, right, leaves = self._children
        return np.concatenate([np.where(goes_left, left, right), leaves])

    @cached_property
    def _children(self) -> tuple[Ints, Ints, Ints]:
        """`left`, `right` and the leaves' own numbers, as wide as numpy's indexes."""
        leaves = self.n_splits + np.arange(len(self.leaf_value))
        return self.left.astype(np.intp), self.right.astype(np.intp), leaves

    @cached_property
    def _decisions(self) -> Decisions:
        return Decisions(self, self.category_sets, np.arange(self.n_splits))

    def raw_batch(self, rows: Floats) -> Floats:
        """Raw scores float64[n, n_classes] of rows float64[n, n_features]; each equals `raw` of its row."""
        if rows.ndim != 2 or rows.shape[1] != self.n_features:
            raise ValueError(f"the rows have shape {rows.shape}; expected (n, {self.n_features})")
        raw = np.zeros((len(rows), self.n_classes))
        for start in range(0, len(rows), _BLOCK_ROWS):
            self._add_block(rows[start : start + _BLOCK_ROWS], raw[start : start + _BLOCK_ROWS])
        return raw

    def _add_block(self, rows: Floats, raw: Floats) -> None:
        """Add every tree's value to `raw`, parting the rows at each split in turn (parents come first)."""
        columns = Columns(self, self.category_sets, rows)
        arriving = {int(root): np.arange(len(rows)) for root in self.roots}
        for tree in range(self.n_trees):
            for split in range(self.first_split[tree], self.first_split[tree + 1]):
                here = arriving.pop(split)
                goes_left = columns.goes_left(split, here)
                arriving[int(self.left[split])] = here[goes_left]
                arriving[int(self.right[split])] = here[~goes_left]
            for leaf in range(self.first_split[tree] + tree, self.first_split[tree + 1] + tree + 1):
                raw[arriving.pop(self.n_splits + leaf), self.tree_class[tree]] += self.leaf_value[leaf]
