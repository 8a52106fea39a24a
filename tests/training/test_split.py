from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import HistoryError
from training.split import ENOUGH, FEWEST, is_timeless, scattered, split_in_time


@given(st.integers(FEWEST, 3_000), st.floats(0.05, 0.4), st.integers(0, 9))
def test_every_slice_is_later_than_the_ones_before(n: Any, share: Any, seed: Any) -> None:
    times = np.sort(np.random.default_rng(seed).integers(0, 10_000_000, n)).astype(float)
    split = split_in_time(times, share)
    assert all(one[1] == other[0] for one, other in pairwise(split.blocks))
    assert split.blocks[-1][1] == split.test
    for cut in (*(start for start, _ in split.blocks), split.test):
        assert times[cut - 1] < times[cut]
    assert n - split.test >= share * n - 1


def test_rows_of_one_instant_stay_together() -> None:
    times = np.repeat(np.arange(50.0), 40)
    split = split_in_time(times, 0.25)
    assert split.test % 40 == 0


def test_a_long_history_needs_fewer_blocks() -> None:
    assert len(split_in_time(np.arange(float(ENOUGH))).blocks) < len(split_in_time(np.arange(ENOUGH - 1.0)).blocks)


@pytest.mark.parametrize("times", [np.arange(50.0), np.repeat([0.0, 1.0], 500)])
def test_too_few_rows_or_moments_are_refused(times: Any) -> None:
    with pytest.raises(HistoryError, match=r"at least|too few different moments"):
        split_in_time(times)


def test_rows_of_one_moment_are_split_where_they_stand_and_an_exception_stays_whole() -> None:
    times = np.zeros(1_000)
    assert is_timeless(times)
    assert split_in_time(times, 0.2).test == 800
    exceptions = np.repeat(np.arange(40), 25)
    split = split_in_time(times, 0.21, exceptions)
    for cut in (*(start for start, _ in split.blocks), split.test):
        assert exceptions[cut - 1] != exceptions[cut]


def test_the_scattered_order_is_unlike_that_of_the_ids() -> None:
    order = sorted(range(1_000), key=lambda each: scattered(f"sku-{each:04}"))
    assert abs(np.corrcoef(order, np.arange(1_000))[0, 1]) < 0.1
