"""The paired bootstrap: whole exceptions are drawn, averages are what they should be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from training.promotion.resampling import Draws, average_precision, average_precisions, means, means_in

N = 300


def test_average_precision_is_scikit_learns_with_ties_and_with_weights() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, N)
    probability = np.round(rng.random(N), 1)
    assert average_precision(truth, probability[:, None]) == pytest.approx(average_precision_score(truth, probability))
    draws = Draws(np.arange(N), 3, 0)
    (weights,) = draws.blocks()
    expected = [average_precision_score(truth, probability, sample_weight=row) for row in weights]
    assert average_precisions(draws, truth, probability[:, None]) == pytest.approx(expected)


def test_rows_of_one_exception_are_drawn_together() -> None:
    groups = np.repeat(np.arange(60), 5)
    for weights in Draws(groups, 10, 1).blocks():
        assert (weights.reshape(len(weights), 60, 5) == weights.reshape(len(weights), 60, 5)[:, :, :1]).all()


def test_the_spread_of_the_means_is_the_standard_error() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=N)
    spread = means(Draws(np.arange(N), 1_000, 0), values).std()
    assert spread == pytest.approx(values.std() / np.sqrt(N), rel=0.1)


def test_the_mean_of_a_slice_is_of_its_rows_alone() -> None:
    chosen = np.arange(N) < 50
    values = np.where(chosen, 2.0, 100.0)
    one, other = means_in(Draws(np.arange(N), 20, 0), values, [chosen, ~chosen])
    assert (set(one), set(other)) == ({2.0}, {100.0})


def test_the_means_of_parts_are_those_of_the_rows_that_blocks_draw_and_none_where_a_resample_holds_none() -> None:
    rng = np.random.default_rng(5)
    groups, values = np.arange(N) // 3, rng.normal(size=N)
    draws, parts = Draws(groups, 60, 3), [groups % 2 == 0, groups == 0]
    weights = np.concatenate(list(draws.blocks()))
    for part, found in zip(parts, means_in(draws, values, parts), strict=True):
        total = weights[:, part].sum(axis=1)
        expected = (weights[:, part] @ values[part])[total > 0] / total[total > 0]
        assert found == pytest.approx(expected)
    assert len(means_in(draws, values, parts)[1]) < 60
    assert means_in(draws, values, []) == []


def test_days_that_move_together_do_not_pass_for_many_cases() -> None:
    """Two models that are equal but for what a day does to one of them: chance alone calls neither clearly worse."""
    rng, days, shelves = np.random.default_rng(5), 14, 200
    day = np.repeat(np.arange(days), shelves)
    called = {"days": 0, "shelves": 0}
    for world in range(60):
        apart = rng.normal(0, 0.3, days)[day] + rng.normal(size=days * shelves)
        for drawn, groups in (("days", day), ("shelves", np.arange(days * shelves))):
            low, high = np.quantile(means(Draws(groups, 200, world), apart), (0.005, 0.995))
            called[drawn] += not low <= 0 <= high
    assert called["days"] <= 4
    assert called["shelves"] > 20
