"""Whether the challenger's probabilities still come true as often as they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.promotion import Calibration, Check, CheckName, Finding
from data.thresholds import FURTHER_OFF
from models.calibration_error import CALIBRATION_BINS
from training.promotion.sides import Pair, Side
from training.report.metrics import expected_calibration_error


def calibration(pair: Pair) -> Calibration:
    """Expected calibration error of both; of the top label for labels."""
    champion, challenger = (expected_calibration_error(*_told(pair, side)) for side in pair.sides)
    return Calibration(task=pair.task, champion=round(champion, 6), challenger=round(challenger, 6))


def check(pair: Pair, found: Calibration) -> Check:
    """Whether the challenger is further off, beyond what so few cases per bin move it."""
    _, probability = _told(pair, pair.challenger)
    per_bin = max(len(probability), 1) / CALIBRATION_BINS
    chance = float(np.mean(np.sqrt(probability * (1.0 - probability)))) / np.sqrt(per_bin)
    allowed = max(FURTHER_OFF, chance)
    worse = found.challenger - found.champion > allowed
    told = f"expected calibration error {found.challenger:.4f} against {found.champion:.4f}"
    return Check(
        name=CheckName.CALIBRATION,
        task=pair.task,
        finding=Finding.REFUSED if worse else Finding.PASSED,
        says=f"{told}, more than {allowed:.3f} further off" if worse else told,
    )


def _told(pair: Pair, side: Side) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if pair.task.is_risk:
        return pair.truth, side.probabilities[:, 0]
    return (side.probabilities.argmax(axis=1) == pair.truth).astype(np.int64), side.probabilities.max(axis=1)
