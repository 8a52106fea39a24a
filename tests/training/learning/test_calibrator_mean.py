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
    inside = (np.abs(said) < 11.0).all(axis=0)  # Beyond, probabilities are clipped.
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
    assert [each for each in told.raw if abs(each) < 0.5] == [0.0]
    assert log_odds(told, np.array([-1.0, 0.0, 1.0])) == pytest.approx((-1.5, 0.25, 1.5))


def test_one_steep_end_does_not_outvote_the_others() -> None:
    """A few scores that lie close make a steep last piece; far beyond it no probability is told in any case."""
    even = BinaryCalibrator((-20.0, 20.0), (-20.0, 20.0))
    steep = BinaryCalibrator((-1.0, 0.0, 1e-5), (-3.0, -1.0, 2.0))
    told = mean_of([steep, even, even, even])
    assert isinstance(told, BinaryCalibrator)
    assert 0.5 < told.probability(0.5) < 0.99
    assert np.all(np.diff(told.log_odds) > 0)


def test_knots_that_lie_all_together_still_make_a_calibrator() -> None:
    close = BinaryCalibrator((0.0, 5e-7), (-0.1, 0.1))
    told = mean_of([close, close])
    assert isinstance(told, BinaryCalibrator)
    assert told.probability(-1.0) < told.probability(0.0) < told.probability(1.0)


def test_the_mean_of_the_most_noise_is_the_most_noise() -> None:
    told = mean_of([MulticlassCalibrator(1.0, (0.0, 0.0), 0.2)] * 3)
    assert isinstance(told, MulticlassCalibrator)
    assert told.noise == 0.2


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
