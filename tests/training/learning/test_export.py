"""The export takes what predict uses, and refuses a booster it would read wrongly."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import pytest

from models.treeshap import Explainer
from tests.fixtures.boosters import KINDS, booster, history, stress_rows
from training.learning.export import UnsupportedBoosterError, export_mean, export_trees

QUIET = {"objective": "binary", "num_leaves": 7, "num_threads": 1, "deterministic": True, "verbose": -1}


def _data(**options: object) -> lightgbm.Dataset:
    rows, score = history()
    return lightgbm.Dataset(rows, (score > 0).astype(float), **options)


def test_early_stopping_exports_the_best_iteration() -> None:
    rows = history()[0]
    noise = lightgbm.Dataset(rows[:300], np.random.default_rng(0).integers(0, 2, 300).astype(float))
    stop = lightgbm.early_stopping(3, verbose=False)
    trained = lightgbm.train(QUIET, _data(), 40, valid_sets=[noise], callbacks=[stop], keep_training_booster=True)
    assert 0 < trained.best_iteration < trained.current_iteration()
    trees = export_trees(trained)
    assert trees.n_trees == trained.best_iteration
    assert np.array_equal(trees.raw_batch(rows)[:, 0], trained.predict(rows, raw_score=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_booster_read_back_from_its_text_exports_the_same_arrays(kind: str) -> None:
    again = lightgbm.Booster(model_str=booster(kind).model_to_string())
    for name, array in export_trees(booster(kind)).to_arrays().items():
        assert np.array_equal(array, export_trees(again).to_arrays()[name])


def test_a_booster_that_could_not_split_is_a_constant() -> None:
    trained = lightgbm.train(QUIET | {"min_data_in_leaf": 1_400}, _data(), 3)
    trees, rows = export_trees(trained), stress_rows(5)
    assert trees.n_splits == 0
    assert np.array_equal(trees.raw_batch(rows)[:, 0], trained.predict(rows, raw_score=True))
    assert not np.any(Explainer(trees).contributions(rows[0], 0))


def test_the_mean_of_boosters_is_one_ensemble_and_explains_itself() -> None:
    rows = stress_rows(40)
    several = [lightgbm.train(QUIET | {"seed": seed, "feature_fraction": 0.5}, _data(), 10) for seed in range(4)]
    mean = export_mean(several)
    told = np.mean([each.predict(rows, raw_score=True) for each in several], axis=0)
    np.testing.assert_allclose(mean.raw_batch(rows)[:, 0], told, rtol=0, atol=1e-12)
    phi = np.mean([each.predict(rows, pred_contrib=True) for each in several], axis=0)
    explainer = Explainer(mean)
    for row, expected in zip(rows, phi, strict=True):
        np.testing.assert_allclose(explainer.contributions(row, 0), expected[:-1], rtol=0, atol=1e-9)
    assert explainer.base[0] == pytest.approx(float(phi[0, -1]), abs=1e-9)


def test_classes_keep_their_own_trees() -> None:
    trees = export_trees(booster("multiclass"))
    assert (trees.n_classes, trees.n_trees) == (3, 36)
    assert trees.tree_class[:4].tolist() == [0, 1, 2, 0]


def test_leaf_covers_are_the_training_rows() -> None:
    trees = export_trees(booster())
    assert np.bincount(trees.tree_of_leaf, weights=trees.leaf_cover).tolist() == [len(history()[0])] * trees.n_trees


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"linear_tree": True}, "linear trees"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged output"),
    ],
)
def test_unsupported_boosters_are_refused(params: dict[str, object], complaint: str) -> None:
    trained = lightgbm.train(QUIET | params, _data(params={"linear_tree": "linear_tree" in params}), 2)
    with pytest.raises(UnsupportedBoosterError, match=complaint):
        export_trees(trained)


def test_pandas_categories_are_refused_as_their_codes_would_be_lost() -> None:
    frame = pd.DataFrame({"carrier": pd.Categorical(["a", "b"] * 100), "minutes": np.arange(200.0)})
    trained = lightgbm.train(QUIET, lightgbm.Dataset(frame, np.arange(200) % 2), 2)
    with pytest.raises(UnsupportedBoosterError, match="integer codes"):
        export_trees(trained)


class _Edited(lightgbm.Booster):  # type: ignore[misc]
    """A booster whose text somebody changed."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(model_str=booster().model_to_string())
        self._change = (old, new)

    def model_to_string(self, *args: object, **options: object) -> str:
        return str(super().model_to_string()).replace(*self._change, 1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version=v4", "version=v9", "version 'v9'"),
        ("end of trees", "", "no 'end of trees'"),
        ("num_leaves=15", "num_leaves=14", "expected 1[34]"),
        ("decision_type=", "decision_type=12 ", "values of decision_type"),
        ("leaf_value=", "leaf_value=0\nleaf_value=", "'leaf_value' twice"),
        ("is_linear=0", "is_linear=1", "linear trees"),
        ("num_cat=", "num_oblique=1\nnum_cat=", "'num_oblique', which"),
    ],
)
def test_a_text_that_does_not_fit_together_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(UnsupportedBoosterError, match=complaint):
        export_trees(_Edited(old, new))
