"""How good probabilities are: discrimination, likelihood and calibration, for a risk and for labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from models.calibration_error import calibration_bins as calibration_bins
from models.calibration_error import expected_calibration_error as expected_calibration_error
from models.performance import SMALLEST as SMALLEST

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]
Scores = dict[str, float | None]
"""Metric by name; None where it is not defined, such as a ranking metric when only one outcome occurs."""


def scores_of(truth: Truth, probabilities: Floats, weight: Floats | None = None) -> Scores:
    """The scores of probabilities float64[n, k] against int64[n]: k is 1 for a risk, else the number of labels.

    `weight` float64[n] is what each case counts for, alike without.
    """
    if probabilities.shape[1] == 1:
        return _risk(truth, probabilities[:, 0], weight)
    return _labels(truth, probabilities, weight)


def log_loss(truth: Truth, probabilities: Floats, weight: Floats | None = None) -> float:
    """Mean negative log-likelihood in nats, of the shape `scores_of` takes."""
    return float(np.average(losses_of(truth, probabilities), weights=weight))


def losses_of(truth: Truth, probabilities: Floats) -> Floats:
    """Negative log-likelihood in nats, row by row."""
    return np.asarray(-np.log(np.maximum(likelihood(truth, probabilities), SMALLEST)))


def likelihood(truth: Truth, probabilities: Floats) -> Floats:
    """The probability given to what happened, row by row."""
    if probabilities.shape[1] == 1:
        happened = probabilities[:, 0]
        return np.asarray(np.where(truth == 1, happened, 1.0 - happened))
    return np.asarray(probabilities[np.arange(len(truth)), truth])


def _risk(truth: Truth, probability: Floats, weight: Floats | None) -> Scores:
    return {
        "roc_auc": _ranking(roc_auc_score, truth, probability, weight),
        "average_precision": _ranking(average_precision_score, truth, probability, weight),
        "log_loss": log_loss(truth, probability[:, None], weight),
        "ece": expected_calibration_error(truth, probability, weight=weight),
    }


def _labels(truth: Truth, probabilities: Floats, weight: Floats | None) -> Scores:
    """Ranking metrics are the mean over the labels that occur, each against the rest; `ece` is the top label's."""
    right = probabilities.argmax(axis=1) == truth
    return {
        "accuracy": float(np.average(right, weights=weight)),
        "roc_auc": _macro(roc_auc_score, truth, probabilities, weight),
        "average_precision": _macro(average_precision_score, truth, probabilities, weight),
        "log_loss": log_loss(truth, probabilities, weight),
        "ece": expected_calibration_error(right, probabilities.max(axis=1), weight=weight),
    }


def _macro(metric: Any, truth: Truth, probabilities: Floats, weight: Floats | None) -> float | None:
    each = [_ranking(metric, truth == label, column, weight) for label, column in enumerate(probabilities.T)]
    defined = [value for value in each if value is not None]
    return float(np.mean(defined)) if defined else None


def _ranking(metric: Any, happened: NDArray[Any], probability: Floats, weight: Floats | None) -> float | None:
    if happened.all() or not happened.any():
        return None
    return float(metric(happened, probability, sample_weight=weight))
