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


def test_rows_that_count_nothing_teach_no_strength() -> None:
    heights, truth, groups = told(1.0, n=8_000)
    counts = np.where(np.arange(8_000) < 4_000, 1.0, 0.0)
    alone = learned_strengths(heights[:4_000], truth[:4_000], np.ones(4_000), groups)
    np.testing.assert_allclose(learned_strengths(heights, truth, counts, groups), alone, rtol=1e-6)


def test_many_rows_are_read_evenly_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    heights, truth, groups = told(1.0)
    monkeypatch.setattr("training.learning.strengths.MOST_ROWS", 2_000)
    some = learned_strengths(heights[::3], truth[::3], np.ones(2_000), groups)
    np.testing.assert_array_equal(learned_strengths(heights, truth, np.ones(N), groups), some)


def test_no_function_at_all_is_no_obstacle() -> None:
    empty = csr_array((N, 0))
    assert learned_strengths(empty, np.zeros(N), np.ones(N), np.empty(0, np.int64)).shape == (0,)
