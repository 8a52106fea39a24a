from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from training.drift.paired import gain


def test_of_single_cases_it_is_the_paired_t_interval() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.gamma(1.0, 0.4, 300), rng.gamma(1.0, 0.3, 300)
    told = gain(before, after, np.arange(300))
    expected = stats.ttest_rel(before, after).confidence_interval(0.95)
    assert told.interval == pytest.approx((expected.low, expected.high))
    assert told.groups == 300


def test_cases_that_go_together_tell_no_more_than_one() -> None:
    better = np.random.default_rng(2).normal(0.05, 0.3, 200)
    alone = gain(better, np.zeros(200), np.arange(200))
    tenfold = gain(np.repeat(better, 10), np.zeros(2_000), np.repeat(np.arange(200), 10))
    assert tenfold.interval == pytest.approx(alone.interval)
    assert gain(np.repeat(better, 10), np.zeros(2_000), np.arange(2_000)).reach < alone.reach / 3


def test_one_in_forty_gains_of_nothing_is_called_sure() -> None:
    rng = np.random.default_rng(3)
    sure = sum(gain(rng.normal(size=100), rng.normal(size=100), np.arange(100)).is_sure for _ in range(2_000))
    assert 30 <= sure <= 72


def test_a_gain_says_how_many_times_the_cases_would_tell_it() -> None:
    better = np.random.default_rng(4).normal(0.02, 0.4, 400)
    told = gain(better, np.zeros(400), np.arange(400))
    assert not told.is_sure
    more = math.ceil(told.times * 1.1)
    assert gain(np.tile(better, more), np.zeros(400 * more), np.arange(400 * more)).is_sure
    fewer = math.floor(told.times / 1.1)
    assert not gain(np.tile(better, fewer), np.zeros(400 * fewer), np.arange(400 * fewer)).is_sure


def test_one_group_tells_nothing() -> None:
    told = gain(np.ones(9), np.zeros(9), np.zeros(9, np.int64))
    assert (told.mean, told.is_sure) == (1.0, False)


def test_a_weighted_gain_is_that_of_all_cases_and_its_interval_holds_it() -> None:
    rng, held, gains = np.random.default_rng(6), 0, []
    for _ in range(400):
        kind = rng.random(600) < 0.3
        better = rng.normal(np.where(kind, 0.2, -0.1), 0.5)
        told = rng.random(600) < np.where(kind, 0.8, 0.2)
        weight = np.where(kind, 1.25, 5.0)[told]
        found = gain(better[told], np.zeros(told.sum()), np.arange(told.sum()), weight)
        gains.append(found.mean)
        held += found.interval[0] <= -0.01 <= found.interval[1]
    assert np.mean(gains) == pytest.approx(-0.01, abs=0.01)
    assert held / 400 == pytest.approx(0.95, abs=0.025)


def test_equal_weights_change_nothing_and_a_group_counts_for_the_weights_of_its_cases() -> None:
    rng = np.random.default_rng(7)
    better, groups = rng.normal(0.1, 1.0, 300), rng.integers(0, 90, 300)
    plain = gain(better, np.zeros(300), groups)
    assert gain(better, np.zeros(300), groups, np.full(300, 2.5)).interval == pytest.approx(plain.interval)
    times = 1 + groups % 3
    repeated = gain(np.repeat(better, times), np.zeros(times.sum()), np.repeat(groups, times))
    told = gain(better, np.zeros(300), groups, times.astype(np.float64))
    assert told.mean == pytest.approx(repeated.mean)
    assert told.reach == pytest.approx(repeated.reach, rel=0.02), "a few degrees of freedom less"


def test_no_number_of_cases_would_tell_a_gain_that_is_a_loss() -> None:
    worse = np.random.default_rng(8).normal(0.02, 0.4, 400)
    told = gain(np.zeros(400), worse, np.arange(400))
    assert told.mean < 0
    assert told.times == math.inf


def test_cases_that_count_for_far_more_than_the_others_are_as_few_as_they_are() -> None:
    """Two of forty cases outweigh the others by far: Student's quantile is that of two, where forty had a normal's."""
    better = np.random.default_rng(9).normal(0.1, 1.0, 40)
    weight = np.where(np.arange(40) < 2, 1e6, 1.0)
    told, heavy = gain(better, np.zeros(40), np.arange(40), weight), gain(better[:2], np.zeros(2), np.arange(2))
    error = math.sqrt(float(((weight * (better - told.mean)) ** 2).sum()) * 40 / 39) / weight.sum()
    assert told.mean == pytest.approx(heavy.mean, abs=1e-4)
    assert told.reach == pytest.approx(stats.t.ppf(0.975, 1) * error, rel=1e-3)


def test_one_case_that_outweighs_all_others_gives_a_wide_interval_and_not_none() -> None:
    better = np.random.default_rng(10).normal(0.1, 1.0, 100)
    told = gain(better, np.zeros(100), np.arange(100) // 50, np.where(np.arange(100) == 7, 1e3, 1.0))
    assert math.isfinite(told.reach)
    assert not told.is_sure
    assert told.interval[0] < told.mean < told.interval[1]
