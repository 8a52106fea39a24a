"""Which calibrator ships with a model: rates drift, so ways to correct scores are judged on later cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from training.histories.rows import Rows
from training.histories.split import is_timeless
from training.learning.calibrate import fit_binary, fit_multiclass, fit_recent, fit_shape, levelled
from training.learning.evaluate import probabilities_of
from training.report.metrics import losses_of

Floats = NDArray[np.float64]
Calibrator = BinaryCalibrator | MulticlassCalibrator
Scores = Sequence[Floats]
Truths = Sequence[NDArray[np.int64]]
Weights = Sequence[Floats | None]
Way = Callable[[Scores, Truths, Weights], Calibrator]
"""A way to calibrate from the scores and the truths of blocks, and what each of their cases counts for."""


def _whole(weights: Weights) -> Floats | None:
    told = [each for each in weights if each is not None]
    return np.concatenate(told) if told else None


def _shape(scores: Scores, truths: Truths, weights: Weights) -> Calibrator:
    """How far apart cases lie, from blocks brought to their own levels: rates drift from one to the next."""
    moved = [levelled(raw[:, 0], truth, weight) for raw, truth, weight in zip(scores, truths, weights, strict=True)]
    return fit_shape(np.concatenate(moved), np.concatenate(truths), _whole(weights))


def _of_labels(scores: Scores, truths: Truths, weights: Weights, biased: bool) -> Calibrator:
    return fit_multiclass(np.concatenate(scores), np.concatenate(truths), biased, _whole(weights))


RISK_WAYS: tuple[Way, ...] = (
    _shape,
    lambda scores, truths, weights: fit_binary(np.concatenate(scores)[:, 0], np.concatenate(truths), _whole(weights)),
    lambda scores, truths, weights: BinaryCalibrator((-1.0, 1.0), (-1.0, 1.0)),
    lambda scores, truths, weights: fit_recent(np.concatenate(scores)[:, 0], np.concatenate(truths), _whole(weights)),
)
LABEL_WAYS: tuple[Way, ...] = (
    lambda scores, truths, weights: _of_labels(scores, truths, weights, biased=False),
    lambda scores, truths, weights: _of_labels(scores, truths, weights, biased=True),
    lambda scores, truths, weights: MulticlassCalibrator(1.0, (0.0,) * scores[0].shape[1]),
)
"""Ways to calibrate, the usual one first: how sure to be, the level left alone; then the level too; then as is; and for
risks the latest level, which is asked with times alone."""
WORTH = 0.0005
"""Log loss by which another way must serve better than the usual one."""


def choose_calibrator(rows: Rows, blocks: Sequence[tuple[int, int]], scores: Scores) -> Calibrator:
    """Fitted on all blocks, in the usual way unless another one serves the later blocks better.

    Each block after the first is asked about by what the blocks before it taught, as what ships will be. Where rates
    drift, a correction of yesterday's level can be worse than none, and one block alone would choose by chance. Where
    outcomes are known of some cases rather than of others, each counts for those like it: the level would else be that
    of what was looked at.
    """
    truths = [rows.truth[start:end] for start, end in blocks]
    weights = [None if rows.selection is None else rows.selection[start:end] for start, end in blocks]
    ways = LABEL_WAYS if rows.classes > 1 else RISK_WAYS[: -1 if is_timeless(rows.times) else None]
    losses = [_later_loss(way, scores, truths, weights) for way in ways]
    best = int(np.argmin(losses))
    return ways[best if losses[best] < losses[0] - WORTH else 0](scores, truths, weights)


def _later_loss(way: Way, scores: Scores, truths: Truths, weights: Weights) -> float:
    """The mean log loss of the blocks after the first, each calibrated so on those before it."""
    losses = [
        np.average(losses_of(truths[end], _told(way, scores, truths, weights, end)), weights=weights[end])
        for end in range(1, len(truths))
    ]
    return float(np.mean(losses))


def _told(way: Way, scores: Scores, truths: Truths, weights: Weights, end: int) -> Floats:
    """What a block is told, calibrated so on those before it."""
    return probabilities_of(way(scores[:end], truths[:end], weights[:end]), scores[end])
