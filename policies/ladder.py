"""The ladder of a prediction: model, previous model, rules, none. One function; the answer says which rung served."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from data.case import Case
from data.explanation import CalibrationStep, CheckStep, ModelStep
from data.prediction import Predicted, PredictionFailed, Reason, Rung
from data.standing import Standing
from data.vocabulary import ServedBy, Task

DECIMALS = 9
"""Probabilities are rounded before any decision, so that an answer does not depend on the processor."""

CLOSE_TO_ONE = 1e-6
"""How far the probabilities of a label task may miss 1."""

YES = "yes"
"""The key of a risk's probability."""


@dataclass(frozen=True, slots=True)
class Served:
    """One task's answer with the rung it came from; `reason` says why a higher rung did not answer."""

    predicted: Predicted | None
    served_by: ServedBy
    reason: Reason | None = None


def climb_down(task: Task, rungs: Iterable[Rung], case: Case, standing: Standing, by_rules: Served) -> Served:
    """The first rung that answers; the rules' answer, which is always there, where none does.

    A rung fails when it was not loaded, when it raises anything at all, or when its answer is not a probability.
    The reason kept is the first rung's: why the model itself did not serve. Where the rules have no answer either, it
    is theirs: `no_rule` is only said where no model could answer.
    """
    reason: Reason | None = None
    for rung in rungs:
        answer = _ask(task, rung, case, standing)
        if isinstance(answer, Predicted):
            return Served(answer, rung.served_by, reason)
        reason = reason or answer
    if by_rules.served_by is ServedBy.NONE:
        return by_rules
    return Served(by_rules.predicted, by_rules.served_by, reason or "model_unavailable")


def _ask(task: Task, rung: Rung, case: Case, standing: Standing) -> Predicted | Reason:
    if rung.predictor is None:
        return rung.reason or "model_unavailable"
    try:
        return checked(rung.predictor.predict(case, standing), task)
    except PredictionFailed as failed:
        return failed.reason
    except Exception:
        # Whatever breaks in a model, the case is answered: a lower rung serves and the reason is in the answer.
        return "model_failed"


def checked(predicted: Predicted, task: Task) -> Predicted:
    """The prediction with rounded probabilities. Raises `PredictionFailed` where they are none."""
    labels = task.labels or (YES,)
    values = predicted.probabilities
    if predicted.task is not task or set(values) != set(labels):
        raise PredictionFailed("model_failed", f"expected the labels of {task}")
    if not all(math.isfinite(each) and 0.0 <= each <= 1.0 for each in values.values()):
        raise PredictionFailed("model_failed", "a probability is not a number from 0 to 1")
    if not task.is_risk and abs(math.fsum(values.values()) - 1.0) > CLOSE_TO_ONE:
        raise PredictionFailed("model_failed", "the probabilities do not add up to 1")
    if not all(isinstance(step, ModelStep | CalibrationStep | CheckStep) for step in predicted.steps):
        raise PredictionFailed("model_failed", "an explanation is not made of steps")
    if not all(_is_seen(value) for value in predicted.features.values()):
        raise PredictionFailed("model_failed", "a feature is neither text, flag nor finite number")
    rounded = {label: round(float(values[label]), DECIMALS) for label in labels}
    return replace(predicted, probabilities=rounded)


def _is_seen(value: object) -> bool:
    return value is None or isinstance(value, str | bool) or (isinstance(value, int | float) and math.isfinite(value))
