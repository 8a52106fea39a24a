"""The mean of calibrators says the mean of their log-odds of every score, and keeps the order of cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from training.learning.calibrator_mean import mean_of

SCORES = np.linspace(-9.0, 9.0, 361)


@st.composite
def calibrators(draw: st.DrawFn) -> BinaryCalibrator:
    """Some that rise between a few knots."""
    steps = st.floats(0.05, 2.0)
    count = draw(st.integers(2, 6))
    raw = draw(st.floats(-4.0, 0.0)) + np.cumsum([draw(steps) for _ in range(count)])
    told = draw(st.floats(-4.0, 0.0)) + np.cumsum([draw(steps) for _ in range(count)])
    return BinaryCalibrator(tuple(raw.tolist()), tuple(told.tolist()))


def log_odds(calibrator: BinaryCalibrator, raw: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    told = calibrator.probability(raw)
    return np.asarray(np.log(told) - np.log1p(-told))


@given(st.lists(calibrators(), min_size=1, max_size=4))
def test_it_says_the_mean_of_what_they_say(each: list[BinaryCalibrator]) -> None:
    told = mean_of(each)
    assert isinstance(told, BinaryCalibrator)
    said = np.array([log_odds(one, SCORES) for one in each])
    inside = (np.abs(said) < 13.0).all(axis=0)  # Beyond, probabilities are clipped.
    assert np.allclose(log_odds(told, SCORES)[inside], said.mean(axis=0)[inside], atol=1e-5)


@given(st.lists(calibrators(), min_size=2, max_size=4))
def test_it_keeps_the_order_of_cases(each: list[BinaryCalibrator]) -> None:
    told = mean_of(each)
    assert isinstance(told, BinaryCalibrator)
    assert np.all(np.diff(told.log_odds) > 0)


def test_knots_that_differ_by_rounding_alone_are_one() -> None:
    one = BinaryCalibrator((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0))
    other = BinaryCalibrator((-1.0, 1e-12, 1.0), (-2.0, 0.5, 2.0))
    told = mean_of([one, other])
    assert isinstance(told, BinaryCalibrator)
    assert told.raw == (-1.0, 0.0, 1.0)
    assert told.log_odds == pytest.approx((-1.5, 0.25, 1.5))


def test_of_labels_scores_biases_and_noise_are_averaged() -> None:
    told = mean_of([MulticlassCalibrator(1.0, (0.0, 0.0), 0.0), MulticlassCalibrator(0.5, (0.4, -0.4), 0.1)])
    assert isinstance(told, MulticlassCalibrator)
    assert told.temperature == pytest.approx(1 / 1.5)
    assert told.bias == pytest.approx((0.2, -0.2))
    assert told.noise == pytest.approx(0.05)


def test_one_alone_comes_back_as_it_is_and_none_is_an_error() -> None:
    one = BinaryCalibrator((-1.0, 1.0), (-1.0, 1.0))
    assert mean_of([one]) is one
    with pytest.raises(ValueError, match="0 calibrators of risks and 0 of labels"):
        mean_of([])
    with pytest.raises(ValueError, match="1 calibrators of risks and 1 of labels"):
        mean_of([one, MulticlassCalibrator(1.0, (0.0, 0.0))])
