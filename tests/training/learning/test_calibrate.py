"""Fitted calibrators come true more often than the raw scores, and never cost order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, log_loss

from models.calibration import BinaryCalibrator
from training.learning.calibrate import (
    FEWEST_CASES,
    _class_loss,
    fit_binary,
    fit_multiclass,
    fit_recent,
    fit_shape,
    levelled,
)

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]
TRUTHS: dict[str, Curve] = {
    "straight": lambda raw: 0.7 * raw - 0.5,
    "bent": lambda raw: np.where(raw > 0, 2.2 * raw, 0.4 * raw) - 1,
    "level": lambda raw: np.clip(3 * raw, -2, 1),
    "rare": lambda raw: 1.3 * raw - 4,
}


def _cases(truth: Curve, n: int, seed: int) -> tuple[Floats, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    raw = 2 * rng.normal(size=n)
    return raw, (rng.random(n) < _sigmoid(truth(raw))).astype(np.int64)


def _sigmoid(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-score)))


def _calibration_error(probability: Floats, y: NDArray[np.int64]) -> float:
    parts = np.array_split(np.argsort(probability), 15)
    return float(sum(len(part) * abs(probability[part].mean() - y[part].mean()) for part in parts) / len(y))


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_later_cases_come_true_as_often_as_said_and_keep_their_order(truth: Curve) -> None:
    calibrator = fit_binary(*_cases(truth, 4_000, seed=1))
    raw, y = _cases(truth, 20_000, seed=2)
    said = calibrator.probability(raw)
    assert _calibration_error(said, y) < 0.025
    assert _calibration_error(said, y) < _calibration_error(_sigmoid(raw), y) / 3
    assert log_loss(y, said) < log_loss(y, _sigmoid(truth(raw))) + 0.005
    assert average_precision_score(y, said) == pytest.approx(average_precision_score(y, raw), abs=1e-6)


def test_a_small_slice_gets_a_straight_line() -> None:
    assert len(fit_binary(*_cases(TRUTHS["bent"], FEWEST_CASES - 1, seed=3)).raw) == 2
    assert len(fit_binary(*_cases(TRUTHS["bent"], 4_000, seed=3)).raw) > 2


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone_stays_finite(label: int) -> None:
    calibrator = fit_binary(np.linspace(-3, 3, 50), np.full(50, label))
    assert 0.0 < calibrator.probability(-3.0) < calibrator.probability(3.0) < 1.0
    assert abs(calibrator.probability(0.0) - label) < 0.1


def test_scores_that_say_nothing_or_the_opposite_end_at_the_base_rate() -> None:
    raw, y = _cases(TRUTHS["straight"], 2_000, seed=4)
    constant = fit_binary(np.zeros(2_000), y)
    assert constant.probability(0.0) == pytest.approx(y.mean(), abs=1e-3)
    opposite = fit_binary(-raw, y)
    assert opposite.probability(np.array([-2.0, 2.0])) == pytest.approx(y.mean(), abs=0.05)


def test_weights_count_cases() -> None:
    raw, y = _cases(TRUTHS["straight"], 300, seed=5)
    weight = np.random.default_rng(6).integers(0, 4, 300)
    repeated = fit_binary(np.repeat(raw, weight), np.repeat(y, weight))
    weighted = fit_binary(raw, y, weight.astype(float))
    grid = np.linspace(-4, 4, 9)
    # Equal up to how much Platt's targets are softened.
    assert weighted.probability(grid) == pytest.approx(repeated.probability(grid), abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([1e-9, 1.0, 1e5]), st.booleans())
def test_any_slice_gives_a_valid_deterministic_calibrator(seed: int, values: int, scale: float, sparse: bool) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.choice(scale * rng.normal(size=4**values), size=700)
    y = (rng.random(700) < (0.01 if sparse else 0.5)).astype(np.int64)
    weight = rng.exponential(size=700) * (rng.random(700) < 0.9)
    calibrator = fit_binary(raw, y, weight)
    assert calibrator == fit_binary(raw, y, weight) == BinaryCalibrator.from_json(calibrator.to_json())
    said = calibrator.probability(np.sort(raw))
    assert np.all(np.diff(said) >= 0)


@pytest.mark.parametrize(
    ("raw", "y", "weight", "complaint"),
    [
        ([], [], None, "equal lengths, not 0"),
        ([1.0], [1, 0], None, "equal lengths"),
        ([1.0, np.nan], [1, 0], None, "finite scores"),
        ([1.0, 2.0], [1, 2], None, "labels 0 or 1"),
        ([1.0, 2.0], [1, 0], [0.0, 0.0], "not all zero"),
        ([1.0, 2.0], [1, 0], [1.0, -1.0], "none negative"),
    ],
)
def test_bad_slices_are_refused(raw: list[float], y: list[int], weight: list[float] | None, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        fit_binary(np.array(raw), np.array(y, int), None if weight is None else np.array(weight))


def _classes(n: int, seed: int) -> tuple[Floats, NDArray[np.int64]]:
    """Scores twice as sure as they should be, and shifted against one class."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(n, 4))
    chance = np.cumsum(np.exp(true) / np.exp(true).sum(axis=1, keepdims=True), axis=1)
    y = (rng.random((n, 1)) > chance).sum(axis=1)
    return 2.0 * (true - np.array([0.0, 0.0, 1.0, 0.0])), np.minimum(y, 3)


def test_multiclass_finds_temperature_and_shift() -> None:
    calibrator = fit_multiclass(*_classes(8_000, seed=1))
    assert calibrator.temperature == pytest.approx(2.0, rel=0.06)
    shift = np.array(calibrator.bias)
    assert shift - shift[0] == pytest.approx([0.0, 0.0, 1.0, 0.0], abs=0.1)
    raw, y = _classes(8_000, seed=2)
    odds = np.exp(raw)
    assert log_loss(y, calibrator.probability(raw)) < log_loss(y, odds / odds.sum(axis=1, keepdims=True)) - 0.1


def test_multiclass_finds_the_share_of_labels_that_nobody_could_tell() -> None:
    raw, y = _classes(8_000, seed=4)
    rng = np.random.default_rng(5)
    lost = rng.random(8_000) < 0.08
    calibrator = fit_multiclass(2.0 * raw, np.where(lost, rng.integers(0, 4, 8_000), y))
    assert calibrator.noise == pytest.approx(0.08, abs=0.03)
    assert calibrator.temperature == pytest.approx(4.0, rel=0.1)


def test_multiclass_gradient_is_the_slope_of_the_loss() -> None:
    raw, y = _classes(200, seed=6)
    at, hit = np.array([0.3, 0.05, 0.2, -0.1, 0.0, 0.4]), np.eye(4)[y]
    weight = np.where(y == 1, 3.0, 0.5)
    weight /= weight.mean()
    value, gradient = _class_loss(at, raw, hit, weight)
    slopes = [(_class_loss(at + 1e-6 * step, raw, hit, weight)[0] - value) / 1e-6 for step in np.eye(6)]
    assert gradient == pytest.approx(slopes, abs=1e-4)


def test_a_class_the_slice_does_not_hold_keeps_a_finite_bias() -> None:
    raw, y = _classes(300, seed=3)
    calibrator = fit_multiclass(raw[y != 3], y[y != 3])
    assert np.all(calibrator.probability(raw) > 0)


def test_bad_class_slices_are_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(n, at least 2\\)"):
        fit_multiclass(np.zeros((3, 1)), np.zeros(3, int))
    with pytest.raises(ValueError, match="labels 0 to 1"):
        fit_multiclass(np.zeros((3, 2)), np.array([0, 1, 2]))


def test_without_biases_the_order_of_the_labels_stays() -> None:
    rng = np.random.default_rng(3)
    raw, y = rng.normal(size=(400, 4)) * 3, rng.integers(0, 4, 400)
    calibrator = fit_multiclass(raw, y, biased=False)
    assert calibrator.bias == (0.0,) * 4
    assert calibrator.temperature > 1.5
    assert np.array_equal(calibrator.probability(raw).argsort(axis=1), raw.argsort(axis=1))


def test_the_shape_is_fitted_and_the_level_left_where_the_scores_put_it() -> None:
    rng = np.random.default_rng(8)
    raw = rng.normal(size=8_000)
    truth = (rng.random(8_000) < 1 / (1 + np.exp(-(2.0 * raw - 1.0)))).astype(np.int64)
    calibrator = fit_shape(raw, truth)
    assert calibrator.probability(raw).mean() == pytest.approx((1 / (1 + np.exp(-raw))).mean(), abs=1e-6)
    middle = np.array([-1.0, 1.0])
    odds = np.log(calibrator.probability(middle) / (1 - calibrator.probability(middle)))
    assert odds[1] - odds[0] == pytest.approx(4.0, rel=0.15)


def test_the_latest_level_is_nearly_that_of_the_latest_half() -> None:
    rng = np.random.default_rng(9)
    raw = rng.normal(size=8_000)
    moved = np.where(np.arange(8_000) < 4_000, 0.0, 1.5)
    truth = (rng.random(8_000) < 1 / (1 + np.exp(-(raw - 2.0 + moved)))).astype(np.int64)
    latest = raw[4_000:]
    said = fit_recent(raw, truth).probability(latest).mean()
    assert said == pytest.approx((1 / (1 + np.exp(-(latest - 0.5)))).mean(), abs=0.03)
    assert fit_binary(raw, truth).probability(latest).mean() < said - 0.05


@pytest.mark.parametrize("way", [fit_binary, fit_shape, fit_recent])
def test_what_counts_more_moves_the_level(way: Callable[..., BinaryCalibrator]) -> None:
    dice = np.random.default_rng(3)
    raw = dice.normal(-1.0, 1.0, 400)
    y = (dice.random(400) < 1 / (1 + np.exp(-raw - 0.7))).astype(int)
    told = np.full(400, 1.0 / 3.0)
    assert way(raw, y, told).log_odds == pytest.approx(way(raw, y).log_odds), "they tell what counts more, not how much"
    weight = np.where(y == 1, 2.0, 1.0)
    heavier = way(raw, y, weight)
    assert levelled(raw, y, weight).mean() > levelled(raw, y).mean()
    if way is not fit_shape:
        assert heavier.probability(raw).mean() > way(raw, y).probability(raw).mean() + 0.1


def test_labels_that_count_more_are_said_more_often() -> None:
    raw, y = _classes(2_000, seed=7)
    weight = np.where(y == 2, 4.0, 1.0)
    plain, heavier = (fit_multiclass(raw, y, weight=each).probability(raw)[:, 2] for each in (None, weight))
    assert plain.mean() == pytest.approx((y == 2).mean(), abs=0.02)
    assert np.average(heavier, weights=weight) == pytest.approx(np.average(y == 2, weights=weight), abs=0.02)
    assert heavier.mean() > plain.mean() + 0.1
