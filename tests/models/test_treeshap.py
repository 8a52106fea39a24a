"""Contributions equal the Shapley values' definition, LightGBM's own, and always add up to the raw score."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.treeshap import Explainer
from tests.fixtures.boosters import KINDS, N_FEATURES, booster, stress_rows
from tests.fixtures.forests import chain, forest
from tests.fixtures.shapley import by_enumeration, of_chain
from training.learning.export import export_trees

pytestmark = pytest.mark.usefixtures("kernel")
ODD = [np.nan, 0.0, 1e-36, np.inf, -np.inf, -0.5, -1.0, 0.7, 2.7, 31.0, 40.0]


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_equal_lightgbm(kind: str) -> None:
    trees, rows = export_trees(booster(kind)), stress_rows(150)
    explainer = Explainer(trees)
    expected = booster(kind).predict(rows, pred_contrib=True).reshape(len(rows), trees.n_classes, N_FEATURES + 1)
    for class_index in range(trees.n_classes):
        found = np.array([explainer.contributions(row, class_index) for row in rows])
        assert np.abs(found - expected[:, class_index, :-1]).max() <= 1e-13
        assert np.abs(explainer.base[class_index] - expected[:, class_index, -1]).max() <= 1e-13


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_contributions_equal_the_definition(seed: int) -> None:
    trees = forest(seed, n_features=4, n_trees=4, n_classes=2)
    row = np.random.default_rng(seed).choice(ODD, size=4)
    explainer = Explainer(trees)
    for class_index in range(2):
        base, phi = by_enumeration(trees, row, class_index)
        assert explainer.base[class_index] == pytest.approx(base, abs=1e-13)
        assert explainer.contributions(row, class_index) == pytest.approx(phi, abs=1e-13)


@pytest.mark.parametrize("n_features", [1, 2, 3, 20, 32])
def test_long_paths_are_exact_where_the_usual_algorithm_is_not(n_features: int) -> None:
    trees = chain(n_features)
    row = np.where(np.arange(n_features) % 5 == 3, -1.0, 1.0)
    assert Explainer(trees).contributions(row, 0) == pytest.approx(of_chain(trees, row), abs=1e-14)


def test_a_very_long_path_still_adds_up() -> None:
    trees = chain(200)
    row = np.ones(200)
    explainer = Explainer(trees)
    assert explainer.base[0] + explainer.contributions(row, 0).sum() == pytest.approx(trees.raw(row)[0], abs=1e-13)


def test_ten_thousand_rows_leave_no_residual() -> None:
    trees, rows = export_trees(booster()), stress_rows(10_000)
    explainer = Explainer(trees)
    total = explainer.base[0] + np.array([explainer.contributions(row, 0).sum() for row in rows])
    assert np.abs(total - trees.raw_batch(rows)[:, 0]).max() < 1e-13


def test_single_leaf_trees_have_a_base_and_no_contributions() -> None:
    trees = forest(1, most_splits=0)
    explainer = Explainer(trees)
    assert explainer.base[0] == pytest.approx(trees.leaf_value.sum())
    assert not np.any(explainer.contributions(np.zeros(5), 0))


def test_threads_sharing_an_explainer_get_what_one_alone_gets() -> None:
    trees, rows = export_trees(booster("deep")), stress_rows(300)
    explainer = Explainer(trees)
    alone = [explainer.contributions(row, 0).tobytes() for row in rows]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda row: explainer.contributions(row, 0).tobytes(), rows))
    assert together == alone


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="the row has shape"):
        Explainer(forest(0)).contributions(np.zeros(4), 0)
    with pytest.raises(IndexError):
        Explainer(forest(0)).contributions(np.zeros(5), 1)
