"""Tree ensembles as plain arrays: prediction with numpy alone, equal to LightGBM's raw scores bit for bit.

`models.tree_arrays` says how the arrays lie. Rows are float64 vectors of length `n_features`, categories as their
codes, missing values as NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.compiled_trees import CompiledForest
from models.tree_arrays import Bools, Floats, Ints, TreeArrays
from models.tree_decisions import CategorySets, Columns, Decisions
from models.tree_layout import DTYPES, InvalidTreesError, Rule, check_trees, read_arrays

__all__ = ["InvalidTreesError", "Rule", "TreeEnsemble"]

_BLOCK_ROWS = 8_192
"""Rows descended together in a batch: few enough that a column stays in the processor's cache."""


@dataclass(frozen=True, eq=False)
class TreeEnsemble(TreeArrays):
    """Trees that predict: their arrays are checked when made and never changed after.

    Raises:
        InvalidTreesError: when the arrays are not such a forest.
    """

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
        return None if library is None else CompiledForest(self, self.category_sets, library)

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
