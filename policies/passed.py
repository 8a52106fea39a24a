"""A promise that has passed: the work is still open at `due_at`, so the breach is a fact and no model is asked."""

from __future__ import annotations

import math

from data.amounts import amount, exactly
from data.explanation import CheckStep, Seen
from data.prediction import Predicted, Predictions, RiskPrediction
from data.record import Unit, instant_text
from data.vocabulary import ServedBy, Task
from policies.ladder import YES, Served
from policies.policy import Policy
from policies.situation import Situation

_EXACT_BELOW = 2 * 24 * 60
"""Minutes from which nobody counts hours and minutes any more."""


def passed(situation: Situation, policy: Policy) -> Served | None:
    """The settled answer where the promise has passed by the situation's moment; None before, or without a promise."""
    due_at, left = situation.due_at, situation.minutes_left
    if due_at is None or left is None or left > 0:
        return None
    saw: dict[str, Seen] = {"due_at": instant_text(due_at), "now": instant_text(situation.now)}
    step = CheckStep(
        kind="rule",
        id=f"{Task.SLA_BREACH.value}.promise_passed",
        version=policy.version,
        saw=saw,
        concluded=1.0,
        says=f"the promise passed {_ago(-left)}: the SLA is broken",
    )
    return Served(Predicted(Task.SLA_BREACH, {YES: 1.0}, (step,), saw), ServedBy.RULES, "promise_passed")


def as_of(situation: Situation, predictions: Predictions) -> Predictions:
    """Earlier predictions at the situation's moment: a promise that has passed since is broken."""
    left = situation.minutes_left
    if left is None or left > 0:
        return predictions
    broken = RiskPrediction(probability=1.0, due_at=situation.due_at, served_by=ServedBy.RULES, reason="promise_passed")
    return predictions.model_copy(update={"sla_breach": broken})


def _ago(minutes: float) -> str:
    whole = math.floor(minutes)
    if whole < 1:
        return "just now"
    told = exactly(whole, Unit.MINUTE) if whole < _EXACT_BELOW else amount(whole, Unit.MINUTE)
    return f"{told} ago"
