"""Which calibrator ships with a model: rates drift, so ways to correct scores are judged on later cases.

What judges them are a few blocks, each a level of its own. The way that served three of them best is often not the one
that serves the next: a year of few breaches is followed by another, or by a usual one. So what ships is the mean of all
ways that may be the best, in the spirit of a model confidence set (Hansen, Lunde and Nason 2011); that the mean of
forecasts serves better than the one chosen is an old finding (Bates and Granger 1969, Stock and Watson 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from training.histories.rows import Rows
from training.histories.split import is_timeless
from training.learning.calibrate import fit_binary, fit_multiclass, fit_recent, fit_shape, levelled
from training.learning.calibrator_mean import Calibrator, mean_of
from training.learning.evaluate import probabilities_of
from training.report.metrics import losses_of

Floats = NDArray[np.float64]
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
"""Ways to calibrate: how sure to be, the level left alone; then the level too; then as is; and for risks the latest
level, which is asked with times alone."""
SURE = 0.95
"""How sure it must be that a way serves later blocks worse than the best one does, to leave it out."""


def choose_calibrator(rows: Rows, blocks: Sequence[tuple[int, int]], scores: Scores) -> Calibrator:
    """The mean of the ways that may serve later blocks best, each fitted on all blocks.

    Each block after the first is asked about by what the blocks before it taught, as what ships will be; of a single
    block nothing is judged. A way is left out where it is surely worse than the best one. With times, blocks are what
    is counted: a level shifts all cases of a block together, so a thousand of them say no more of the next level than
    one, and of a single judged block no way is left out. Without times no level wanders, and cases are. Where outcomes
    are known of some cases rather than of others, each counts for those like it: the level would else be that of what
    was looked at.
    """
    truths = [rows.truth[start:end] for start, end in blocks]
    weights = [None if rows.selection is None else rows.selection[start:end] for start, end in blocks]
    timeless = is_timeless(rows.times)
    ways = LABEL_WAYS if rows.classes > 1 else RISK_WAYS[: -1 if timeless else None]
    losses = [_later_losses(way, scores, truths, weights, timeless) for way in ways]
    best = min(losses, key=lambda each: float(each.mean()) if len(each) else 0.0)
    kept = [way for way, each in zip(ways, losses, strict=True) if not _surely_worse(each - best)]
    return mean_of([way(scores, truths, weights) for way in kept])


def _surely_worse(by: Floats) -> bool:
    """Whether a way is worse than the best one beyond chance, given by how much each time: Student's t."""
    if len(by) < 2:
        return False
    error = by.std(ddof=1) / np.sqrt(len(by))
    return bool(by.mean() > student.ppf(SURE, len(by) - 1) * error)


def _later_losses(way: Way, scores: Scores, truths: Truths, weights: Weights, by_case: bool) -> Floats:
    """The log loss of each block after the first, calibrated so on those before it; or of each case of them."""
    told = []
    for end in range(1, len(truths)):
        losses = losses_of(truths[end], _told(way, scores, truths, weights, end))
        weight = weights[end]
        counted = losses if weight is None else losses * (weight / weight.mean())
        told.append(counted if by_case else counted.mean(keepdims=True))
    return np.concatenate(told) if told else np.empty(0)


def _told(way: Way, scores: Scores, truths: Truths, weights: Weights, end: int) -> Floats:
    """What a block is told, calibrated so on those before it."""
    return probabilities_of(way(scores[:end], truths[:end], weights[:end]), scores[end])
