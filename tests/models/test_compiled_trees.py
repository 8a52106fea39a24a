"""The compiled kernel gives the raw scores of numpy bit for bit, from copies of arrays that were checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.compiled_trees import Numbering, Record
from tests.fixtures.boosters import KINDS, booster, stress_rows
from tests.fixtures.forests import chain, forest
from tests.fixtures.kernels import with_kernel, with_numpy
from training.learning.export import export_trees

pytestmark = pytest.mark.usefixtures("compiled")
ODD = [np.nan, 0.0, -0.0, 1e-36, -1e-35, np.inf, -np.inf, -0.5, -1.0, -7.0, 0.5, 2.7, 31.0, 32.0, 63.0, 64.0, 2.0**31]


@pytest.mark.parametrize("kind", KINDS)
def test_raw_scores_are_numpy_s_bit_for_bit(kind: str) -> None:
    trees, rows = export_trees(booster(kind)), stress_rows(300)
    numpy, compiled = with_numpy(trees)[0], with_kernel(trees)[0]
    assert [compiled.raw(row).tobytes() for row in rows] == [numpy.raw(row).tobytes() for row in rows]


@given(st.integers(0, 2**32 - 1))
def test_raw_scores_of_any_forest_are_numpy_s(seed: int) -> None:
    trees = forest(seed, n_classes=2, n_trees=5, most_splits=30)
    numpy, compiled = with_numpy(trees)[0], with_kernel(trees)[0]
    for row in np.random.default_rng(seed).choice(ODD, size=(8, trees.n_features)):
        assert compiled.raw(row).tobytes() == numpy.raw(row).tobytes()


def test_a_row_is_read_whatever_its_strides_and_its_precision() -> None:
    compiled = with_kernel(export_trees(booster()))[0]
    row = np.array([3.0, 1.0, -0.5, 0.0, 0.25, np.nan, 2.0, -1.5])
    assert compiled.raw(np.repeat(row, 3)[::3]).tobytes() == compiled.raw(row).tobytes()
    single: Any = row.astype(np.float32)
    assert compiled.raw(single).tobytes() == compiled.raw(row).tobytes()


def test_a_row_of_another_length_never_reaches_it() -> None:
    compiled, explainer = with_kernel(forest(0))
    with pytest.raises(ValueError, match="the row has shape"):
        compiled.raw(np.zeros(4))
    with pytest.raises(ValueError, match="the row has shape"):
        explainer.contributions(np.zeros((5, 1)), 0)


def test_what_is_done_to_the_arrays_later_does_not_reach_it() -> None:
    compiled, explainer = with_kernel(forest(3, most_splits=20))
    row = np.ones(5)
    before = compiled.raw(row), explainer.contributions(row, 0)
    for array in vars(compiled).values():
        if isinstance(array, np.ndarray):
            array.setflags(write=True)
            array[:] = 77
    assert np.array_equal(compiled.raw(row), before[0])
    assert np.array_equal(explainer.contributions(row, 0), before[1])


@pytest.mark.parametrize("seed", range(5))
def test_splits_with_two_leaves_come_last_and_so_do_their_leaves(seed: int) -> None:
    trees = forest(seed, n_trees=4, most_splits=25)
    numbering = Numbering(trees)
    for tree, size in enumerate(numbering.size):
        here = slice(numbering.first_split[tree], numbering.first_split[tree] + size)
        child, inner = numbering.child[here], numbering.inner[numbering.splits[here]]
        assert list(inner) == sorted(inner, reverse=True)
        assert np.all(child > np.arange(size)[:, None])
        assert sorted(child.ravel()) == list(range(1, 2 * size + 1))
        n_loose = int((child[inner] >= size).sum())
        assert np.all(child[inner] < size + n_loose)
        assert np.all(child[~inner] >= size + n_loose)


def test_a_chain_has_one_split_with_two_leaves() -> None:
    assert list(Numbering(chain(6)).inner) == [True] * 5 + [False]


def test_a_record_keeps_the_arrays_it_points_to() -> None:
    record = Record({"count": 2}, {"numbers": np.arange(6.0)[::2]})
    assert record.address
    assert [array.tolist() for array in record._arrays] == [[0.0, 2.0, 4.0]]
