"""Trees from arrays predict what LightGBM predicts, bit for bit, and no damaged array gets past the door."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.trees import InvalidTreesError, Rule, TreeEnsemble
from models.treeshap import Explainer
from tests.fixtures.boosters import KINDS, booster, stress_rows
from tests.fixtures.forests import chain, forest
from tests.fixtures.shapley import goes_left
from training.learning.export import export_trees

pytestmark = pytest.mark.usefixtures("kernel")
ODD = [np.nan, 0.0, 1e-36, -1e-35, np.inf, -np.inf, -0.5, -1.0, 0.5, 2.7, 31.0, 32.0, 63.0, 64.0, 2.0**31, 1e300]
SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_raw_scores_equal_lightgbm_bit_for_bit(kind: str) -> None:
    trees, rows = export_trees(booster(kind)), stress_rows(400)
    expected = booster(kind).predict(rows, raw_score=True).reshape(len(rows), -1)
    assert np.array_equal(trees.raw_batch(rows), expected)
    assert np.array_equal([trees.raw(row) for row in rows], expected)


@given(SEEDS)
def test_one_row_and_a_batch_agree_with_a_walk_split_by_split(seed: int) -> None:
    trees = forest(seed, n_classes=2, n_trees=5)
    rows = np.random.default_rng(seed).choice(ODD, size=(4, trees.n_features))
    walked = np.array([_walk(trees, row) for row in rows])
    assert np.array_equal(trees.raw_batch(rows), walked)
    assert np.array_equal([trees.raw(row) for row in rows], walked)


def _walk(trees: TreeEnsemble, row: NDArray[np.float64]) -> list[float]:
    raw = [0.0] * trees.n_classes
    for root, class_index in zip(trees.roots, trees.tree_class, strict=True):
        node = int(root)
        while node < trees.n_splits:
            node = int(trees.left[node] if goes_left(trees, node, row) else trees.right[node])
        raw[class_index] += float(trees.leaf_value[node - trees.n_splits])
    return raw


def test_a_batch_longer_than_a_block_is_predicted_whole() -> None:
    trees = export_trees(booster())
    rows = np.tile(stress_rows(500), (19, 1))
    raw = trees.raw_batch(rows)
    assert np.array_equal(raw, np.tile(raw[:500], (19, 1)))
    assert trees.raw_batch(rows[:0]).shape == (0, 1)


def test_single_leaf_trees_are_constants() -> None:
    trees = forest(1, most_splits=0, n_trees=3)
    assert trees.depth == 0
    assert trees.raw(np.zeros(5))[0] == trees.leaf_value[0] + trees.leaf_value[1] + trees.leaf_value[2]


@pytest.mark.parametrize("shape", [(7,), (9,), (1, 8), ()])
def test_a_row_of_another_length_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"the row has shape .* expected \(8,\)"):
        export_trees(booster()).raw(np.zeros(shape))
    with pytest.raises(ValueError, match="the rows have shape"):
        export_trees(booster()).raw_batch(np.zeros((2, 9)))


def test_arrays_survive_a_file() -> None:
    trees, rows = export_trees(booster("multiclass")), stress_rows(20)
    file = io.BytesIO()
    np.savez(file, **trees.to_arrays())  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file) as stored:
        again = TreeEnsemble.from_arrays(stored)
    assert np.array_equal(again.raw_batch(rows), trees.raw_batch(rows))
    assert all(np.array_equal(array, again.to_arrays()[name]) for name, array in trees.to_arrays().items())


def test_loaded_trees_do_not_share_memory_with_the_mapping_and_cannot_be_changed() -> None:
    arrays = {name: array.copy() for name, array in export_trees(booster()).to_arrays().items()}
    trees = TreeEnsemble.from_arrays(arrays)
    arrays["leaf_value"][:] = 0.0
    assert np.any(trees.leaf_value)
    with pytest.raises(ValueError, match="read-only"):
        trees.leaf_value[0] = 1.0


def _damaged(**changes: Any) -> dict[str, Any]:
    arrays = {name: array.copy() for name, array in export_trees(booster()).to_arrays().items()}
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
    return arrays


def _with(at: int, value: Any) -> Any:
    def change(array: NDArray[Any]) -> NDArray[Any]:
        array[at] = value
        return array

    return change


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"threshold": _with(3, np.nan)}, "threshold holds a number that is not finite"),
        ({"leaf_value": _with(0, np.inf)}, "leaf_value holds a number that is not finite"),
        ({"leaf_cover": _with(0, -1.0)}, "leaf_cover must hold counts"),
        ({"leaf_cover": _with(0, np.nan)}, "leaf_cover must hold counts"),
        ({"feature": _with(0, 8)}, "feature names a column outside"),
        ({"feature": _with(0, -1)}, "feature names a column outside"),
        ({"rule": _with(0, len(Rule))}, "rule holds a code outside"),
        ({"left": _with(0, 0)}, "left points back"),
        ({"right": _with(5, 10_000)}, "right names a node outside"),
        ({"right": _with(0, -3)}, "right names a node outside"),
        ({"left": _with(0, 20)}, "left leads into another tree"),
        ({"left": _with(0, 2), "right": _with(0, 2)}, "reach each node once"),
        ({"tree_class": _with(0, 1)}, "tree_class names a class outside"),
        ({"first_split": _with(1, 10_000)}, "first_split must rise"),
        ({"first_word": _with(0, 1)}, "first_word must rise"),
        ({"rule": lambda rule: np.zeros_like(rule)}, "category words to a numeric split"),
        ({"leaf_value": lambda values: values[:-1]}, "leaf_value has .* entries"),
        ({"left": lambda left: left.astype(np.int64)}, "'left' is int64 with 1 dimensions; expected int32"),
        ({"threshold": lambda cut: cut.reshape(1, -1)}, "'threshold' is float64 with 2 dimensions"),
        ({"threshold": lambda cut: cut.tolist()}, "'threshold' is a list"),
        ({"n_features": lambda _: np.array(2**40)}, "n_features is 1099511627776"),
        ({"n_classes": lambda _: np.array(99)}, "n_classes is 99 for 12 trees"),
        ({"n_classes": lambda _: np.array(2)}, "leaves a class without any tree"),
        ({"tree_class": lambda classes: classes[:0]}, "there is no tree"),
    ],
)
def test_damage_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidTreesError, match=complaint):
        TreeEnsemble.from_arrays(_damaged(**changes))


def test_a_missing_array_is_named() -> None:
    arrays = _damaged()
    del arrays["left"]
    with pytest.raises(InvalidTreesError, match="array 'left' is missing"):
        TreeEnsemble.from_arrays(arrays)


def test_a_tree_deeper_than_any_is_refused() -> None:
    assert chain(512).depth == 512
    with pytest.raises(InvalidTreesError, match="513 splits deep"):
        chain(513)


@settings(max_examples=300, deadline=None)
@given(SEEDS, st.data())
def test_damaged_arrays_are_refused_or_harmless(seed: int, data: st.DataObject) -> None:
    arrays = forest(seed, n_classes=2, n_trees=4, most_splits=5).to_arrays()
    for name in data.draw(st.sets(st.sampled_from(sorted(arrays)), min_size=1, max_size=3)):
        arrays[name] = _mutated(arrays[name].copy(), data)
    try:
        trees = TreeEnsemble.from_arrays(arrays)
    except InvalidTreesError:
        return
    row = np.random.default_rng(seed).choice(ODD, size=trees.n_features)
    assert np.all(np.isfinite(trees.raw(row)))
    assert np.array_equal(trees.raw(row), trees.raw_batch(row[np.newaxis])[0])
    explainer = Explainer(trees)
    scale = 1.0 + float(np.abs(trees.leaf_value).sum())
    for class_index in range(trees.n_classes):
        total = explainer.base[class_index] + explainer.contributions(row, class_index).sum()
        assert abs(total - trees.raw(row)[class_index]) <= 1e-12 * scale


def _mutated(array: NDArray[Any], data: st.DataObject) -> NDArray[Any]:
    kind = data.draw(st.sampled_from(["bytes", "swap", "cut", "grow", "type"]))
    if kind == "type":
        return array.astype(data.draw(st.sampled_from([np.int32, np.int64, np.float32, np.float64, np.uint8, object])))
    if array.ndim == 0 or not len(array):
        return np.array(data.draw(st.integers(-(2**63), 2**63 - 1)))
    at = data.draw(st.integers(0, len(array) - 1))
    if kind == "swap":
        array[[0, at]] = array[[at, 0]]
    elif kind == "cut":
        array = array[:at]
    elif kind == "grow":
        array = np.append(array, array[at])
    else:
        size = array.dtype.itemsize
        array[at] = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), array.dtype)[0]
    return array
