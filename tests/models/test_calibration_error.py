from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration_error import binned, error_by_chance, expected_calibration_error


def cases(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.permutation(np.arange(1, n + 1) / (n + 1.0))
    return (rng.random(n) < said).astype(np.int64), said


@given(st.integers(0, 99), st.integers(1, 5))
def test_an_integer_weight_is_as_many_rows(seed: int, times: int) -> None:
    happened, said = cases(seed, 150)
    weight = np.full(150, float(times))
    repeated = binned(np.repeat(happened, times), np.repeat(said, times))
    told = binned(happened, said, weight)
    assert told.said == pytest.approx(repeated.said)
    assert told.seen == pytest.approx(repeated.seen)
    assert told.mass == pytest.approx(repeated.mass)
    assert expected_calibration_error(happened, said, weight=weight) == pytest.approx(
        expected_calibration_error(np.repeat(happened, times), np.repeat(said, times))
    )


def test_uneven_integer_weights_are_as_many_rows_where_no_bin_cuts_through_a_case() -> None:
    happened, said = cases(3, 150)
    weight = np.tile([1.0, 2.0, 1.0], 50)[np.argsort(np.argsort(said))]
    times = weight.astype(int)
    told, repeated = (
        binned(happened, said, weight, 10),
        binned(np.repeat(happened, times), np.repeat(said, times), bins=10),
    )
    assert told.seen == pytest.approx(repeated.seen)
    assert told.said == pytest.approx(repeated.said)


@given(st.integers(0, 99))
def test_bins_of_uneven_weights_hold_all_of_them_alike(seed: int) -> None:
    happened, said = cases(seed, 400)
    weight = np.random.default_rng(seed).uniform(0.2, 4.0, 400)
    told = binned(happened, said, weight)
    assert told.mass.sum() == pytest.approx(weight.sum())
    assert np.ptp(told.mass) <= 2 * weight.max()
    assert np.all(np.diff(told.said) > 0)
    assert np.all(told.cases <= 400)


def test_probabilities_that_come_true_under_weights_have_almost_no_error() -> None:
    rng = np.random.default_rng(5)
    said = rng.random(60_000)
    happened = rng.random(60_000) < said
    told = rng.random(60_000) < np.where(happened, 0.8, 0.2)
    weight = np.where(happened, 1.25, 5.0)[told]
    assert expected_calibration_error(happened[told], said[told]) > 0.1
    assert expected_calibration_error(happened[told], said[told], weight=weight) < 0.015


@pytest.mark.parametrize(("n", "level"), [(40, -2.0), (300, -3.0), (3_000, 0.0)])
def test_right_probabilities_are_as_far_off_by_chance_as_often_as_is_said(n: int, level: float) -> None:
    rng, chances = np.random.default_rng(n), []
    for _ in range(400):
        said = 1 / (1 + np.exp(-rng.normal(level, 1.2, n)))
        chances.append(error_by_chance(binned(rng.random(n) < said, said))[1])
    for share in (0.01, 0.05, 0.2):
        assert np.mean(np.array(chances) <= share) <= share + 2.5 * np.sqrt(share / 400)
    assert np.median(chances) <= 0.75, "it still tells something"


def test_so_many_effective_cases_are_as_far_off_by_chance_as_weights_make_them() -> None:
    rng, seldom = np.random.default_rng(3), 0
    for _ in range(400):
        said = rng.random(800)
        weight = np.where(rng.random(800) < 0.2, 5.0, 0.5)
        seldom += error_by_chance(binned(rng.random(800) < said, said, weight))[1] <= 0.05
    assert seldom <= 34


def test_an_error_no_draw_reaches_is_less_likely_the_larger_it_is() -> None:
    happened, said = cases(1, 3_000)
    chances = [error_by_chance(binned(happened, np.clip(said + by, 0.0, 1.0)))[1] for by in (0.05, 0.07, 0.1, 0.2)]
    assert all(later < earlier for earlier, later in pairwise(chances))
    assert chances[0] < 0.002
    assert chances[-1] < 1e-12


def test_the_same_cases_are_judged_alike_and_certainties_that_fail_are_no_chance() -> None:
    happened, said = cases(2, 500)
    assert error_by_chance(binned(happened, said)) == error_by_chance(binned(happened, said))
    assert error_by_chance(binned(np.ones(50), np.zeros(50)))[1] == 0.0
    assert error_by_chance(binned(np.zeros(50), np.zeros(50)))[1] == 1.0
    assert error_by_chance(binned(happened, said))[0] == pytest.approx(expected_calibration_error(happened, said))
