"""The calibrator that ships is the one that would have served every later block, not one block by chance."""

from __future__ import annotations

import numpy as np
import pytest

from training.histories.rows import DAY, Rows
from training.learning.calibrator_choice import choose_calibrator

Floats = np.typing.NDArray[np.float64]
SIZE, BLOCKS = 1_500, 4
CUTS = tuple((number * SIZE, (number + 1) * SIZE) for number in range(BLOCKS))


def scored(levels: tuple[float, ...], seed: int = 0, timeless: bool = False) -> tuple[Rows, list[Floats]]:
    """Blocks whose scores tell cases apart as they should, and whose true level lies so far beside them."""
    dice = np.random.default_rng(seed)
    raw = dice.normal(-2.0, 1.0, SIZE * BLOCKS)
    odds = raw + np.repeat(levels, SIZE)
    truth = (dice.random(len(raw)) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    times = np.zeros(len(raw)) if timeless else np.linspace(0.0, 400 * DAY, len(raw))
    return Rows(raw[:, None], truth, times, (), 1), [raw[start:end, None] for start, end in CUTS]


def level_of(rows: Rows, scores: list[Floats]) -> float:
    """By how many log-odds the chosen calibrator moves a middling score."""
    calibrator = choose_calibrator(rows, CUTS, scores)
    told = float(calibrator.probability(np.array([-2.0]))[0])
    return float(np.log(told / (1 - told))) + 2.0


def test_a_level_that_moved_and_stayed_is_followed() -> None:
    assert level_of(*scored((0.0, 1.2, 1.2, 1.2))) > 1.0


def test_a_level_that_goes_to_and_fro_is_left_where_the_scores_put_it() -> None:
    assert level_of(*scored((1.2, -1.2, 1.2, -1.2))) == pytest.approx(0.0, abs=0.2)


def test_a_level_that_is_always_beside_the_scores_is_corrected() -> None:
    assert level_of(*scored((0.8, 0.8, 0.8, 0.8))) == pytest.approx(0.8, abs=0.2)


def test_without_times_no_case_is_the_latest() -> None:
    followed, mean = (level_of(*scored((0.0, 0.0, 1.2, 1.2), timeless=timeless)) for timeless in (False, True))
    assert followed > mean
