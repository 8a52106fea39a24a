"""The trees of a model as flat arrays, and what is counted from them.

Layout. All trees of all classes lie behind one another, in the order in which their values are added. With S splits,
T trees and so L = S + T leaves in total:

- node n is split n when n < S, else leaf n - S; `left` and `right` (S each) hold node numbers;
- tree t owns the splits `first_split[t]` to `first_split[t + 1]` (T + 1 offsets) and the leaves from
  `first_split[t] + t` on, one more than its splits; its root is its first split, or its only leaf;
- a child split comes after its parent, so walking up in number is walking down the tree;
- `rule` says how a split reads `feature` and what it does with missing values (see `models.tree_layout.Rule`);
  numeric rules compare with `threshold`, a finite number (0 and unused for categories; the largest float means every
  value that is not missing);
- the categories that go left at split s are the set bits of the words `category_words[first_word[s] :
  first_word[s + 1]]`, category c being bit c % 32 of word c // 32 (S + 1 offsets; numeric splits own no word);
- `leaf_value` (L) is what a leaf adds to its class, in the space of the raw score; `leaf_cover` (L) counts the training
  rows that ended there and weighs the contributions of `models.treeshap`;
- `tree_class` (T) is the class a tree adds to. A binary model has one class: the log-odds of the positive label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TreeArrays:
    """All trees of a model as flat arrays, laid out as the module says; whether they are is not checked here."""

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
