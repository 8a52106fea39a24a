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
Way = Callable[[Scores, Truths], Calibrator]
"""A way to calibrate from the scores and the truths of blocks."""


def _shape(scores: Scores, truths: Truths) -> Calibrator:
    """How far apart cases lie, from blocks brought to their own levels: rates drift from one to the next."""
    moved = [levelled(raw[:, 0], truth) for raw, truth in zip(scores, truths, strict=True)]
    return fit_shape(np.concatenate(moved), np.concatenate(truths))


RISK_WAYS: tuple[Way, ...] = (
    _shape,
    lambda scores, truths: fit_binary(np.concatenate(scores)[:, 0], np.concatenate(truths)),
    lambda scores, truths: BinaryCalibrator((-1.0, 1.0), (-1.0, 1.0)),
    lambda scores, truths: fit_recent(np.concatenate(scores)[:, 0], np.concatenate(truths)),
)
LABEL_WAYS: tuple[Way, ...] = (
    lambda scores, truths: fit_multiclass(np.concatenate(scores), np.concatenate(truths), biased=False),
    lambda scores, truths: fit_multiclass(np.concatenate(scores), np.concatenate(truths)),
    lambda scores, truths: MulticlassCalibrator(1.0, (0.0,) * scores[0].shape[1]),
)
"""Ways to calibrate, the usual one first: how sure to be, the level left alone; then the level too; then as is; and for
risks the latest level, which is asked with times alone."""
WORTH = 0.0005
"""Log loss by which another way must serve better than the usual one."""


def choose_calibrator(rows: Rows, blocks: Sequence[tuple[int, int]], scores: Scores) -> Calibrator:
    """Fitted on all blocks, in the usual way unless another one serves the later blocks better.

    Each block after the first is asked about by what the blocks before it taught, as what ships will be. Where rates
    drift, a correction of yesterday's level can be worse than none, and one block alone would choose by chance.
    """
    truths = [rows.truth[start:end] for start, end in blocks]
    ways = LABEL_WAYS if rows.classes > 1 else RISK_WAYS[: -1 if is_timeless(rows.times) else None]
    losses = [_later_loss(way, scores, truths) for way in ways]
    best = int(np.argmin(losses))
    return ways[best if losses[best] < losses[0] - WORTH else 0](scores, truths)


def _later_loss(way: Way, scores: Scores, truths: Truths) -> float:
    """The mean log loss of the blocks after the first, each calibrated so on those before it."""
    told = [probabilities_of(way(scores[:end], truths[:end]), scores[end]) for end in range(1, len(truths))]
    return float(np.mean([losses_of(truth, each).mean() for truth, each in zip(truths[1:], told, strict=True)]))
