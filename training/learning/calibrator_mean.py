"""The mean of calibrators in log-odds: what forecasters call a logarithmic pool, and a calibrator like any other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.calibration import LARGEST_SCORE, MOST_NOISE, SMALLEST_PROBABILITY, BinaryCalibrator, MulticlassCalibrator
from training.learning.calibrate import TILT

Floats = NDArray[np.float64]
Calibrator = BinaryCalibrator | MulticlassCalibrator

APART = 1e-6
"""Knots closer than this are one: between them a slope would be rounding."""
MOST_TOLD = float(np.log(1.0 - SMALLEST_PROBABILITY) - np.log(SMALLEST_PROBABILITY))
"""The log-odds beyond which a calibrator's probability is the largest or the smallest there is."""


def mean_of(calibrators: Sequence[Calibrator]) -> Calibrator:
    """What says of every score the mean of the log-odds that they say of it; of labels the mean noise as well.

    One calibrator alone comes back as it is.

    Raises:
        ValueError: there is none, or they are not all of risks or all of labels.
    """
    if len(calibrators) == 1:
        return calibrators[0]
    risks = [each for each in calibrators if isinstance(each, BinaryCalibrator)]
    labels = [each for each in calibrators if isinstance(each, MulticlassCalibrator)]
    if bool(risks) == bool(labels):
        raise ValueError(f"{len(risks)} calibrators of risks and {len(labels)} of labels; expected some of one kind")
    return _of_risks(risks) if risks else _of_labels(labels)


def _of_risks(calibrators: Sequence[BinaryCalibrator]) -> BinaryCalibrator:
    """Straight between the knots of all, as each of them is."""
    bends = np.concatenate([_bends(each) for each in calibrators])
    knots = np.unique(bends[np.abs(bends) <= LARGEST_SCORE])
    knots = knots[np.append(True, np.diff(knots) > APART)]
    told = np.mean([_log_odds(each, knots) for each in calibrators], axis=0)
    return BinaryCalibrator(tuple(knots.tolist()), tuple(told.tolist()))


def _bends(calibrator: BinaryCalibrator) -> Floats:
    """The scores between which a calibrator is straight: its knots, and where it tells all that can be told."""
    knots, told, slopes = _lines(calibrator)
    below, above = (-MOST_TOLD - told[0]) / slopes[0], (MOST_TOLD - told[-1]) / slopes[-1]
    return np.array([knots[0] + min(below, 0.0), *knots, knots[-1] + max(above, 0.0)])


def _log_odds(calibrator: BinaryCalibrator, raw: Floats) -> Floats:
    """Straight between the knots, and on beyond the ends as far as it is told at all; the tilt keeps it rising there.

    One steep end would else say more than all others together.
    """
    knots, told, slopes = _lines(calibrator)
    below, above = np.minimum(raw - knots[0], 0.0), np.maximum(raw - knots[-1], 0.0)
    line = np.interp(raw, knots, told) + slopes[0] * below + slopes[-1] * above
    told_at_all = np.clip(line, -MOST_TOLD, MOST_TOLD)
    return np.asarray(told_at_all + TILT * (line - told_at_all))


def _lines(calibrator: BinaryCalibrator) -> tuple[Floats, Floats, Floats]:
    knots, told = np.array(calibrator.raw), np.array(calibrator.log_odds)
    return knots, told, np.diff(told) / np.diff(knots)


def _of_labels(calibrators: Sequence[MulticlassCalibrator]) -> MulticlassCalibrator:
    sharpness = float(np.mean([1.0 / each.temperature for each in calibrators]))
    bias = np.mean([each.bias for each in calibrators], axis=0)
    noise = min(float(np.mean([each.noise for each in calibrators])), MOST_NOISE)
    return MulticlassCalibrator(1.0 / sharpness, tuple(bias.tolist()), noise)
