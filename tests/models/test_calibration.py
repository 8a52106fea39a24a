"""Calibrators never turn the order of cases round, stay within their bounds and refuse what is not one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import SMALLEST_PROBABILITY, BinaryCalibrator, InvalidCalibrationError, MulticlassCalibrator

STEPS = st.lists(st.tuples(st.floats(1e-3, 10), st.floats(1e-4, 10)), min_size=2, max_size=20)
SCORES = st.floats(allow_nan=False)


def _calibrator(steps: list[tuple[float, float]], start: float = -5.0) -> BinaryCalibrator:
    raw, log_odds = start + np.cumsum(np.array(steps), axis=0).T
    return BinaryCalibrator(tuple(raw.tolist()), tuple(log_odds.tolist()))


@given(STEPS, SCORES, SCORES)
def test_probability_never_falls_as_the_score_rises(steps: list[tuple[float, float]], one: float, other: float) -> None:
    calibrator = _calibrator(steps)
    low, high = calibrator.probability(min(one, other)), calibrator.probability(max(one, other))
    assert SMALLEST_PROBABILITY <= low <= high <= 1 - SMALLEST_PROBABILITY


@given(STEPS)
def test_knots_are_met_and_the_points_between_them_rise(steps: list[tuple[float, float]]) -> None:
    calibrator = _calibrator(steps)
    raw = np.array(calibrator.raw)
    grid = np.unique(np.concatenate([raw, np.nextafter(raw, -np.inf), np.nextafter(raw, np.inf)]))
    assert np.all(np.diff(calibrator.probability(grid)) >= 0)
    expected = np.clip(1 / (1 + np.exp(-np.array(calibrator.log_odds))), 1e-6, 1 - 1e-6)
    assert calibrator.probability(raw) == pytest.approx(expected, rel=1e-9)


def test_the_ends_go_on_with_their_slopes() -> None:
    calibrator = BinaryCalibrator((0.0, 1.0, 2.0), (0.0, 0.5, 2.5))
    assert calibrator.probability(-2.0) == pytest.approx(1 / (1 + np.exp(1.0)))
    assert calibrator.probability(3.0) == pytest.approx(1 / (1 + np.exp(-4.5)))
    assert calibrator.probability(-1e300) == SMALLEST_PROBABILITY
    assert calibrator.probability(np.array([[np.inf, -np.inf]])).shape == (1, 2)


def test_one_score_gives_a_float_and_the_array_gives_the_same() -> None:
    calibrator = BinaryCalibrator((-1.0, 2.0), (-0.5, 0.7))
    scores = np.linspace(-4, 4, 9)
    assert isinstance(calibrator.probability(0.3), float)
    assert calibrator.probability(scores).tolist() == [calibrator.probability(float(score)) for score in scores]


@given(STEPS)
def test_a_binary_calibrator_survives_json(steps: list[tuple[float, float]]) -> None:
    calibrator = _calibrator(steps)
    assert BinaryCalibrator.from_json(json.loads(json.dumps(calibrator.to_json()))) == calibrator


GOOD = {"kind": "binary", "raw": [0.0, 1.0], "log_odds": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"raw": [1.0, 1.0]}, "rise strictly"),
        ({"log_odds": [1.0, 0.0]}, "rise strictly"),
        ({"raw": [0.0, float("nan")]}, "finite numbers"),
        ({"raw": [0.0, float("inf")]}, "finite numbers"),
        ({"raw": [0.0, 10**400]}, "too large"),
        ({"raw": [0.0, 1e7]}, "finite numbers up to 1e"),
        ({"raw": [0.0, 1e-12], "log_odds": [0.0, 1.0]}, "slope"),
        ({"log_odds": [0.0, 1e-12]}, "slope"),
        ({"raw": [0.0]}, "1 raw and 2 calibrated knots"),
        ({"raw": [0.0], "log_odds": [0.0]}, "at least two"),
        ({"raw": ["0", 1.0]}, "numbers only"),
        ({"raw": [False, True]}, "numbers only"),
        ({"raw": "01"}, "numbers only"),
        ({"kind": "multiclass"}, "not a binary calibrator"),
        ({"more": 1}, "not a binary calibrator"),
    ],
)
def test_what_is_no_binary_calibrator_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidCalibrationError, match=complaint):
        BinaryCalibrator.from_json(GOOD | change)
    with pytest.raises(InvalidCalibrationError):
        BinaryCalibrator.from_json([GOOD])


def test_multiclass_probabilities_are_a_tempered_softmax() -> None:
    calibrator = MulticlassCalibrator(2.0, (0.0, 1.0, -1.0))
    odds = np.exp(np.array([1.0 / 2, 2.0 / 2 + 1, 3.0 / 2 - 1]))
    assert calibrator.probability(np.array([1.0, 2.0, 3.0])) == pytest.approx(odds / odds.sum())


def test_noise_is_spread_over_all_classes() -> None:
    probability = MulticlassCalibrator(1.0, (0.0, 0.0, 0.0, 0.0), 0.2).probability(np.array([50.0, 0.0, 0.0, 0.0]))
    assert probability == pytest.approx([0.85, 0.05, 0.05, 0.05])


@given(
    st.lists(st.lists(SCORES, min_size=3, max_size=3), min_size=1, max_size=4),
    st.floats(1e-3, 1e3),
    st.floats(0.0, 0.2),
)
def test_multiclass_probabilities_sum_to_one_whatever_the_scores(
    rows: list[list[float]], temperature: float, noise: float
) -> None:
    calibrator = MulticlassCalibrator(temperature, (0.0, -3.0, 3.0), noise)
    probability = calibrator.probability(np.array(rows))
    assert probability.sum(axis=1) == pytest.approx(1.0)
    assert np.array_equal(probability[0], calibrator.probability(np.array(rows[0])))
    assert MulticlassCalibrator.from_json(json.loads(json.dumps(calibrator.to_json()))) == calibrator


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"temperature": 0.0}, "the temperature is 0"),
        ({"temperature": float("nan")}, "the temperature is nan"),
        ({"temperature": "1"}, "numbers only"),
        ({"bias": [0.0]}, "at least two"),
        ({"bias": [0.0, float("inf")]}, "finite numbers"),
        ({"bias": {"0": 1.0}}, "numbers only"),
        ({"noise": 0.5}, "the noise is 0.5"),
        ({"kind": "binary"}, "not a multiclass calibrator"),
    ],
)
def test_what_is_no_multiclass_calibrator_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidCalibrationError, match=complaint):
        MulticlassCalibrator.from_json(
            {"kind": "multiclass", "temperature": 1.0, "bias": [0.0, 0.0], "noise": 0.0} | change
        )


def test_scores_of_another_number_of_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 classes"):
        MulticlassCalibrator(1.0, (0.0, 0.0)).probability(np.zeros((4, 3)))
