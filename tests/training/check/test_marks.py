"""A point that stands between thousands is told from one of decimals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.check.columns import Column, read_column
from training.check.marks import FEWEST, mark_slip

CHANCE = np.random.default_rng(3)
PIECES = [f"{n:,}".replace(",", ".") for n in CHANCE.integers(10, 90_000, 400).tolist()]
SMALL = [str(n) for n in CHANCE.integers(10, 900, 100).tolist()]


def found(cells: list[Any]) -> str | None:
    return mark_slip(read_column(pd.Series(cells, name="n"), None))


def test_thousands_that_are_read_as_decimals_are_named_by_a_cell() -> None:
    told = found([*SMALL, *(each for each in PIECES if each.count(".") == 1)])
    assert told is not None
    assert told in PIECES


@pytest.mark.parametrize(
    "cells",
    [
        [f"{x:.3f}" for x in CHANCE.uniform(1, 40, 300)],
        [f"{x:.3f}" for x in CHANCE.uniform(0, 2, 300)] + SMALL,
        [repr(x) for x in np.round(CHANCE.uniform(1, 40, 300), 3)] + SMALL,
        [float(x) for x in np.round(CHANCE.uniform(1, 40, 300), 2)],
        SMALL,
        [*SMALL, *["1.945"] * (FEWEST - 1)],
        ["a", "b"] * 50,
    ],
    ids=["three places everywhere", "below one", "as many places as there are", "floats", "whole", "few", "words"],
)
def test_decimals_are_left_alone(cells: list[Any]) -> None:
    assert found(cells) is None


def test_what_the_mapping_reads_as_thousands_already_is_no_slip() -> None:
    words = tuple(sorted({*PIECES, *SMALL}))
    numbers = np.array([float(word.replace(".", "")) for word in words] * 3)
    column = Column("n", np.array([*range(len(words))] * 3), words, numbers)
    assert mark_slip(column) is None
    assert mark_slip(replace(column, numbers=numbers / 1_000)) is not None
