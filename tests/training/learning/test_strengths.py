"""The strength of what tells nothing is learned to be next to nothing; of what tells, as much as it tells."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.learning.strengths import LEAST, MOST, learned_strengths

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

N = 6_000
LEVELS = 40


def told(spread: float, seed: int = 0, n: int = N) -> tuple[csr_array, Floats, Integers]:
    """A category of forty levels of which the log-odds have this spread, and one that tells nothing."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, LEVELS, (2, n))
    odds = spread * rng.normal(size=LEVELS)[codes[0]] - 1.5
    truth = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    heights = np.hstack([np.eye(LEVELS)[each] for each in codes])
    return csr_array(heights), truth, np.repeat(np.array([0, 1]), LEVELS)


@pytest.mark.parametrize("spread", [0.3, 0.6, 1.2])
def test_the_strength_is_the_variance_of_what_a_category_tells(spread: float) -> None:
    heights, truth, groups = told(spread)
    strengths = learned_strengths(heights, truth, np.ones(N), groups)
    assert np.sqrt(strengths[0]) == pytest.approx(spread, rel=0.35)
    assert np.sqrt(strengths[-1]) < 0.2
    assert len(set(strengths[:LEVELS])) == 1
    assert len(set(strengths[LEVELS:])) == 1


def test_what_tells_all_is_held_within_bounds() -> None:
    truth = (np.random.default_rng(1).random(N) < 0.4).astype(np.float64)
    heights = csr_array(np.column_stack([20.0 * (truth - 0.4), np.zeros(N)]))
    strengths = learned_strengths(heights, truth, np.ones(N), np.array([0, 1]))
    assert LEAST <= strengths[0] <= MOST
    assert strengths[1] == LEAST, "a function that is nothing at every row"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rare_outcomes_and_far_values_teach_no_noise(seed: int) -> None:
    """A whole Newton step overshoots where few rows lie far out; then all is noise, and all noise is believed."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(0.0, 1.5, N)
    amount = amount.clip(max=np.quantile(amount, 0.995))
    line = (amount - amount.mean()) / amount.std()
    truth = (rng.random(N) < 1 / (1 + np.exp(4.6 - line))).astype(np.float64)
    levels, noise = np.eye(30)[rng.integers(0, 30, N)], rng.normal(size=(N, 8))
    groups = np.concatenate([[0], np.ones(30, np.int64), np.arange(2, 10)])
    strengths = learned_strengths(csr_array(np.column_stack([line, levels, noise])), truth, np.ones(N), groups)
    assert 0.5 < np.sqrt(strengths[0]) <= np.sqrt(MOST)
    assert np.sqrt(strengths[1:]).max() < 0.4


def test_rows_that_count_nothing_teach_no_strength() -> None:
    heights, truth, groups = told(1.0, n=6_000)
    counts = np.where(np.arange(6_000) < 3_000, 1.0, 0.0)
    alone = learned_strengths(heights[:3_000], truth[:3_000], np.ones(3_000), groups)
    np.testing.assert_allclose(learned_strengths(heights, truth, counts, groups), alone, rtol=1e-6)


def test_a_level_that_no_row_read_has_shares_the_variance_of_the_others() -> None:
    heights, truth, groups = told(1.0)
    hidden = heights.toarray()
    hidden[hidden[:, 3] > 0.0, 3] = 0.0
    strengths = learned_strengths(csr_array(hidden), truth, np.ones(N), groups)
    assert strengths[3] == strengths[0] > 0.3


def test_of_many_rows_the_rarer_outcome_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    heights, truth, groups = told(1.0)
    monkeypatch.setattr("training.learning.strengths.MOST_OF_EACH", int(truth.sum()))
    usual = np.flatnonzero(truth == 0.0)
    step = -(-len(usual) // int(truth.sum()))
    some = np.sort(np.concatenate([np.flatnonzero(truth), usual[::step]]))
    fewer = learned_strengths(heights[some], truth[some], np.ones(len(some)), groups)
    np.testing.assert_array_equal(learned_strengths(heights, truth, np.ones(N), groups), fewer)
    assert np.sqrt(fewer[0]) == pytest.approx(1.0, rel=0.35), "slopes are the same however many of either are drawn"


def test_no_function_at_all_is_no_obstacle() -> None:
    empty = csr_array((N, 0))
    assert learned_strengths(empty, np.zeros(N), np.ones(N), np.empty(0, np.int64)).shape == (0,)
