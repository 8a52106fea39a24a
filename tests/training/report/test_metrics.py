from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.report.metrics import calibration_bins, expected_calibration_error, scores_of

CHANCES = st.lists(st.floats(0.01, 0.99), min_size=30, max_size=200)


def test_a_risk_scored_by_hand() -> None:
    scores = scores_of(np.array([1, 0, 1, 0]), np.array([[0.8], [0.6], [0.4], [0.2]]))
    assert scores["roc_auc"] == pytest.approx(0.75)
    assert scores["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores["log_loss"] == pytest.approx(-np.log([0.8, 0.4, 0.4, 0.8]).mean())
    assert "accuracy" not in scores


def test_labels_are_scored_each_against_the_rest_and_by_the_likeliest() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])
    scores = scores_of(np.array([0, 1, 1, 1]), probabilities)
    assert scores["accuracy"] == pytest.approx(0.75)
    assert scores["roc_auc"] == pytest.approx((1.0 + 1.0) / 2)
    assert scores["log_loss"] == pytest.approx(-np.log([0.7, 0.6, 0.3, 0.6]).mean())


def test_ranking_is_not_defined_where_only_one_thing_happens() -> None:
    scores = scores_of(np.array([0, 0]), np.array([[0.2], [0.1]]))
    assert scores["roc_auc"] is None
    assert scores["average_precision"] is None


def test_a_certainty_that_fails_costs_much_but_not_everything() -> None:
    loss = scores_of(np.array([1]), np.array([[0.0]]))["log_loss"]
    assert loss is not None
    assert np.isfinite(loss)


@given(CHANCES)
def test_bins_are_equally_filled_and_hold_every_case(chances: Any) -> None:
    bins = calibration_bins(np.ones(len(chances)), np.array(chances))
    counts = [count for _, _, count in bins]
    assert sum(counts) == len(chances)
    assert max(counts) - min(counts) <= 1
    assert [said for said, _, _ in bins] == sorted(said for said, _, _ in bins)


@given(CHANCES, st.integers(0, 9))
def test_the_error_lies_between_the_mean_gap_and_one(chances: Any, seed: Any) -> None:
    said = np.array(chances)
    happened = np.random.default_rng(seed).random(len(said)) < said
    error = expected_calibration_error(happened, said)
    assert abs(said.mean() - happened.mean()) <= error + 1e-12 <= 1


def test_probabilities_that_come_true_have_almost_no_error() -> None:
    generator = np.random.default_rng(5)
    said = generator.random(40_000)
    assert expected_calibration_error(generator.random(40_000) < said, said) < 0.012


def test_in_a_bin_each_case_counts_for_its_weight() -> None:
    happened, said = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.7, 0.8])
    weighed = calibration_bins(happened, said, 2, np.array([3.0, 1.0, 1.0, 3.0]))
    np.testing.assert_allclose(weighed, [(0.125, 0.25, 2), (0.775, 0.75, 2)])
    assert calibration_bins(happened, said, 2, np.ones(4)) == calibration_bins(happened, said, 2)
