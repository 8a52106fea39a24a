"""The calibrator that ships is the mean of those that may serve the next block best, not the one that chance chose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from training.histories.rows import DAY, Rows
from training.learning import calibrator_choice
from training.learning.calibrator_choice import choose_calibrator
from training.learning.calibrator_mean import Calibrator

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
    return level_told(choose_calibrator(rows, CUTS, scores))


def level_told(calibrator: Calibrator) -> float:
    told = float(calibrator.probability(np.array([-2.0]))[0])
    return float(np.log(told / (1 - told))) + 2.0


def test_a_level_that_moved_once_is_followed_half_the_way() -> None:
    assert level_of(*scored((0.0, 1.2, 1.2, 1.2))) == pytest.approx(0.55, abs=0.15)


@pytest.mark.parametrize("levels", [(0.0, 1.2, 1.2, 1.2), (0.1, -0.8, -0.4, -1.3)])
def test_whether_it_stays_or_returns_half_the_way_costs_least_of_what_may_be_lost(levels: tuple[float, ...]) -> None:
    """What a level too far off costs grows with its square: to follow all the way, or not at all, may lose more."""
    half, (rows, scores) = level_of(*scored(levels)), scored(levels)
    nexts = (0.0, levels[-1])
    lost = [max(_loss(rows, scores[-1], told, after) for after in nexts) for told in (half, 0.0, levels[-1])]
    assert lost[0] < min(lost[1:])


def _loss(rows: Rows, scores: Floats, told: float, after: float) -> float:
    """The expected log loss, beyond that of the truth, of scores told so far beside their own level."""
    true, said = (1 / (1 + np.exp(-(scores[:, 0] + level))) for level in (after, told))
    return float(np.mean(true * np.log(true / said) + (1 - true) * np.log((1 - true) / (1 - said))))


def test_a_level_that_goes_to_and_fro_is_left_where_the_scores_put_it() -> None:
    assert level_of(*scored((1.2, -1.2, 1.2, -1.2))) == pytest.approx(0.0, abs=0.2)


def test_a_level_that_is_always_beside_the_scores_is_corrected() -> None:
    assert level_of(*scored((0.8, 0.8, 0.8, 0.8))) == pytest.approx(0.8, abs=0.2)


def test_without_times_no_case_is_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("the latest level was asked for")

    monkeypatch.setattr(calibrator_choice, "fit_recent", asked)
    assert level_of(*scored((0.8, 0.8, 0.8, 0.8), timeless=True)) == pytest.approx(0.8, abs=0.2)
    with pytest.raises(AssertionError, match="the latest level"):
        level_of(*scored((0.8, 0.8, 0.8, 0.8)))


@pytest.mark.parametrize(("timeless", "level"), [(True, 0.8), (False, 0.4)])
def test_of_two_blocks_a_level_is_sure_where_no_level_wanders(timeless: bool, level: float) -> None:
    """Without times each case is one by itself; with them one judged block is one level."""
    rows, scores = scored((0.8, 0.8, 0.8, 0.8), timeless=timeless)
    assert level_told(choose_calibrator(rows, CUTS[:2], scores[:2])) == pytest.approx(level, abs=0.15)


def test_what_was_looked_at_more_often_does_not_judge_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in four of the known cases are of the watched kind, of which one in ten counts."""
    low, high = (BinaryCalibrator((-1.0, 1.0), (level - 1e-6, level + 1e-6)) for level in (-2.0, 1.0))
    monkeypatch.setattr(calibrator_choice, "RISK_WAYS", (lambda *_: low, lambda *_: high))
    watched = np.arange(SIZE * BLOCKS) % 4 > 0
    weight = np.where(watched, 0.1, 4.0)
    rows = Rows(np.zeros((len(watched), 1)), watched.astype(np.int64), np.zeros(len(watched)), (), 1, selection=weight)
    monkeypatch.setattr(calibrator_choice, "is_timeless", lambda _: False)
    scores = [rows.features[start:end] + np.linspace(0, 1e-3, SIZE)[:, None] for start, end in CUTS]
    assert choose_calibrator(rows, CUTS, scores) is low
    assert choose_calibrator(replace(rows, selection=None), CUTS, scores) is high


def test_of_one_block_nothing_is_judged_and_all_ways_count() -> None:
    rows, scores = scored((0.8, 0.8, 0.8, 0.8))
    assert level_told(choose_calibrator(rows, CUTS[:1], scores[:1])) == pytest.approx(0.4, abs=0.15)


def test_of_labels_too_a_bias_that_stays_is_mended() -> None:
    """Scores that favour one of three labels, block after block."""
    dice = np.random.default_rng(2)
    raw = dice.normal(0.0, 1.0, (SIZE * BLOCKS, 3))
    odds = np.exp(raw - np.array([1.5, 0.0, 0.0]))
    chances = odds / odds.sum(axis=1, keepdims=True)
    truth = (dice.random((len(raw), 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    rows = Rows(raw, truth, np.linspace(0.0, 400 * DAY, len(raw)), (), 3)
    calibrator = choose_calibrator(rows, CUTS, [raw[start:end] for start, end in CUTS])
    assert isinstance(calibrator, MulticlassCalibrator)
    assert calibrator.probability(raw)[:, 0].mean() == pytest.approx((truth == 0).mean(), abs=0.02)


@pytest.mark.parametrize("level", [0.0, 0.8])
def test_what_was_looked_at_more_often_does_not_set_the_level(level: float) -> None:
    """Of what people watched every outcome is known, and it breaks more often; of the rest one in ten."""
    dice = np.random.default_rng(5)
    n = 40 * SIZE
    raw, watched = dice.normal(-2.0, 1.0, n), dice.random(n) < 0.25
    truth = (dice.random(n) < 1 / (1 + np.exp(-(raw + level + np.where(watched, 1.5, -0.9))))).astype(np.int64)
    told = watched | (dice.random(n) < 0.1)
    weight = np.where(watched, told.mean(), told.mean() / 0.1)[told]
    rows = Rows(raw[told][:, None], truth[told], np.linspace(0.0, 400 * DAY, int(told.sum())), (), 1, selection=weight)
    cuts = [(start, start + SIZE) for start in range(0, BLOCKS * SIZE, SIZE)]
    scores = [rows.features[start:end] for start, end in cuts]
    said = choose_calibrator(rows, cuts, scores).probability(raw).mean()
    blind = choose_calibrator(replace(rows, selection=None), cuts, scores).probability(raw).mean()
    assert said == pytest.approx(truth.mean(), abs=0.03)
    assert blind > truth.mean() + 0.05
