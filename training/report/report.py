"""What a model carries along for whoever reads its card: slices, reliability, strongest features, what moved.

Plain values under `metrics.report` of the manifest: nothing is decided from them, and a bundle tells its own story.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.drift_records import FeatureDrift
from models.task_model import TaskModel
from training.report.metrics import calibration_bins
from training.report.rehearsal import Explained, Measured
from training.report.slices import slices

Floats = NDArray[np.float64]

STRONGEST = 8
MOVED = 8
CARD_BINS = 10
TOP = 0.1
DECIMALS = 6


def report(model: TaskModel, latest: Measured, explained: Explained, moved: Sequence[FeatureDrift]) -> dict[str, Any]:
    """The report as JSON values; `moved` tells of the features that may have, those that did first."""
    said = latest.model
    happened = latest.truth if model.task.is_risk else said.argmax(axis=1) == latest.truth
    sides = {"model": said, "rules": latest.rules, "base": latest.base}
    parts = slices(model.features(), latest.features, latest.truth, said, latest.base, explained.contributions)
    counts = latest.selection
    tops = {side: round(top_share(latest.truth, each[:, 0], counts), DECIMALS) for side, each in sides.items()}
    return {
        **({"top_tenth": tops} if model.task.is_risk else {}),
        "reliability": [_rounded(each) for each in calibration_bins(happened, said.max(axis=1), CARD_BINS, counts)],
        "slices": [each.to_json() for each in parts],
        "strongest": _strongest(model, explained),
        "moved": [[each.feature, round(each.psi, DECIMALS), each.level] for each in moved[:MOVED]],
    }


def top_share(truth: NDArray[np.int64], said: Floats, counts: Floats | None = None, top: float = TOP) -> float:
    """How often it happened among the share of the cases that was ranked highest; cases ranked alike count alike.

    `counts` is as how many cases each counts; one each without.
    """
    weights = np.ones(len(said)) if counts is None else counts
    wanted = max(1.0, top * float(weights.sum()))
    found = taken = 0.0
    for value in np.unique(said)[::-1]:
        tied = said == value
        counted = min(float(weights[tied].sum()), wanted - taken)
        found, taken = found + counted * float(np.average(truth[tied], weights=weights[tied])), taken + counted
        if taken >= wanted:
            break
    return found / taken


def strength(explained: Explained) -> Floats:
    """The mean size of each feature's contribution."""
    return np.asarray(np.abs(explained.contributions).mean(axis=0))


def _strongest(model: TaskModel, explained: Explained) -> list[dict[str, Any]]:
    """The features that move scores most, with which way more of them moves it: 1, -1, or 0 where neither."""
    sizes, features = strength(explained), model.features().features
    order = np.argsort(-sizes, kind="stable")[:STRONGEST]
    return [
        {
            "feature": features[column].name,
            "strength": round(float(sizes[column]), DECIMALS),
            "more": _way(explained, int(column)) if features[column].kind != "category" and model.task.is_risk else 0,
        }
        for column in order.tolist()
        if sizes[column] > 0
    ]


CLEAR = 0.5
"""The correlation of value and contribution from which more of a feature moves the score one way."""


def _way(explained: Explained, column: int) -> int:
    values, phi = explained.features[:, column], explained.contributions[:, column]
    known = ~np.isnan(values)
    if known.sum() < 3 or not values[known].std() or not phi[known].std():
        return 0
    together = float(np.corrcoef(_ranks(values[known]), _ranks(phi[known]))[0, 1])
    return int(np.sign(together)) if abs(together) > CLEAR else 0


def _ranks(values: Floats) -> Floats:
    return np.asarray(np.unique(values, return_inverse=True)[1], np.float64)


def _rounded(each: tuple[float, float, int]) -> list[float]:
    return [round(each[0], DECIMALS), round(each[1], DECIMALS), each[2]]
