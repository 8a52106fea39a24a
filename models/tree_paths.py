"""What the way from the root to each split says about a class's trees, before any row is seen.

`models.treeshap` explains one class at a time, all its trees at once, level by level. This module puts the class's
splits in that order and works out, for each of them, what path-dependent Shapley values need: which share of the
training rows goes each way, and which earlier splits on its path read the same feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from models.tree_arrays import Bools, Floats, Ints
from models.trees import TreeEnsemble

LEFT, RIGHT = 0, 1


class Paths:
    """One class's trees with splits numbered from the top, level by level, and leaves after all N splits.

    `splits` int[N] are the splits' numbers in the ensemble; `levels` the (start, stop) of each level in the order
    here. `child` int[2, N] are the node numbers here, left and right. `share` float64[2, N] is the part of the rows at
    the split that goes each way, from the leaves' covers; it sums to 1. `parent` and `side` int[N] lead back up, -1 at
    a root. `feature` int[N]; `leaf_value` float64[leaves]; `base` is the trees' expected value under those shares.

    A split that reads a feature which its path has already read is `repeated` (int[R], rising). Its earlier edges are
    `earlier` and `earlier_side`, those of `repeated[r]` from `first_earlier[r]` on. `kept` float64[N] is the product
    of the shares along them: how much of the rows a path keeps when that feature is unknown (1 where none is earlier).
    `distinct` int[N] counts the distinct features from the root to each split, itself included; `n_distinct` is the
    largest such number, 1 where there is no split.

    `within` bool[n_trees] leaves out the class's other trees.
    """

    def __init__(self, trees: TreeEnsemble, class_index: int, within: Bools | None = None) -> None:
        chosen = trees.tree_class == class_index
        if within is not None:
            chosen &= within
        roots = trees.roots[chosen]
        self._number_nodes(trees, roots, np.flatnonzero(chosen[trees.tree_of_leaf]))
        self.feature = trees.feature[self.splits].astype(np.intp)
        self._link_back()
        self.share = self._shares(trees.leaf_cover[self._leaves])
        self.base = float(self._expected()[self._node[roots]].sum())
        self._find_repeated()
        self.distinct = self._count_distinct()
        self.n_distinct = int(self.distinct.max(initial=1))

    def _number_nodes(self, trees: TreeEnsemble, roots: Ints, leaves: Ints) -> None:
        levels = list(trees.levels(roots))
        self.splits: Ints = np.concatenate([np.empty(0, np.intp), *levels])
        ends = np.cumsum([0, *(len(level) for level in levels)])
        self.levels = [(int(start), int(stop)) for start, stop in pairwise(ends)]
        self._leaves = leaves
        self.leaf_value = trees.leaf_value[leaves]
        self._node = np.full(trees.n_splits + len(trees.leaf_value), -1)
        self._node[np.concatenate([self.splits, trees.n_splits + leaves])] = np.arange(len(self.splits) + len(leaves))
        self.child = self._node[np.stack([trees.left[self.splits], trees.right[self.splits]])]

    def _link_back(self) -> None:
        n_nodes = len(self.splits) + len(self._leaves)
        parent, side = np.full(n_nodes, -1), np.zeros(n_nodes, np.intp)
        for way in (LEFT, RIGHT):
            parent[self.child[way]] = np.arange(len(self.splits))
            side[self.child[way]] = way
        self.parent, self.side = parent[: len(self.splits)], side[: len(self.splits)]

    def _shares(self, leaf_cover: Floats) -> Floats:
        """Covers counted up from the leaves, so that shares add up to 1; a split no row reached is halved."""
        cover = np.concatenate([np.empty(len(self.splits)), leaf_cover])
        for start, stop in reversed(self.levels):
            cover[start:stop] = cover[self.child[:, start:stop]].sum(axis=0)
        whole = cover[: len(self.splits)]
        halves = np.full(self.child.shape, 0.5)
        np.divide(cover[self.child], whole, out=halves, where=whole > 0)
        return halves

    def _expected(self) -> Floats:
        """The mean value below each node, weighted by the shares."""
        mean = np.concatenate([np.empty(len(self.splits)), self.leaf_value])
        for start, stop in reversed(self.levels):
            mean[start:stop] = (self.share[:, start:stop] * mean[self.child[:, start:stop]]).sum(axis=0)
        return mean

    def _find_repeated(self) -> None:
        """Walk up from all splits at once and note every edge below a split of the same feature."""
        origin = at = np.arange(len(self.splits))
        found = [(origin[:0], origin[:0], origin[:0])]
        while len(at):
            above, side = self.parent[at], self.side[at]
            inside = above >= 0
            origin, at, side = origin[inside], above[inside], side[inside]
            same = self.feature[at] == self.feature[origin]
            found.append((origin[same], at[same], side[same]))
        later, earlier, sides = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(later, kind="stable")
        self.earlier, self.earlier_side = earlier[order], sides[order]
        self.repeated, self.first_earlier = np.unique(later[order], return_index=True)
        self.kept = np.ones(len(self.splits))
        np.multiply.at(self.kept, later, self.share[sides, earlier])

    def _count_distinct(self) -> Ints:
        distinct: Ints = np.ones(len(self.splits), np.intp)
        distinct[self.repeated] = 0
        for start, stop in self.levels[1:]:
            distinct[start:stop] += distinct[self.parent[start:stop]]
        return distinct


def most_distinct(trees: TreeEnsemble, paths: Sequence[Paths]) -> Ints:
    """The largest number of distinct features on a path of each tree, int[n_trees], from the paths of all classes."""
    most: Ints = np.ones(trees.n_trees, np.intp)
    for each in paths:
        np.maximum.at(most, trees.tree_of_split[each.splits], each.distinct)
    return most
