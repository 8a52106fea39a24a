"""The compiled kernel's contributions are numpy's but for the last bits, and no answer shows which of them gave it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.vocabulary import Task
from models.bundle import open_bundle
from models.kernel import NUMPY, VARIABLE
from models.predictors import ModelPredictor
from models.trees import TreeEnsemble
from tests.fixtures.boosters import KINDS, booster, stress_rows
from tests.fixtures.bundles import a_bundle
from tests.fixtures.forests import chain, forest
from tests.fixtures.kernels import with_kernel, with_numpy
from tests.fixtures.task_models import cases
from training.learning.export import export_trees

pytestmark = pytest.mark.usefixtures("compiled")
ODD = [np.nan, 0.0, 1e-36, np.inf, -np.inf, -0.5, -1.0, -7.0, 0.7, 2.7, 31.0, 40.0, 2.0**31]


def apart(trees: TreeEnsemble, rows: list[np.ndarray]) -> float:
    """How far the kernels are apart at most, relative to the largest contribution; both must add up."""
    (numpy, by_numpy), (_, compiled) = with_numpy(trees), with_kernel(trees)
    worst = 0.0
    for row in rows:
        raw = numpy.raw(row)
        for class_index in range(trees.n_classes):
            expected, found = (each.contributions(row, class_index) for each in (by_numpy, compiled))
            assert compiled.base[class_index] + found.sum() == pytest.approx(raw[class_index], abs=1e-9)
            worst = max(worst, np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300))
    return worst


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_are_numpy_s(kind: str) -> None:
    assert apart(export_trees(booster(kind)), list(stress_rows(100))) <= 1e-12


@given(st.integers(0, 2**32 - 1))
def test_contributions_of_any_forest_are_numpy_s(seed: int) -> None:
    trees = forest(seed, n_features=4, n_trees=6, n_classes=3, most_splits=30)
    assert apart(trees, list(np.random.default_rng(seed).choice(ODD, size=(3, 4)))) <= 1e-12


@pytest.mark.parametrize("n_features", [15, 16, 17, 32, 33, 48, 49, 120])
def test_long_paths_are_walked_block_after_block(n_features: int) -> None:
    on_and_off = np.where(np.arange(n_features) % 5 == 3, -1.0, 1.0)
    assert apart(chain(n_features), [np.ones(n_features), -np.ones(n_features), on_and_off]) <= 1e-12


@pytest.mark.parametrize("n_features", [2, 20, 60])
def test_long_paths_that_read_features_again_and_again_are_numpy_s(n_features: int) -> None:
    trees = chain(120)
    arrays = trees.to_arrays() | {"feature": (np.arange(120) % n_features).astype(np.int32)}
    arrays["n_features"] = np.asarray(n_features, np.int64)
    arrays["threshold"] = np.random.default_rng(n_features).normal(size=120)
    rows = np.random.default_rng(0).normal(size=(4, n_features)) + 1.0
    assert apart(TreeEnsemble.from_arrays(arrays), list(rows)) <= 1e-12


@pytest.mark.parametrize("long_way", ["left", "right"])
@pytest.mark.parametrize("n_features", [3, 40, 120])
def test_ways_that_hardly_a_row_went_are_as_exact(long_way: str, n_features: int) -> None:
    """numpy takes the step to one child as what is left of 1: here that is next to nothing."""
    arrays = chain(120).to_arrays() | {"feature": (np.arange(120) % n_features).astype(np.int32)}
    arrays["n_features"] = np.asarray(n_features, np.int64)
    arrays["leaf_cover"] = 10.0 ** np.linspace(6, 0, 121)
    sign = 1.0
    if long_way == "left":
        arrays["left"], arrays["right"], sign = arrays["right"], arrays["left"], -1.0
    row = sign * np.where(np.arange(n_features) % 5 == 3, -1.0, 1.0)
    assert apart(TreeEnsemble.from_arrays(arrays), [row, np.full(n_features, sign)]) <= 1e-13


@pytest.mark.parametrize("seed", range(3))
def test_large_trees_over_many_features_are_numpy_s(seed: int) -> None:
    trees = forest(seed, n_features=60, n_trees=4, most_splits=900)
    assert apart(trees, list(np.random.default_rng(seed).choice(ODD, size=(10, 60)))) <= 1e-12


def test_trees_of_one_leaf_have_no_contributions() -> None:
    _, explainer = with_kernel(forest(1, most_splits=0))
    assert not np.any(explainer.contributions(np.zeros(5), 0))


def test_threads_need_no_lock() -> None:
    trees = forest(4, n_features=12, n_trees=40, n_classes=2, most_splits=60)
    rows = np.random.default_rng(4).choice(ODD, size=(400, 12))
    _, explainer = with_kernel(trees)
    alone = [explainer.contributions(row, 1).tobytes() for row in rows]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda row: explainer.contributions(row, 1).tobytes(), rows))
    assert together == alone


def test_answers_do_not_depend_on_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_bundle(tmp_path / "bundle")
    compiled = open_bundle(folder)
    monkeypatch.setenv(VARIABLE, NUMPY)
    numpy = open_bundle(folder)
    for task in Task:
        models = [bundle.models[task].model for bundle in (compiled, numpy)]
        assert [model.score.trees.compiled is None for model in models] == [False, True]
        predictors = [ModelPredictor(model, "the same") for model in models]
        golden = [(each.case, each.standing) for each in models[0].golden]
        assert golden
        for case, standing in (*golden, *cases()[:40]):
            compiled_told, numpy_told = (each.predict(case, standing) for each in predictors)
            assert repr(compiled_told) == repr(numpy_told), "a zero has the same sign, too"
