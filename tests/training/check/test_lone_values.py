"""A number that stands far outside all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.check.columns import read_column
from training.check.lone_values import LoneValue, lone_value


def found(cells: list[Any]) -> LoneValue | None:
    return lone_value(read_column(pd.Series(cells, name="n"), None))


def spread(n: int, low: float, high: float) -> list[float]:
    chance = np.random.default_rng(3)
    return [round(float(each), 2) for each in chance.uniform(low, high, n)]


@pytest.mark.parametrize(("lone", "word"), [(-99.0, "-99"), (999.0, "999"), (-99.5, "-99.5")])
def test_a_value_far_outside_is_told_with_its_share_and_where_the_others_lie(lone: float, word: str) -> None:
    told = found([*spread(900, 0, 1), *[lone] * 100])
    assert told is not None
    assert told.word == word
    assert told.share == pytest.approx(0.1)
    assert 0 <= told.low < told.high <= 1


@pytest.mark.parametrize(("lone", "word"), [("-99.0", "-99"), ("-99.50", "-99.50")])
def test_a_whole_number_is_told_without_decimals_and_any_other_as_its_cells_write_it(lone: str, word: str) -> None:
    told = found([*map(str, spread(900, 0, 1)), *[lone] * 100])
    assert told is not None
    assert told.word == word


@pytest.mark.parametrize("lone", [-99.0, -999.0])
def test_what_people_write_for_nothing_known_need_not_lie_far_where_no_other_is_below_zero(lone: float) -> None:
    told = found([*spread(900, 3, 2_000), *[lone] * 30])
    assert told is not None
    assert (told.word, round(told.share, 3)) == (f"{lone:.0f}", 0.032)


@pytest.mark.parametrize(
    "cells",
    [
        [*spread(900, 0, 1), *[-99.0] * 3],
        [*spread(9_000, 0, 1), *[-99.0] * 30],
        [*spread(900, 0, 100), *[-40.0] * 100],
        [*spread(900, -20, 100), *[-99.0] * 100],
        [*spread(900, 0, 100), *[-9.0] * 100],
        [*[0.0, 1.0, 2.0] * 300, *[99.0] * 100],
        [*["a", "b"] * 300, *["-99"] * 100],
        spread(900, 0, 1),
    ],
    ids=["rare", "rare among many", "not far", "others below zero", "a small number", "few others", "words", "none"],
)
def test_rare_near_or_wordy_ones_are_left_alone(cells: list[Any]) -> None:
    assert found(cells) is None
