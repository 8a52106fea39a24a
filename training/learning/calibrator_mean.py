"""The mean of calibrators in log-odds: what forecasters call a logarithmic pool, and a calibrator like any other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.calibration import BinaryCalibrator, MulticlassCalibrator

Floats = NDArray[np.float64]
Calibrator = BinaryCalibrator | MulticlassCalibrator

APART = 1e-6
"""Knots closer than this are one: between them a slope would be rounding."""


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
    knots = np.unique(np.concatenate([each.raw for each in calibrators]))
    knots = knots[np.append(True, np.diff(knots) > APART)]
    told = np.mean([_log_odds(each, knots) for each in calibrators], axis=0)
    return BinaryCalibrator(tuple(knots.tolist()), tuple(told.tolist()))


def _log_odds(calibrator: BinaryCalibrator, raw: Floats) -> Floats:
    """Straight between the knots, and on beyond the ends: never clipped, so that the mean rises wherever each does."""
    knots, told = np.array(calibrator.raw), np.array(calibrator.log_odds)
    slopes = np.diff(told) / np.diff(knots)
    inside = np.interp(raw, knots, told)
    return np.asarray(
        inside + slopes[0] * np.minimum(raw - knots[0], 0.0) + slopes[-1] * np.maximum(raw - knots[-1], 0.0)
    )


def _of_labels(calibrators: Sequence[MulticlassCalibrator]) -> MulticlassCalibrator:
    sharpness = float(np.mean([1.0 / each.temperature for each in calibrators]))
    bias = np.mean([each.bias for each in calibrators], axis=0)
    noise = float(np.mean([each.noise for each in calibrators]))
    return MulticlassCalibrator(1.0 / sharpness, tuple(bias.tolist()), noise)
