"""Only the calibrator again, on the latest labels: where rates have drifted, the trees' order is still good.

A risk's calibrator rises strictly, so the order of the cases and with it the average precision stays. What the new
calibrator is worth is told by a rehearsal: fitted on the earlier half of the labels, measured on the later half, where
it must be better than the old one; an exception with updates in both does not teach the first. What is published is
fitted on all of them. None of them may have taught the model: without times, `untaught` tells which. Each label counts
for its `selection`: of a history from use, the labels of what was watched are not the rate of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.calibration import BinaryCalibrator, MulticlassCalibrator
from models.performance import Performance, realised, top_event
from models.predictors import ModelPredictor
from models.profile import Profile
from models.task_model import TaskModel
from models.taught import joined, sample
from models.weights import mean, part
from training.daily.history import DailyHistory
from training.drift.drift import Seen
from training.drift.paired import Gain, gain
from training.drift.remeasured import remeasured
from training.errors import HistoryError
from training.histories.baseline import RuleRates
from training.histories.history import History
from training.histories.known import Known
from training.histories.split import ended, without_times
from training.histories.truth import UNKNOWN
from training.histories.unseen import Count, Memory, unlike
from training.histories.untaught import FEWEST_LOOKED_UP, forgotten, known_to_be_new, speaks_for_all
from training.learning.calibrate import fit_binary, fit_multiclass
from training.learning.conformal_fit import Calibrating, fit_conformal
from training.learning.evaluate import DECIMALS, compare, probabilities_of
from training.learning.profiling import performances
from training.progress import Progress
from training.report.metrics import log_loss, losses_of

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]
Calibrator = BinaryCalibrator | MulticlassCalibrator
Way = Callable[[Floats, Truth, Floats | None], Calibrator]
"""A way to calibrate raw scores by their truths, and by what each counts for."""

FEWEST = 400
"""Labels below which halves are too small to tell which calibrator is better."""
FEWEST_OF_EACH = 10
MOST_TIMES = 100.0
"""How many times as many labels are still named as what would tell a gain from chance."""


@dataclass(frozen=True)
class Recalibrated:
    """The model with its new calibrator, and how the old and the new did on the later half, which neither had seen."""

    model: TaskModel
    before: Performance
    after: Performance
    average_precision: tuple[float | None, float | None]
    gain: Gain
    """By how much its log loss is lower there."""
    features: Floats
    """The labelled cases as the model sees them, float64[n, k]."""


def recalibrate(model: TaskModel, parent: str, seen: Seen, history: History, progress: Progress) -> Recalibrated:
    """Fit the calibrator again on what is known of later cases. `parent` is the digest of the bundle the model is of.

    Raises:
        HistoryError: too few labels, or a new calibrator that is no better than the old one, or by no more than chance.
    """
    latest = _labelled(seen.known)
    _check(model, latest.truth, history, FEWEST)
    progress.step("scoring the latest cases")
    features = seen.features[seen.known.truth != UNKNOWN]
    raw = model.score.raw_batch(features)
    half = len(latest.truth) // 2
    earlier = np.flatnonzero(ended(latest.exceptions, half))
    _check(model, latest.truth[earlier], history, FEWEST // 4)
    progress.step("a rehearsal: fitted on the earlier half, measured on the later")
    old, later = _said(model.calibrator, raw[half:]), latest.truth[half:]
    way, new = _best(model, raw, latest, earlier, half)
    counts = None if latest.selection is None else latest.selection[half:]
    losses = losses_of(later, old), losses_of(later, new)
    told = gain(*losses, _groups(history, latest)[half:], counts)
    _check_better(model, history, (mean(losses[0], counts), mean(losses[1], counts)), told, len(latest.truth))
    progress.step("fitting on all labels")
    again = _refitted(model, way(raw, latest.truth, latest.selection), raw, latest, half)
    scores = {name: _compared(model, latest, half, each) for name, each in (("old", old), ("new", new))}
    again = replace(
        again,
        profile=_profile(model, new, later, latest.regions[half:], counts),
        metrics={
            **scores["new"],
            "rule_rates": model.metrics["rule_rates"],
            "report": remeasured(model, features[half:], latest.at(np.arange(half, len(raw))), new),
        },
        lineage={
            **model.lineage,
            "recalibrated_on": {**_recalibrated_on(history, latest, half, seen), "bundle": parent},
        },
    )
    again = _with_taught(again, latest, history)
    precision = tuple(scores[name]["model"]["average_precision"] for name in ("old", "new"))
    sides = _performance(old, later, counts), _performance(new, later, counts)
    return Recalibrated(_with_golden(again), *sides, (precision[0], precision[1]), told, features)


def untaught(model: TaskModel, made_at: datetime, seen: Seen, history: History) -> Seen:
    """The cases that did not teach a model: later ones, or of one that learned without times those known to be new.

    Of the latter, cases of several moments after its bundle was made are new too. What taught a model, it says too
    surely: a calibrator that is fitted on such cases believes it.

    Raises:
        HistoryError: events that cannot be looked up, or too few cases that are new.
    """
    if not without_times(model.lineage):
        return _later(model, seen, history)
    later = np.flatnonzero(seen.known.times > made_at.timestamp())
    if len(np.unique(seen.known.times[later])) > 1:
        return _at(seen, later)
    if why := unlike("the model", model.lineage, history) or forgotten("the model", model):
        raise HistoryError(why)
    memory, events = Memory.of([model]), seen.known.events
    count = memory.count(events)
    if speaks_for_all(count):
        return seen
    new = known_to_be_new(events, seen.known.exceptions.tolist(), memory)
    if len(new) < FEWEST:
        raise HistoryError(_too_few_new(model, history, count, len(new)))
    return _at(seen, new)


def _later(model: TaskModel, seen: Seen, history: History) -> Seen:
    """Those after the days that taught its trees or chose among them; what fitted its calibrator before may again."""
    until = max(model.lineage[told]["to"] for told in ("fitted_on", "tested_on"))
    later = np.flatnonzero(seen.known.times > until)
    if len(later) < min(FEWEST, len(seen.known.times)):
        raise HistoryError(
            f"{model.task}: {len(later):,} of {len(seen.known.times):,} cases of {history.name} are later than "
            f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC, up to when the model was trained and tested; a "
            f"new calibrator needs {FEWEST}: give labels of later days"
        )
    return seen if len(later) == len(seen.known.times) else _at(seen, later)


def _at(seen: Seen, which: NDArray[np.intp]) -> Seen:
    return replace(seen, features=seen.features[which], known=seen.known.at(which))


def _too_few_new(model: TaskModel, history: History, count: Count, new: int) -> str:
    """How many could be looked up, how many of them were taught, and what to do."""
    told = (
        f"{model.task}: of {count.n:,} cases of {history.name} {count.looked_up:,} can be looked up, "
        f"{count.taught:,} of them taught the model"
    )
    if count.taught:
        return (
            f"{told}, and {new:,} are known to be new to it; a new calibrator needs {FEWEST}: give a file of cases "
            "that the model did not learn from, such as the part that was kept from training"
        )
    return (
        f"{told}: too few to say so of all; at least {FEWEST_LOOKED_UP} are needed. Give a larger file of cases that "
        "the model did not learn from"
    )


def _labelled(known: Known) -> Known:
    """The cases whose outcome is known."""
    return known.at(np.flatnonzero(known.truth != UNKNOWN))


def _refitted(model: TaskModel, calibrator: Calibrator, raw: Floats, latest: Known, half: int) -> TaskModel:
    """The model with the calibrator, and with conformal sets of what it now says."""
    cases = Calibrating(latest.truth, _said(calibrator, raw), latest.regions, latest.times, latest.selection)
    sets = fit_conformal(model.task, cases, len(latest.truth) - half)
    return replace(model, calibrator=calibrator, conformal=sets)


def _with_taught(model: TaskModel, latest: Known, history: History) -> TaskModel:
    """The model with the answers that taught its calibrator among those it keeps, where both name events alike."""
    kept = bool(latest.events) and not unlike("the model", model.lineage, history)
    taught = joined(model.taught, sample(latest.events, latest.truth.tolist())) if kept else model.taught
    lineage = {**model.lineage, "recalibrated_on": {**model.lineage["recalibrated_on"], "kept": kept}}
    return replace(model, taught=taught, lineage=lineage)


def _compared(model: TaskModel, latest: Known, half: int, said: Floats) -> dict[str, Any]:
    """The scores on the later half, beside the rules and the base rate."""
    rules = RuleRates.from_json(model.metrics["rule_rates"])
    counts = None if latest.selection is None else latest.selection[half:]
    return compare(model.task, latest.truth[half:], said, rules, latest.fired[half:], counts)


def _recalibrated_on(history: History, latest: Known, half: int, seen: Seen) -> dict[str, Any]:
    """Which cases taught the calibrator that ships, which of them the rehearsal was measured on, and which did not."""
    return {
        "history": history.name,
        "data": history.digest,
        **_window(latest.times),
        "measured_on": _window(latest.times[half:]),
        "left_out": dict(seen.left_out),
        "selection_weighted": latest.selection is not None,
    }


def _window(times: Floats) -> dict[str, Any]:
    return {"n": len(times), "from": float(times[0]), "to": float(times[-1])}


def _groups(history: History, known: Known) -> Truth:
    """What goes together: the updates of an exception; of a daily table all shelves of a day."""
    if isinstance(history, DailyHistory):
        return np.asarray(np.unique(known.times, return_inverse=True)[1], np.int64)
    return known.exceptions


def _check_better(model: TaskModel, history: History, sides: tuple[float, float], told: Gain, labels: int) -> None:
    if told.is_sure:
        return
    before, after = sides
    why = (
        f"{model.task}: a new calibrator would give a log loss of {after:.4f} on the second half of "
        f"{history.name}, the old one gives {before:.4f}"
    )
    if told.mean > 0:
        low, high = told.interval
        enough = f"about {_upwards(labels * told.times):,} labels" if told.times <= MOST_TIMES else "far more labels"
        why += (
            f": a gain of {told.mean:.4f}, which chance explains (95 % interval {low:.4f} to {high:.4f}). Where it is "
            f"real, {enough} would tell it from chance, and this history has {labels:,}: give a longer one, "
            "or wait for more"
        )
    raise HistoryError(f"{why}; nothing was published, the old one stays")


def _upwards(labels: float) -> int:
    return math.ceil(labels / 100.0) * 100


def _check(model: TaskModel, truth: Truth, history: History, fewest: int) -> None:
    counts = np.bincount(truth, minlength=2) if len(truth) else np.zeros(2)
    if len(truth) < fewest or (counts >= FEWEST_OF_EACH).sum() < 2:
        where = "" if fewest == FEWEST else " in its earlier half that do not go on in the later"
        raise HistoryError(
            f"{history.name} tells {len(truth)} outcomes of {model.task}{where}; a new calibrator needs {fewest}, "
            f"{FEWEST_OF_EACH} of each of two outcomes: give a longer history"
        )


def _best(model: TaskModel, raw: Floats, latest: Known, earlier: NDArray[np.intp], half: int) -> tuple[Way, Floats]:
    """The way to fit on the earlier cases that does best on the later half, and what it says there."""
    truth, counts = latest.truth, latest.selection
    fitted = [(way, way(raw[earlier], truth[earlier], part(counts, earlier))) for way in _ways(model)]
    said = [(way, _said(calibrator, raw[half:])) for way, calibrator in fitted]
    later = None if counts is None else counts[half:]
    return min(said, key=lambda each: log_loss(truth[half:], each[1], later))


def _ways(model: TaskModel) -> list[Way]:
    if model.task.is_risk:
        return [lambda raw, truth, weight: fit_binary(raw[:, 0], truth, weight)]
    return [
        lambda raw, truth, weight: fit_multiclass(raw, truth, biased=False, weight=weight),
        lambda raw, truth, weight: fit_multiclass(raw, truth, weight=weight),
    ]


def _said(calibrator: Calibrator, raw: Floats) -> Floats:
    return np.round(probabilities_of(calibrator, raw), DECIMALS)


def _performance(probabilities: Floats, truth: Truth, weight: Floats | None) -> Performance:
    return realised(*top_event(probabilities, truth), weight=weight)


def _profile(
    model: TaskModel, said: Floats, truth: Truth, regions: list[str | None], weight: Floats | None
) -> Profile | None:
    """The features stay those of the trees' window; how well the model does is the rehearsal's."""
    if model.profile is None:
        return None
    return replace(model.profile, rehearsed=performances(*top_event(said, truth), regions, weight))


def _with_golden(model: TaskModel) -> TaskModel:
    """The golden cases with what the new calibrator says of them."""
    predictor = ModelPredictor(model, version="unpublished")
    golden = tuple(
        each.model_copy(update={"probabilities": predictor.predict(each.case, each.standing).probabilities})
        for each in model.golden
    )
    return replace(model, golden=golden)
