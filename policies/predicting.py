"""The four predictions of a case: through the ladder, and by the rules alone for the fallback beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.case import Case
from data.prediction import LabelPrediction, Predicted, Predictions, Predictors, RiskPrediction
from data.vocabulary import UNRECOGNISED, ServedBy, Task
from policies.conformal import conformal_set
from policies.fallback import rule_answer, with_ruled_type
from policies.ladder import YES, Served, climb_down
from policies.passed import passed
from policies.policy import Policy
from policies.situation import Situation

Answers = Mapping[Task, Served]


@dataclass(frozen=True, slots=True)
class Told:
    """The answers per task and the predictions that follow from them."""

    answers: Answers
    predictions: Predictions

    def same_as(self, other: Told) -> bool:
        """Whether every task was answered alike, whoever served it."""
        return all(served.predicted == other.answers[task].predicted for task, served in self.answers.items())


def by_rules(situation: Situation, facts: Mapping[str, Any], policy: Policy) -> Told:
    """What the rules alone say: computed on every request.

    `situation` is at the moment of the answer, which tells whether there is anything to predict; `facts` are of the
    moment the case was noticed.
    """
    facts = with_ruled_type(facts, policy)
    answers = {task: _not_asked(task, situation, policy) or rule_answer(task, facts, policy) for task in Task}
    return _told(answers, situation.case, policy)


def by_ladder(situation: Situation, predictors: Predictors, rules: Told, policy: Policy) -> Told:
    """What the best rung of each task says."""
    answers = {
        task: _not_asked(task, situation, policy)
        or climb_down(task, predictors.ladder(task), situation.case, situation.standing, rules.answers[task])
        for task in Task
    }
    return _told(answers, situation.case, policy)


def _not_asked(task: Task, situation: Situation, policy: Policy) -> Served | None:
    """Nothing to predict without a promise to break or a shelf to run empty, nor once the promise has passed."""
    if task is Task.SLA_BREACH and situation.due_at is None:
        return Served(None, ServedBy.NONE, "no_promise")
    if task is Task.SLA_BREACH:
        return passed(situation, policy)
    if task is Task.STOCKOUT and situation.case.at_stake is None:
        return Served(None, ServedBy.NONE, "no_stock_position")
    return None


def _told(answers: Answers, case: Case, policy: Policy) -> Told:
    due_at = case.promise.due_at if case.promise else None
    predictions = Predictions(
        exception_type=_recognised(_label(answers[Task.EXCEPTION_TYPE], policy), policy),
        root_cause=_label(answers[Task.ROOT_CAUSE], policy),
        sla_breach=_risk(answers[Task.SLA_BREACH], policy).model_copy(update={"due_at": due_at}),
        stockout=_risk(answers[Task.STOCKOUT], policy).model_copy(update={"horizon": _horizon(answers, policy)}),
    )
    return Told(answers, predictions)


def _label(served: Served, policy: Policy) -> LabelPrediction:
    if served.predicted is None:
        return LabelPrediction(served_by=served.served_by, reason=served.reason)
    # Sorted by label first, so that equal probabilities keep one order.
    ranked = sorted(sorted(served.predicted.probabilities.items()), key=lambda each: -each[1])
    (label, probability), second, third = ranked[:3]
    return LabelPrediction(
        label=label,
        probability=probability,
        runner_up=second if second[1] > third[1] else None,
        set=conformal_set(served.predicted, policy),
        served_by=served.served_by,
        reason=served.reason,
    )


def _recognised(prediction: LabelPrediction, policy: Policy) -> LabelPrediction:
    """A type too unlikely to act upon is `unrecognised`; the likeliest is then the runner-up."""
    if prediction.label is None or prediction.probability is None:
        return prediction
    if prediction.probability >= policy.settings.thresholds.unrecognised_below:
        return prediction
    likeliest = (prediction.label, prediction.probability)
    return prediction.model_copy(update={"label": UNRECOGNISED, "probability": None, "runner_up": likeliest})


def _risk(served: Served, policy: Policy) -> RiskPrediction:
    return RiskPrediction(
        probability=served.predicted.probabilities[YES] if served.predicted else None,
        set=conformal_set(served.predicted, policy),
        served_by=served.served_by,
        reason=served.reason,
    )


def _horizon(answers: Answers, policy: Policy) -> str | None:
    served = answers[Task.STOCKOUT]
    if served.predicted is None:
        return None
    return horizon_of(served.predicted, policy)


def horizon_of(predicted: Predicted, policy: Policy) -> str | None:
    """Of what time a stock-out's probability speaks: the predictor's own, else the policy's; None where of none."""
    if predicted.horizon is None:
        return policy.settings.time.stockout_horizon
    return predicted.horizon or None
