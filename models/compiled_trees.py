"""A tree ensemble as the compiled kernel reads it: copies of the checked arrays, in the order `treeshap.c` walks them.

Only checked trees come here, every index seen by `models.tree_layout`, and the copies belong to nobody
else: no other array ever reaches C. The C file says what each array means; names are the same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tree_arrays import Floats, Ints, TreeArrays
from models.tree_decisions import CategorySets
from models.tree_layout import Rule


class Record:
    """A C struct of counts (int64) and then of pointers to arrays, which live as long as it does."""

    def __init__(self, counts: Mapping[str, int], arrays: Mapping[str, NDArray[Any]]) -> None:
        fields = [(name, ctypes.c_int64) for name in counts] + [(name, ctypes.c_void_p) for name in arrays]
        layout = type("Layout", (ctypes.Structure,), {"_fields_": fields})
        self._arrays = [np.ascontiguousarray(array) for array in arrays.values()]
        self._record = layout(*counts.values(), *(array.ctypes.data for array in self._arrays))
        self.address = ctypes.addressof(self._record)


def int32s(values: NDArray[Any] | list[NDArray[Any]]) -> NDArray[np.int32]:
    """The values as the C file's int32_t; several arrays become the columns of a record."""
    columns = np.stack(values, axis=1) if isinstance(values, list) else values
    return columns.astype(np.int32)


class Numbering:
    """Where the splits and leaves of an ensemble stand in the kernel's arrays.

    Trees stay in their order; within each, splits with two leaves come last, and so do their leaves. `splits` and
    `leaves` are the ensemble's own numbers in the kernel's order, `node` the number within its tree of every node of
    the ensemble, `inner` says of each split whether a split is below it and `loose` of each leaf whether it is below
    such a split.
    """

    def __init__(self, trees: TreeArrays) -> None:
        n_splits, tree_of_split, tree_of_leaf = trees.n_splits, trees.tree_of_split, trees.tree_of_leaf
        children = np.stack([trees.right, trees.left], axis=1).astype(np.intp)
        self.inner = np.any(children < n_splits, axis=1)
        self.loose = np.ones(len(tree_of_leaf), np.bool_)
        self.loose[children[~self.inner] - n_splits] = False
        self.splits: Ints = np.lexsort((~self.inner, tree_of_split))  # Stable: parents stay before their children.
        self.leaves: Ints = np.lexsort((~self.loose, tree_of_leaf))
        self.first_split: Ints = trees.first_split[:-1].astype(np.intp)
        self.first_leaf: Ints = self.first_split + np.arange(trees.n_trees)
        self.size: Ints = np.diff(trees.first_split).astype(np.intp)
        self.node: Ints = np.empty(n_splits + len(tree_of_leaf), np.intp)
        self.node[self.splits] = np.arange(n_splits) - self.first_split[tree_of_split]
        within = np.arange(len(tree_of_leaf)) - self.first_leaf[tree_of_leaf]
        self.node[n_splits + self.leaves] = self.size[tree_of_leaf] + within
        self.child: Ints = self.node[children[self.splits]]


class CompiledForest:
    """Raw scores of one row by the compiled kernel, equal to `TreeEnsemble.raw` bit for bit.

    Safe to share between threads: a call has its own room, and lets the other threads run meanwhile.
    """

    def __init__(self, trees: TreeArrays, sets: CategorySets, library: ctypes.CDLL) -> None:
        self.library, self.numbering, self.n_features = library, Numbering(trees), trees.n_features
        self._n_classes = trees.n_classes
        counts = {
            "n_features": trees.n_features,
            "n_trees": trees.n_trees,
            "most_splits": int(self.numbering.size.max()),
        }
        self.record = Record(counts, self._arrays(trees, sets))
        self._room = int(library.fairlead_room(self.record.address, None))

    def _arrays(self, trees: TreeArrays, sets: CategorySets) -> dict[str, NDArray[Any]]:
        order = self.numbering.splits
        rule, feature = trees.rule[order].astype(np.intp), trees.feature[order].astype(np.intp)
        categorical = np.flatnonzero(rule == Rule.CATEGORY)
        by_category = order[categorical]
        return {
            "trees": self._trees(trees, np.bincount(trees.tree_of_split[by_category], minlength=trees.n_trees)),
            "threshold": trees.threshold[order],
            # A categorical split looks up some number too; its decision is then overwritten.
            "reading": int32s(rule % Rule.CATEGORY * trees.n_features + feature),
            "child": int32s(self.numbering.child),
            "categorical": int32s(self.numbering.node[by_category]),
            "feature_of": int32s(feature[categorical]),
            "width": sets.width[by_category].astype(np.int64),
            "offset": sets.offset[by_category].astype(np.int64),
            "members": sets.members.astype(np.uint8),
            "leaf_value": trees.leaf_value[self.numbering.leaves],
        }

    def _trees(self, trees: TreeArrays, n_categorical: Ints) -> NDArray[np.int32]:
        numbering = self.numbering
        columns = {
            "first_split": numbering.first_split,
            "n_splits": numbering.size,
            "n_inner": np.bincount(trees.tree_of_split, weights=numbering.inner, minlength=trees.n_trees),
            "first_leaf": numbering.first_leaf,
            "n_loose": np.bincount(trees.tree_of_leaf, weights=numbering.loose, minlength=trees.n_trees),
            "first_categorical": np.cumsum(n_categorical) - n_categorical,
            "n_categorical": n_categorical,
            "label": trees.tree_class,
        }
        return int32s(list(columns.values()))

    def raw(self, x: Floats) -> Floats:
        """Raw scores float64[n_classes] of one row float64[n_features]."""
        row, room, raw = np.ascontiguousarray(x, np.float64), np.empty(self._room), np.zeros(self._n_classes)
        self.library.fairlead_raw(self.record.address, row.ctypes.data, room.ctypes.data, raw.ctypes.data)
        return raw
