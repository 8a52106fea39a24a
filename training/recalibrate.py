"""Only the calibrator again, on the latest labels: where rates have drifted, the trees' order is still good.

A risk's calibrator rises strictly, so the order of the cases and with it the average precision stays. What the new
calibrator is worth is told by a rehearsal: fitted on the earlier half of the labels, measured on the later half, where
it must be better than the old one. What is published is fitted on all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from models.performance import Performance, realised, top_event
from models.predictors import ModelPredictor
from models.profile import Profile
from models.task_model import TaskModel
from training.baseline import RuleRates
from training.calibrate import fit_binary, fit_multiclass
from training.conformal_fit import Calibrating, fit_conformal
from training.dataset import UNKNOWN
from training.drift import Seen
from training.errors import HistoryError
from training.evaluate import DECIMALS, compare, probabilities_of
from training.history import History
from training.profiling import performances
from training.progress import Progress

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]
Calibrator = BinaryCalibrator | MulticlassCalibrator

FEWEST = 400
"""Labels below which halves are too small to tell which calibrator is better."""
FEWEST_OF_EACH = 10


@dataclass(frozen=True)
class Recalibrated:
    """The model with its new calibrator, and how the old and the new did on the later half, which neither had seen."""

    model: TaskModel
    before: Performance
    after: Performance
    average_precision: tuple[float | None, float | None]


def recalibrate(model: TaskModel, seen: Seen, history: History, progress: Progress) -> Recalibrated:
    """Fit the calibrator again on what is known of later cases.

    Raises:
        HistoryError: too few labels, or a new calibrator that is no better than the old one.
    """
    known = seen.known.truth != UNKNOWN
    _check(model, seen.known.truth[known], history)
    progress.step("scoring the latest cases")
    raw, truth = model.score.raw_batch(seen.features[known]), seen.known.truth[known]
    half = len(truth) // 2
    progress.step("a rehearsal: fitted on the earlier half, measured on the later")
    old = _said(model.calibrator, raw[half:])
    fit_again, new = _best(model, raw, truth, half)
    before, after = _performance(old, truth[half:]), _performance(new, truth[half:])
    if after.log_loss >= before.log_loss:
        raise HistoryError(
            f"{model.task}: a new calibrator would give a log loss of {after.log_loss:.4f} on the later half of "
            f"{history.name}, the old one gives {before.log_loss:.4f}: nothing was published, the old one stays"
        )
    progress.step("fitting on all labels")
    fired = [each for each, kept in zip(seen.known.fired, known, strict=True) if kept]
    regions = [each for each, kept in zip(seen.known.regions, known, strict=True) if kept]
    times = seen.known.times[known]
    rules = RuleRates.from_json(model.metrics["rule_rates"])
    compared = compare(model.task, truth[half:], new, rules, fired[half:])
    calibrator = fit_again(raw, truth)
    window = {"history": history.name, "data": history.digest, "n": len(truth), "from": times[0], "to": times[-1]}
    cases = Calibrating(truth, _said(calibrator, raw), regions, times)
    again = replace(
        model,
        calibrator=calibrator,
        conformal=fit_conformal(model.task, cases, len(truth) - half),
        profile=_profile(model, new, truth[half:], regions[half:]),
        metrics={**compared, "rule_rates": model.metrics["rule_rates"]},
        lineage={**model.lineage, "recalibrated_on": {**window, "from": float(times[0]), "to": float(times[-1])}},
    )
    precision = compare(model.task, truth[half:], old, rules, fired[half:])["model"]["average_precision"]
    return Recalibrated(_with_golden(again), before, after, (precision, compared["model"]["average_precision"]))


def _check(model: TaskModel, truth: Truth, history: History) -> None:
    counts = np.bincount(truth, minlength=2) if len(truth) else np.zeros(2)
    if len(truth) < FEWEST or (counts >= FEWEST_OF_EACH).sum() < 2:
        raise HistoryError(
            f"{history.name} tells {len(truth)} outcomes of {model.task}; a new calibrator needs {FEWEST}, "
            f"{FEWEST_OF_EACH} of each of two outcomes: give a longer history"
        )


def _best(
    model: TaskModel, raw: Floats, truth: Truth, half: int
) -> tuple[Callable[[Floats, Truth], Calibrator], Floats]:
    """The way to fit that does best on the later half, and what it says there."""
    said = [(way, _said(way(raw[:half], truth[:half]), raw[half:])) for way in _ways(model)]
    return min(said, key=lambda each: _performance(each[1], truth[half:]).log_loss)


def _ways(model: TaskModel) -> list[Callable[[Floats, Truth], Calibrator]]:
    if model.task.is_risk:
        return [lambda raw, truth: fit_binary(raw[:, 0], truth)]
    return [lambda raw, truth: fit_multiclass(raw, truth, biased=False), fit_multiclass]


def _said(calibrator: Calibrator, raw: Floats) -> Floats:
    return np.round(probabilities_of(calibrator, raw), DECIMALS)


def _performance(probabilities: Floats, truth: Truth) -> Performance:
    return realised(*top_event(probabilities, truth))


def _profile(model: TaskModel, said: Floats, truth: Truth, regions: list[str | None]) -> Profile | None:
    """The features stay those of the trees' window; how well the model does is the rehearsal's."""
    if model.profile is None:
        return None
    return replace(model.profile, rehearsed=performances(*top_event(said, truth), regions))


def _with_golden(model: TaskModel) -> TaskModel:
    """The golden cases with what the new calibrator says of them."""
    predictor = ModelPredictor(model, version="unpublished")
    golden = tuple(
        each.model_copy(update={"probabilities": predictor.predict(each.case, each.standing).probabilities})
        for each in model.golden
    )
    return replace(model, golden=golden)
