"""What the compiled kernel needs for contributions, besides the forest: shares, repeated splits, quadrature rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled_trees import CompiledForest, Record, int32s
from models.tree_arrays import Floats, Ints
from models.tree_paths import LEFT, RIGHT, Paths, most_distinct
from models.trees import TreeEnsemble

_BLOCK = 8
"""Points walked together (BLOCK of the C file); 2 * _BLOCK distinct features on a path are exact with them."""


class CompiledPaths:
    """Contributions of one row by the compiled kernel; `models.treeshap` gives the same, but for the last bits.

    Safe to share between threads: a call has its own room, and lets the other threads run meanwhile.
    """

    def __init__(self, forest: CompiledForest, trees: TreeEnsemble, paths: Sequence[Paths]) -> None:
        self._forest, self._n_features = forest, trees.n_features
        repeated = _Repeated(forest, trees, paths)
        blocks = -(-most_distinct(trees, paths) // (2 * _BLOCK))
        points, weights = _rules(int(blocks.max()))
        share = np.empty((trees.n_splits, 2))
        for each in paths:
            share[each.splits] = each.share[[RIGHT, LEFT]].T
        order = forest.numbering.splits
        arrays: dict[str, NDArray[Any]] = {
            "walks": int32s([blocks, np.cumsum(repeated.count) - repeated.count, repeated.count]),
            "feature": trees.feature[order],
            "share": share[order],
            "slot": int32s(repeated.slot[order]),
            "earlier": int32s(repeated.earlier),
            "kept": np.stack([np.ones(len(repeated.kept)), repeated.kept], axis=1),
            "points": points,
            "weights": weights,
        }
        self._record = Record({"most_repeated": int(repeated.count.max())}, arrays)
        self._room = int(forest.library.fairlead_room(forest.record.address, self._record.address))

    def contributions(self, x: Floats, class_index: int) -> Floats:
        """float64[n_features], in the space of the raw score, of one row float64[n_features]."""
        row, room, phi = np.ascontiguousarray(x, np.float64), np.empty(self._room), np.empty(self._n_features)
        self._forest.library.fairlead_contributions(
            self._forest.record.address,
            self._record.address,
            class_index,
            row.ctypes.data,
            room.ctypes.data,
            phi.ctypes.data,
        )
        return phi


class _Repeated:
    """The repeated splits of all classes in the kernel's order.

    `earlier` int[R] is 2 * split + (1 if left) of the nearest earlier edge, the split numbered within its tree; `kept`
    float64[R]. `slot` int[n_splits] counts them within each tree from 1 (0: not repeated), `count` int[n_trees].
    """

    def __init__(self, forest: CompiledForest, trees: TreeEnsemble, paths: Sequence[Paths]) -> None:
        node, tree_of_split = forest.numbering.node, trees.tree_of_split
        nearest = [(each.earlier[each.first_earlier], each.earlier_side[each.first_earlier]) for each in paths]
        splits = np.concatenate([each.splits[each.repeated] for each in paths])
        earlier = [
            2 * node[each.splits[above]] + (side == LEFT) for each, (above, side) in zip(paths, nearest, strict=True)
        ]
        order = np.lexsort((node[splits], tree_of_split[splits]))
        splits = splits[order]
        self.earlier: Ints = np.concatenate(earlier)[order]
        self.kept: Floats = np.concatenate([each.kept[each.repeated] for each in paths])[order]
        self.count: Ints = np.bincount(tree_of_split[splits], minlength=trees.n_trees)
        first = np.cumsum(self.count) - self.count
        self.slot: Ints = np.zeros(trees.n_splits, np.intp)
        self.slot[splits] = 1 + np.arange(len(splits)) - first[tree_of_split[splits]]


def _rules(most_blocks: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points in (0, 1) and weights: of one block, then of two, and so on, one after the other."""
    rules = [np.polynomial.legendre.leggauss(_BLOCK * blocks) for blocks in range(1, most_blocks + 1)]
    points, weights = (np.concatenate(each) for each in zip(*rules, strict=True))
    return (points + 1.0) / 2.0, weights / 2.0
