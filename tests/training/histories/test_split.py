from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import HistoryError
from training.histories.split import BLOCKS, ENOUGH, FEWEST, FOLDS, ended, is_timeless, scattered, split_in_time


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
    for cut in (*(start for start, _ in split.blocks[1:]), split.test):
        assert exceptions[cut - 1] != exceptions[cut]


@pytest.mark.parametrize(("n", "folds"), [(1_000, FOLDS), (ENOUGH, BLOCKS)])
def test_without_times_every_row_before_the_test_is_asked_about_once_by_all_others(n: int, folds: int) -> None:
    split = split_in_time(np.zeros(n), 0.1)
    assert len(split.blocks) == folds
    asked = np.concatenate([np.arange(*block) for block in split.blocks])
    assert asked.tolist() == list(range(split.test))
    for start, end in split.blocks:
        taught = np.arange(n)[split.teachers((start, end))]
        assert sorted([*taught, *range(start, end)]) == list(range(split.test))
    assert split.fewest_teachers == len(np.arange(n)[split.teachers(split.blocks[0])])


def test_in_time_what_teaches_comes_before() -> None:
    split = split_in_time(np.arange(1_000.0), 0.1)
    assert [split.teachers(block) for block in split.blocks] == [slice(0, start) for start, _ in split.blocks]
    assert split.fewest_teachers == split.blocks[0][0]


def updates(n: int, lasting: float, seed: int) -> np.ndarray:
    """The exception of each of `n` rows in time order: each exception has ten rows and lasts a share of the time."""
    dice = np.random.default_rng(seed)
    begins = dice.random(n // 10)
    return np.repeat(np.arange(n // 10), 10)[np.argsort(np.repeat(begins, 10) + lasting * dice.random(n))]


@given(st.integers(60, 400), st.floats(0.0, 0.05), st.integers(0, 9))
def test_no_exception_lies_on_both_sides_of_a_cut_and_only_what_goes_on_is_left_out(
    n: Any, lasting: Any, seed: Any
) -> None:
    exceptions = updates(10 * n, lasting, seed)
    split = split_in_time(np.arange(10.0 * n), 0.1, exceptions)
    numbers = exceptions[split.kept]
    for cut in (*(start for start, _ in split.blocks), split.test):
        assert not set(numbers[:cut]) & set(numbers[cut:])
    assert split.kept[split.test :].tolist() == list(range(9 * n, 10 * n)), "what is tested is tested whole"
    later = {number: place for place, number in enumerate(exceptions)}
    left_out = np.setdiff1d(np.arange(10 * n), split.kept)
    assert all(later[exceptions[place]] > place for place in left_out)


def test_exceptions_of_one_row_are_all_kept_and_split_as_if_nobody_numbered_them() -> None:
    times = np.sort(np.random.default_rng(3).integers(0, 4_000, 3_000)).astype(float)
    numbered, plain = split_in_time(times, 0.1, np.random.default_rng(4).permutation(3_000)), split_in_time(times, 0.1)
    assert numbered == plain
    assert numbered.n == len(times)


def test_exceptions_that_go_on_through_everything_are_refused_and_what_helps_is_said() -> None:
    with pytest.raises(HistoryError, match="at_opening"):
        split_in_time(np.arange(1_000.0), 0.1, np.arange(1_000) % 10)


def test_what_ended_before_a_cut_has_no_row_from_there_on() -> None:
    assert ended(np.array([0, 1, 0, 2, 1, 3]), 4).tolist() == [True, False, True, True]


def test_the_scattered_order_is_unlike_that_of_the_ids() -> None:
    order = sorted(range(1_000), key=lambda each: scattered(f"sku-{each:04}"))
    assert abs(np.corrcoef(order, np.arange(1_000))[0, 1]) < 0.1
