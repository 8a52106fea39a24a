"""What a stored tree ensemble must look like; anything else is refused before an index in it is followed.

Everything `models.trees` relies on is checked here, once, when a `TreeEnsemble` is made: whatever passes can be
descended without a bounds check and ends after at most `MAX_DEPTH` steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tree_arrays import TreeArrays

Array = NDArray[Any]


class Rule(IntEnum):
    """How a split reads its feature. Zero means |x| <= 1e-35 throughout (LightGBM's bound)."""

    NAN_IS_ZERO = 0
    """Left when x <= threshold, NaN read as 0."""
    ZERO_GOES_LEFT = 1
    """Zero and NaN are missing and go left; else left when x <= threshold."""
    ZERO_GOES_RIGHT = 2
    """Zero and NaN are missing and go right; else left when x <= threshold."""
    NAN_GOES_LEFT = 3
    """NaN is missing and goes left; else left when x <= threshold."""
    NAN_GOES_RIGHT = 4
    """NaN is missing and goes right; else left when x <= threshold."""
    CATEGORY = 5
    """Left when x, truncated toward zero, is a category of the split's set; NaN, below 0 and unseen go right."""


MAX_FEATURES = 65_536
"""More than any catalogue has; keeps a corrupted header from asking for all memory."""
MAX_LEAF_VALUE = 1e100
"""Far beyond any score; keeps sums over trees finite."""
MAX_COVER = 2.0**53
"""The largest count that a float holds exactly."""
MAX_DEPTH = 512
"""Deeper than any tree trained here (a tree of n leaves is at most n - 1 deep); bounds every level-wise loop."""

DTYPES: Mapping[str, np.dtype[Any]] = {
    "n_features": np.dtype(np.int64),
    "n_classes": np.dtype(np.int64),
    "tree_class": np.dtype(np.int32),
    "first_split": np.dtype(np.int32),
    "feature": np.dtype(np.int32),
    "rule": np.dtype(np.uint8),
    "threshold": np.dtype(np.float64),
    "left": np.dtype(np.int32),
    "right": np.dtype(np.int32),
    "first_word": np.dtype(np.int32),
    "category_words": np.dtype(np.uint32),
    "leaf_value": np.dtype(np.float64),
    "leaf_cover": np.dtype(np.float64),
}
"""The stored arrays and the exact type of each; the two counts are 0-dimensional, all others flat."""


class InvalidTreesError(ValueError):
    """The arrays do not describe a tree ensemble; the message says which array and why."""


def read_arrays(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of the stored arrays under their names, the two counts as ints.

    Raises:
        InvalidTreesError: when an array is missing, or has another type or number of dimensions.
    """
    return {name: _read(mapping, name) for name in DTYPES}


def _read(mapping: Mapping[str, Any], name: str) -> Any:
    _require(name in mapping, f"array {name!r} is missing; a tree ensemble is stored as {', '.join(DTYPES)}")
    array, counted = mapping[name], name in ("n_features", "n_classes")
    _require(isinstance(array, np.ndarray), f"{name!r} is a {type(array).__name__}; expected a numpy array")
    _require(
        array.dtype == DTYPES[name] and array.ndim == (0 if counted else 1),
        f"array {name!r} is {array.dtype} with {array.ndim} dimensions; "
        f"expected {DTYPES[name]} with {0 if counted else 1}",
    )
    return int(array) if counted else array.copy()


def check_trees(trees: TreeArrays) -> None:
    """Raise `InvalidTreesError` unless the arrays are a forest as `models.trees` describes it."""
    for check in _CHECKS:
        check(trees)


def _require(holds: bool | np.bool_, message: str) -> None:
    if not holds:
        raise InvalidTreesError(message)


def _inside(values: Array, end: int) -> bool:
    return bool(np.all((values >= 0) & (values < end)))


def _check_types(trees: TreeArrays) -> None:
    for name, dtype in DTYPES.items():
        value = getattr(trees, name)
        if isinstance(value, np.ndarray):
            _require(value.dtype == dtype and value.ndim == 1, f"{name} must be a flat {dtype} array")


def _check_counts(trees: TreeArrays) -> None:
    _require(0 < trees.n_features <= MAX_FEATURES, f"n_features is {trees.n_features}; expected 1 to {MAX_FEATURES}")
    _require(trees.n_trees > 0, "there is no tree; expected at least one per class")
    _require(
        0 < trees.n_classes <= trees.n_trees,
        f"n_classes is {trees.n_classes} for {trees.n_trees} trees; expected at least one tree per class",
    )
    _require(_inside(trees.tree_class, trees.n_classes), "tree_class names a class outside 0..n_classes - 1")
    present = np.bincount(trees.tree_class, minlength=trees.n_classes)
    _require(bool(np.all(present > 0)), "tree_class leaves a class without any tree")


def _check_lengths(trees: TreeArrays) -> None:
    splits, leaves = trees.n_splits, trees.n_splits + trees.n_trees
    expected = {
        "first_split": trees.n_trees + 1,
        "rule": splits,
        "threshold": splits,
        "left": splits,
        "right": splits,
        "first_word": splits + 1,
        "leaf_value": leaves,
        "leaf_cover": leaves,
    }
    for name, length in expected.items():
        found = len(getattr(trees, name))
        _require(found == length, f"{name} has {found} entries; {trees.n_trees} trees of {splits} splits need {length}")


def _check_offsets(trees: TreeArrays) -> None:
    for name, end in (("first_split", trees.n_splits), ("first_word", len(trees.category_words))):
        offsets = getattr(trees, name)
        rising = bool(np.all(offsets[1:] >= offsets[:-1]))
        _require(rising and offsets[0] == 0 and offsets[-1] == end, f"{name} must rise from 0 to {end} without falling")


def _check_splits(trees: TreeArrays) -> None:
    _require(_inside(trees.feature, trees.n_features), "feature names a column outside 0..n_features - 1")
    _require(_inside(trees.rule, len(Rule)), f"rule holds a code outside 0..{len(Rule) - 1}")
    _require(bool(np.all(np.isfinite(trees.threshold))), "threshold holds a number that is not finite")
    words = np.diff(trees.first_word)
    _require(not np.any(words[trees.rule != Rule.CATEGORY]), "first_word gives category words to a numeric split")


def _check_leaves(trees: TreeArrays) -> None:
    # Negated comparisons, so that NaN is refused too.
    _require(
        not np.any(~(np.abs(trees.leaf_value) <= MAX_LEAF_VALUE)),
        f"leaf_value holds a number that is not finite or beyond {MAX_LEAF_VALUE:g}",
    )
    _require(
        not np.any(~((trees.leaf_cover >= 0) & (trees.leaf_cover <= MAX_COVER))),
        f"leaf_cover must hold counts from 0 to {MAX_COVER:g}",
    )


def _check_forest(trees: TreeArrays) -> None:
    """Each node is the child of exactly one earlier split of its own tree, roots of none: so no cycle and no orphan."""
    nodes = trees.n_splits + len(trees.leaf_value)
    parents = np.arange(trees.n_splits)
    tree = np.concatenate([trees.tree_of_split, trees.tree_of_leaf])
    for name in ("left", "right"):
        child = getattr(trees, name)
        _require(_inside(child, nodes), f"{name} names a node outside 0..{nodes - 1}")
        _require(bool(np.all(child > parents)), f"{name} points back; a child split must come after its parent")
        _require(bool(np.all(tree[child] == trees.tree_of_split)), f"{name} leads into another tree")
    reached = np.bincount(np.concatenate([trees.left, trees.right]), minlength=nodes)
    expected = np.ones(nodes, dtype=np.intp)
    expected[trees.roots] = 0
    _require(bool(np.array_equal(reached, expected)), "left and right must reach each node once and no root")


def _check_depth(trees: TreeArrays) -> None:
    _require(trees.depth <= MAX_DEPTH, f"a tree is {trees.depth} splits deep; expected at most {MAX_DEPTH}")


_CHECKS: tuple[Callable[[TreeArrays], None], ...] = (
    _check_types,
    _check_counts,
    _check_lengths,
    _check_offsets,
    _check_splits,
    _check_leaves,
    _check_forest,
    _check_depth,
)
