from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.check.associations import area_alone, binned, skill, stability, uncertainty
from training.check.columns import Column

N = 4_000
EARLY = np.arange(N) < N // 2
ALL = np.ones(N, bool)


@pytest.fixture(scope="module")
def chance() -> np.random.Generator:
    return np.random.default_rng(1)


def column(codes: Any, numbers: Any = None) -> Column:
    codes = np.asarray(codes, np.int64)
    return Column("c", codes, tuple(map(str, range(codes.max() + 1))), numbers)


def test_noise_tells_nothing_and_a_copy_everything(chance: np.random.Generator) -> None:
    event = chance.random(N) < 0.3
    assert area_alone(column(chance.integers(0, 50, N)), event, EARLY, ~EARLY) == pytest.approx(0.5, abs=0.05)
    assert area_alone(column(event), event, EARLY, ~EARLY) == 1.0


def test_a_number_that_tells_in_its_middle_is_seen(chance: np.random.Generator) -> None:
    values = chance.random(N)
    event = (values > 0.4) & (values < 0.6)
    every_one_its_own = column(np.arange(N), values)
    assert area_alone(every_one_its_own, event, EARLY, ~EARLY) > 0.95


def test_names_of_single_cases_tell_nothing(chance: np.random.Generator) -> None:
    assert area_alone(column(np.arange(N)), chance.random(N) < 0.3, EARLY, ~EARLY) == 0.5


def test_words_of_a_few_cases_drown_no_word_that_tells_much(chance: np.random.Generator) -> None:
    """Of some the few cases all ended badly by chance: no more telling than a word of which nine in ten do."""
    late = chance.random(N) < 0.3
    event = chance.random(N) < np.where(late, 0.9, 0.3)
    names = np.where(late, 0, 1 + chance.integers(0, 1_500, N))
    alone = area_alone(column(late), event, EARLY, ~EARLY)
    assert area_alone(column(names), event, EARLY, ~EARLY) > alone - 0.02


def test_skill_is_one_for_a_copy_none_for_noise_and_none_where_nothing_is_uncertain(
    chance: np.random.Generator,
) -> None:
    told = chance.integers(0, 5, N)
    assert skill(told, told, ALL) > 0.95
    assert abs(skill(told, chance.integers(0, 5, N), ALL)) < 0.02
    assert skill(np.zeros(N, np.int64), told, ALL) == 0.0


def test_stability_sees_a_shift_and_what_goes_missing(chance: np.random.Generator) -> None:
    values = chance.normal(size=N)
    assert stability(column(np.arange(N), values), EARLY, ~EARLY) < 0.1
    assert stability(column(np.arange(N), values + ~EARLY), EARLY, ~EARLY) > 0.25
    words = chance.integers(0, 4, N)
    assert stability(column(words), EARLY, ~EARLY) < 0.1
    assert stability(column(np.where(EARLY | (words > 1), words, -1)), EARLY, ~EARLY) > 0.25


def test_bins_hold_equal_shares_and_leave_out_what_is_missing(chance: np.random.Generator) -> None:
    values = chance.exponential(size=N)
    values[0] = np.nan
    codes = binned(values, ALL)
    assert codes[0] == -1
    counts = np.bincount(codes[1:])
    assert counts.max() < 1.2 * counts.min()


def test_uncertainty_is_that_of_a_fair_coin() -> None:
    assert uncertainty(np.array([0, 1, 0, 1])) == pytest.approx(np.log(2))
    assert uncertainty(np.zeros(9, np.int64)) == 0.0
