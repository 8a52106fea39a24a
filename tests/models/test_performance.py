from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from models.performance import MOST_ERROR, alike, claimed, level_missed, realised, top_event


def calibrated(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = np.round(rng.beta(1.2, 2.5, n), 3)
    return probability, (rng.random(n) < probability).astype(np.int64)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_calibrated_probabilities_claim_what_they_will_realise(seed: int) -> None:
    probability, happened = calibrated(seed, 8_000)
    said, seen = claimed(probability), realised(probability, happened)
    assert said.log_loss == pytest.approx(seen.log_loss, abs=0.03)
    assert said.brier == pytest.approx(seen.brier, abs=0.015)
    assert said.brier_error == pytest.approx(seen.brier_error, rel=0.1)
    assert said.roc_auc == pytest.approx(seen.roc_auc, abs=0.03)
    assert said.rate == pytest.approx(seen.rate, abs=0.025)


def test_what_is_realised_is_what_the_library_says() -> None:
    probability, happened = calibrated(3, 2_000)
    seen = realised(probability, happened)
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    assert seen.roc_auc == pytest.approx(roc_auc_score(happened, probability))
    assert seen.brier == pytest.approx(brier_score_loss(happened, inside))
    assert seen.log_loss == pytest.approx(log_loss(happened, inside))


def test_a_calibrated_model_is_within_chance_and_a_shifted_one_is_not() -> None:
    probability, happened = calibrated(5, 4_000)
    right, wrong = realised(probability, happened), realised(np.clip(probability + 0.1, 0, 1), happened)
    assert (right.ece_chance or 0) > 0.05 > (wrong.ece_chance or 0)
    assert right.ece == pytest.approx(right.ece_by_chance, abs=0.012)
    assert (right.miscalibration or 0) < 0.002
    assert wrong.miscalibration == pytest.approx(0.01, abs=0.003)


def test_of_few_cases_what_chance_makes_of_the_error_is_taken_off() -> None:
    right = [realised(*calibrated(seed, 400)) for seed in range(60)]
    assert np.mean([each.ece or 0.0 for each in right]) == pytest.approx(
        np.mean([each.ece_by_chance or 0.0 for each in right]), rel=0.12
    )
    assert np.mean([each.miscalibration or 0.0 for each in right]) < 0.003


def test_one_outcome_has_no_ranking() -> None:
    seen = realised(np.array([0.2, 0.4]), np.array([1, 1]))
    assert seen.roc_auc is None
    assert seen.rate == 1.0


def test_of_labels_the_event_is_that_the_likeliest_is_right() -> None:
    said = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.4, 0.5, 0.1]])
    probability, happened = top_event(said, np.array([0, 1, -1]))
    assert probability.tolist() == [0.7, 0.7, 0.5]
    assert happened.tolist() == [1, 0, -1]


def test_of_an_event_that_nearly_always_happens_less_is_a_difference_too() -> None:
    assert alike(0.99) == pytest.approx(alike(0.01)) == pytest.approx(0.01 / 6)
    assert alike(0.5) == MOST_ERROR


def test_a_level_is_missed_where_chance_does_not_explain_it() -> None:
    assert level_missed(said=0.082, rate=0.172, n=1_601)
    assert not level_missed(said=0.082, rate=0.172, n=20)
    assert not level_missed(said=0.150, rate=0.165, n=1_000_000), "what nobody would act upon"
    assert level_missed(said=0.001, rate=0.010, n=100_000), "of a rare event less is a difference"
    assert level_missed(said=0.0, rate=0.5, n=4)


def test_one_in_a_hundred_right_levels_is_called_missed() -> None:
    rng = np.random.default_rng(5)
    seen = rng.binomial(400, 0.2, 5_000) / 400
    assert 20 <= sum(level_missed(0.2, float(rate), 400) for rate in seen) <= 80


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_an_integer_weight_is_as_many_cases(seed: int, times: int) -> None:
    probability, happened = calibrated(seed, 300)
    rng = np.random.default_rng(seed)
    uneven = rng.integers(1, 5, 300)
    seen = realised(probability, happened, weight=uneven.astype(np.float64))
    repeated = realised(np.repeat(probability, uneven), np.repeat(happened, uneven))
    said = claimed(probability, weight=uneven.astype(np.float64))
    claim = claimed(np.repeat(probability, uneven))
    for name in ("rate", "said", "log_loss", "brier", "roc_auc"):
        assert getattr(seen, name) == pytest.approx(getattr(repeated, name))
        assert getattr(said, name) == pytest.approx(getattr(claim, name))


def test_equal_weights_change_nothing() -> None:
    probability, happened = calibrated(7, 1_500)
    for told, plain in (
        (realised(probability, happened, weight=np.full(1_500, 3.0)), realised(probability, happened)),
        (claimed(probability, weight=np.full(1_500, 3.0)), claimed(probability)),
    ):
        assert told.effective == pytest.approx(1_500)
        assert plain.counts == 1_500
        for name in type(plain).model_fields:
            if name not in ("region", "effective"):
                assert getattr(told, name) == pytest.approx(getattr(plain, name)), name


def test_a_weighted_brier_score_strays_by_its_error() -> None:
    rng = np.random.default_rng(9)
    scores, errors = [], []
    for seed in range(300):
        probability, happened = calibrated(seed, 500)
        seen = realised(probability, happened, weight=np.where(rng.random(500) < 0.3, 5.0, 0.5))
        scores.append(seen.brier)
        errors.append(seen.brier_error or 0.0)
    assert np.std(scores) == pytest.approx(np.mean(errors), rel=0.12)
