"""One task learned from a studied history: memory, rounds, trees, calibration, baseline and the numbers beside them.

In time order: the blocks before the test are scored by models of the rows before them; the first block says when to
stop, all of them how fast to forget and how to calibrate. The trees that ship learn from every row before the test, so
the numbers are those of the model that ships, on days later than anything it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import feature_set
from models.calibration import BinaryCalibrator, MulticlassCalibrator
from models.predictors import ModelPredictor
from models.task_model import Golden, TaskModel
from models.text import TextModel
from training.baseline import fit_rules
from training.calibrate import fit_binary, fit_multiclass, fit_shape
from training.dataset import Known, Sample, Study
from training.errors import HistoryError
from training.evaluate import calibrated, compare, probabilities_of
from training.fit import LABELS, RISK, Recipe, fit, weights
from training.metrics import losses_of
from training.progress import Progress
from training.rows import Rows
from training.search import Trial
from training.split import Split, split_in_time
from training.tune import Effort, choose
from training.words import message_scores

Floats = NDArray[np.float64]
Calibrator = BinaryCalibrator | MulticlassCalibrator
Way = Callable[[Floats, NDArray[np.int64]], Calibrator]

RISK_WAYS: tuple[Way, ...] = (
    lambda raw, truth: fit_shape(raw[:, 0], truth),
    lambda raw, truth: fit_binary(raw[:, 0], truth),
    lambda raw, truth: BinaryCalibrator((-1.0, 1.0), (-1.0, 1.0)),
)
LABEL_WAYS: tuple[Way, ...] = (
    lambda raw, truth: fit_multiclass(raw, truth, biased=False),
    fit_multiclass,
    lambda raw, truth: MulticlassCalibrator(1.0, (0.0,) * raw.shape[1]),
)
"""Ways to calibrate, the usual one first: how sure to be, the level left alone; then the level too; then as is."""
CLEARLY = 1.0
"""Standard errors by which another way must be better than the usual one."""

FEWEST_OF_EACH = 20
"""Cases of an outcome below which it cannot be told from the others."""
GOLDEN_CASES = 8
HORIZON = "P1D"
"""Over which a shelf is predicted to run empty: the horizon the histories' outcomes are told for."""


@dataclass(frozen=True)
class Learned:
    """A trained task: the model to publish, and the rows nothing was fitted on."""

    model: TaskModel
    recipe: Recipe
    latest: Rows
    probabilities: Floats
    """Of the latest rows, float64[n, k]."""
    trials: tuple[Trial, ...] = ()
    """The recipes that were tried."""


@dataclass(frozen=True)
class Origin:
    """What the model comes from, for its lineage."""

    lineage: Mapping[str, Any]
    attributes: AttributeSchema
    test_share: float | None
    threads: int
    seed: int
    trials: int = 0


def learn(task: Task, study: Study, origin: Origin, progress: Progress) -> Learned:
    """Train, calibrate, compare and pack one task.

    Raises:
        HistoryError: too few cases with a known outcome, or one outcome only.
    """
    known = study.known(task)
    split = split_in_time(known.times, origin.test_share)
    _check_outcomes(task, known.truth[: split.test])
    text, rows = _rows(task, known, split, origin)
    progress.step(f"{task}: how to learn")
    effort = Effort(origin.trials, origin.threads, origin.seed)
    chosen = choose(rows, split, RISK if task.is_risk else LABELS, effort, progress, f"{task}: recipes tried")
    recipe = chosen.recipe
    calibrator = _calibrator(rows, split, chosen.scores)
    progress.step(f"{task}: the model that ships")
    fitted = fit(rows.upto(split.test), recipe, origin.threads, origin.seed)
    taught = rows.upto(split.test)
    rules = fit_rules(known.fired[: split.test], taught.truth, rows.classes, weights(taught.times, recipe))
    model = TaskModel(
        task=task,
        score=fitted.score(),
        calibrator=calibrator,
        text=text,
        attributes=origin.attributes,
        reference=feature_set(task, origin.attributes, text).reference(rows.features[: split.test]),
        horizon=HORIZON if task is Task.STOCKOUT else None,
        lineage={**origin.lineage, **_windows(rows, split), "recipe": recipe.to_json()},
    )
    latest = rows.at(split.latest)
    probabilities = calibrated(model, latest.features)
    metrics = {
        **compare(task, latest.truth, probabilities, rules, known.fired[split.test :]),
        "rule_rates": rules.to_json(),
    }
    model = replace(model, metrics=metrics, golden=_golden(model, study.samples))
    return Learned(model, recipe, latest, probabilities, chosen.trials)


def _check_outcomes(task: Task, truth: NDArray[np.int64]) -> None:
    """At least two outcomes must occur often enough to be told apart."""
    names = ("no", "yes") if task.is_risk else task.labels
    often = {name: int(count) for name, count in zip(names, np.bincount(truth, minlength=len(names)), strict=True)}
    if sum(count >= FEWEST_OF_EACH for count in often.values()) < 2:
        told = ", ".join(f"{count} {name}" for name, count in often.items() if count)
        raise HistoryError(
            f"{task}: the outcomes to learn from are {told}; at least two must occur {FEWEST_OF_EACH} times each"
        )


def _rows(task: Task, known: Known, split: Split, origin: Origin) -> tuple[TextModel | None, Rows]:
    """The task's rows; the message's scores come last, from text models that have not seen the row's own label."""
    text, scores = message_scores(task, known.messages, known.truth, split.test)
    features = feature_set(task, origin.attributes, text)
    whole = known.facts if scores is None else np.hstack([known.facts, scores])
    return text, Rows(whole, known.truth, known.times, features.categories, max(len(task.labels), 1))


def _calibrator(rows: Rows, split: Split, scores: list[Floats]) -> Calibrator:
    """Fitted on all blocks, in the usual way unless another one, fitted on the earlier, is clearly better on the last.

    Where rates drift, a correction of yesterday's level can be worse than none.
    """
    truths = [rows.truth[start:end] for start, end in split.blocks]
    earlier = np.concatenate(scores[:-1]), np.concatenate(truths[:-1])
    ways = RISK_WAYS if rows.classes == 1 else LABEL_WAYS
    losses = [losses_of(truths[-1], probabilities_of(way(*earlier), scores[-1])) for way in ways]
    gains = [_gain(losses[0], other) for other in losses]
    return ways[int(np.argmax(gains))](np.concatenate(scores), np.concatenate(truths))


def _gain(usual: Floats, other: Floats) -> float:
    """The mean gain of one way over the usual, 0 where it is not clear."""
    gain = usual - other
    return float(gain.mean()) if gain.mean() > CLEARLY * gain.std() / np.sqrt(len(gain)) else 0.0


def _windows(rows: Rows, split: Split) -> dict[str, Any]:
    """How many cases taught, calibrated and tested, and between which moments, in seconds since 1970."""

    def window(start: int, end: int) -> dict[str, Any]:
        return {"n": end - start, "from": float(rows.times[start]), "to": float(rows.times[end - 1])}

    return {
        "fitted_on": window(0, split.test),
        "calibrated_on": window(split.blocks[0][0], split.test),
        "tested_on": window(split.test, split.n),
    }


def _golden(model: TaskModel, samples: list[Sample]) -> tuple[Golden, ...]:
    """Cases spread over the history with what the model says of them."""
    fit_for = [each for each in samples if model.task is not Task.STOCKOUT or each.case.at_stake is not None]
    step = max(1, len(fit_for) // GOLDEN_CASES)
    predictor = ModelPredictor(model, version="unpublished")
    chosen = fit_for[::step][:GOLDEN_CASES]
    return tuple(
        Golden(
            case=each.case,
            standing=each.standing,
            probabilities=predictor.predict(each.case, each.standing).probabilities,
        )
        for each in chosen
    )
