"""The linear term learns what one feature alone tells, keeps its directions, and says nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.histories.rows import Rows
from training.learning.linear_fit import fit_linear

N = 4_000


def rows(categories: tuple[int, ...] = (), directions: dict[int, int] | None = None, seed: int = 0) -> Rows:
    """A number, a code of five levels, a number whose absence tells, and noise."""
    rng = np.random.default_rng(seed)
    number, code = rng.normal(size=N), rng.integers(0, 5, N).astype(np.float64)
    gaps = np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N))
    score = 2.0 * number + np.array([-1.0, 0.0, 1.0, 0.5, -0.5])[code.astype(int)] + 1.5 * np.isnan(gaps)
    truth = (rng.random(N) < 1 / (1 + np.exp(1.0 - score))).astype(np.int64)
    features = np.column_stack([number, code, gaps, rng.normal(size=N)])
    return Rows(features, truth, np.arange(N, dtype=np.float64), categories, 1, directions or {})


def test_each_feature_is_told_by_its_own_function() -> None:
    term = fit_linear(rows(categories=(1,)), np.ones(N), (1.0,))[0]

    def at(feature: int, value: float) -> float:
        return float(term.terms(np.where(np.arange(4) == feature, value, 0.0))[feature])

    assert at(0, 1.0) - at(0, -0.5) == pytest.approx(3.0, abs=0.5)
    assert at(1, 2.0) - at(1, 0.0) == pytest.approx(2.0, abs=0.4)
    assert at(2, np.nan) - at(2, 0.0) == pytest.approx(1.5, abs=0.4)
    assert abs(at(3, 1.0) - at(3, -1.0)) < 0.3


def test_the_mean_of_every_contribution_is_nothing() -> None:
    data = rows(categories=(1,))
    contributions = fit_linear(data, np.ones(N), (1.0,))[0].contributions(data.features)
    assert np.abs(contributions.mean(axis=0)).max() < 1e-9


def test_a_code_that_was_hardly_seen_says_nothing() -> None:
    term = fit_linear(rows(categories=(1,)), np.ones(N), (1.0,))[0]
    for code in (5.0, 6.0, 900.0):
        assert term.terms(np.array([0.0, code, 0.0, 0.0]))[1] == 0.0


@pytest.mark.parametrize(("direction", "slope"), [(1, 1.0), (-1, -1.0)])
def test_a_direction_is_kept_even_against_the_data(direction: int, slope: float) -> None:
    term = fit_linear(rows(directions={0: direction}), np.ones(N), (1.0,))[0]
    told = term.terms(np.column_stack([np.linspace(-4, 4, 200), *np.zeros((3, 200))]))[:, 0]
    assert (slope * np.diff(told) >= 0.0).all()


def monthly(directions: dict[int, int] | None = None) -> Rows:
    """A month, of which March and November alone break promises."""
    rng = np.random.default_rng(1)
    month = rng.integers(0, 12, N).astype(np.float64)
    truth = (rng.random(N) < np.where(np.isin(month, (2, 10)), 0.6, 0.1)).astype(np.int64)
    return Rows(month[:, None], truth, np.arange(N, dtype=np.float64), (), 1, directions or {})


def test_a_number_of_few_values_has_a_weight_for_each() -> None:
    told = fit_linear(monthly(), np.ones(N), (1.0,))[0].terms(np.arange(12.0)[:, None])[:, 0]
    others = np.delete(told, [2, 10])
    assert told[[2, 10]].min() - others.max() > 1.5
    assert np.ptp(others) < 0.8


def test_a_number_of_few_values_keeps_its_direction() -> None:
    told = fit_linear(monthly({0: 1}), np.ones(N), (1.0,))[0].terms(np.arange(12.0)[:, None])[:, 0]
    assert (np.diff(told) >= 0.0).all()


def test_values_have_no_weight_of_their_own_where_a_line_says_it_all() -> None:
    rng = np.random.default_rng(7)
    count = rng.integers(0, 12, N).astype(np.float64)
    truth = (rng.random(N) < 1 / (1 + np.exp(3.0 - 0.4 * count))).astype(np.int64)
    told = fit_linear(Rows(count[:, None], truth, np.arange(N, dtype=np.float64), (), 1), np.ones(N), (1.0,))[0]
    assert np.diff(told.terms(np.arange(12.0)[:, None])[:, 0]) == pytest.approx(0.4, abs=0.2)


def test_a_category_that_tells_nothing_is_not_learned_by_heart() -> None:
    """Of sixty levels chance makes some look dangerous; together they tell that none is."""
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 60, (2, N)).astype(np.float64)
    odds = np.random.default_rng(9).normal(size=60)[codes[0].astype(int)] - 1.0
    truth = (rng.random(N) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    term = fit_linear(Rows(codes.T.copy(), truth, np.arange(N, dtype=np.float64), (0, 1), 1), np.ones(N), (1.0,))[0]
    spread = term.terms(np.column_stack([np.arange(60.0), np.arange(60.0)])).std(axis=0)
    assert spread[0] > 0.7
    assert spread[1] < 0.15


def drifting(times: float) -> Rows:
    """A number within 0 and `times`, most often low, of which the log odds of what happens are a line."""
    share = np.random.default_rng(2).beta(2.0, 6.0, N)
    truth = (np.random.default_rng(3).random(N) < 1 / (1 + np.exp(3.0 - 6.0 * share))).astype(np.int64)
    return Rows(times * share[:, None], truth, np.arange(N, dtype=np.float64), (), 1)


def test_a_share_rises_as_steeply_where_few_rows_lay() -> None:
    """Rates drift, so that later cases lie where few of the earlier lay: a rank would lie flat there."""
    told = fit_linear(drifting(1.0), np.ones(N), (1.0,))[0].terms(np.array([[0.1], [0.2], [0.45], [0.55]]))[:, 0]
    assert told[3] - told[2] == pytest.approx(told[1] - told[0], rel=1e-6)


def test_a_number_with_a_long_tail_is_told_by_its_rank() -> None:
    """Amounts: a line that some very large ones hold flat tells nothing of the many others."""
    amount = np.random.default_rng(4).lognormal(4.0, 2.0, N)
    odds = 2.0 * (np.log(amount) - 4.0) / 2.0
    truth = (np.random.default_rng(5).random(N) < 1 / (1 + np.exp(1.0 - odds))).astype(np.int64)
    term = fit_linear(Rows(amount[:, None], truth, np.arange(N, dtype=np.float64), (), 1), np.ones(N), (1.0,))[0]
    told = term.terms(np.exp(4.0 + 2.0 * np.array([[-1.0], [1.0]])))[:, 0]
    assert told[1] - told[0] > 2.0


@pytest.mark.parametrize("direction", [1, -1])
def test_a_share_keeps_its_direction_even_against_the_data(direction: int) -> None:
    term = fit_linear(replace(drifting(1.0), directions={0: direction}), np.ones(N), (1.0,))[0]
    told = term.terms(np.linspace(0.0, 1.0, 50)[:, None])[:, 0]
    assert (direction * np.diff(told) >= 0.0).all()


def test_rows_without_weight_teach_nothing() -> None:
    data = rows()
    weight = np.where(np.arange(N) < N // 2, 0.0, 1.0)
    half = Rows(data.features[N // 2 :], data.truth[N // 2 :], data.times[N // 2 :], (), 1)
    whole, later = fit_linear(data, weight, (1.0,))[0], fit_linear(half, np.ones(N // 2), (1.0,))[0]
    assert whole.raw(data.features).tolist() == later.raw(data.features).tolist()


def test_no_boldness_leaves_little_but_the_rate() -> None:
    data = rows()
    term = fit_linear(data, np.ones(N), (1e-6,))[0]
    assert np.abs(term.raw(data.features) - term.base).max() < 0.02


def test_a_feature_without_any_value_is_no_obstacle() -> None:
    data = rows()
    empty = np.column_stack([data.features, np.full(N, np.nan), np.full(N, 7.0)])
    term = fit_linear(Rows(empty, data.truth, data.times, (), 1), np.ones(N), (1.0,))[0]
    assert np.abs(term.contributions(empty)[:, 4:]).max() < 1e-9


def test_few_rows_that_count_much_are_not_taken_for_many() -> None:
    """A short memory leaves a tenth of the rows: what a category that tells nothing says of them is chance."""
    rng = np.random.default_rng(11)
    codes = rng.integers(0, 30, N).astype(np.float64)
    truth = (rng.random(N) < 0.3).astype(np.int64)
    counts = 0.5 ** (np.arange(N)[::-1] / (0.03 * N))
    data = Rows(codes[:, None], truth, np.arange(N, dtype=np.float64), (0,), 1)
    term = fit_linear(data, counts / counts.mean(), (1.0,))[0]
    assert term.terms(np.arange(30.0)[:, None]).std() < 0.4, "taken for all rows, it comes to .6 and more"
