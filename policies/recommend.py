"""Recommend: from one case to one explained, priced, gated answer. Pure: no clock, no store, no randomness.

Read forward: the promise in force, what the rules say, what the best rung of the ladder says, the options under each,
and the answer sealed with the digests of everything it came from. The rules run on every request beside the models, so
what an outage would change is in every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.case import Case
from data.prediction import Predictors
from data.recommendation import FallbackView, Recommendation
from data.record import to_milliseconds
from data.standing import Standing
from policies.answer import Features, answer, receipt_of
from policies.choose import choose, prospect
from policies.decide import Decision
from policies.explaining import fallback_step, steps
from policies.facts import aged, case_facts
from policies.policy import Policy
from policies.predicting import by_ladder, by_rules
from policies.promise import under_promise
from policies.situation import Situation


@dataclass(frozen=True)
class Recommended:
    """The answer, the case its predictions are of, and the features they came from, as they were seen."""

    recommendation: Recommendation
    predicted_on: Case
    """The case under the promise in force: whoever else predicts on it is asked what the models were asked."""
    features: Features


def recommend(
    case: Case, standing: Standing, predictors: Predictors, policy: Policy, now: datetime, recommendation_id: str
) -> Recommended:
    """The recommendation for one case. The same arguments give the same bytes; it never raises for a valid case."""
    promised, promise = under_promise(case, policy)

    # Predictions look at the case when it was noticed, as models were trained; decisions look at it now, and so does
    # the question whether the promise has passed, which leaves nothing of it to predict.
    noticed = Situation(promised, standing, case.event.time, policy.exchange(case.currency))
    facts = case_facts(noticed)
    situation = noticed.at(to_milliseconds(now))
    rules = by_rules(situation, facts, policy)
    told = by_ladder(situation, predictors, rules, policy)

    facts = aged(facts, situation)
    view = prospect(situation, facts, told.predictions, policy)
    decision = choose(view)
    without_models = decision if told.same_as(rules) else choose(prospect(situation, facts, rules.predictions, policy))

    fallback = _fallback(decision, without_models)
    explanation = steps(promise.step, told, view, decision, fallback_step(fallback, rules, policy.version))
    features = {task: served.predicted.features for task, served in told.answers.items() if served.predicted}
    unused = predictors.unused(case.attributes)
    receipt = receipt_of(case, standing, features, predictors, policy)
    return Recommended(
        answer(recommendation_id, case, view, decision, explanation, fallback, unused, receipt), promised, features
    )


def _fallback(decision: Decision, without_models: Decision) -> FallbackView:
    """What the rules alone would have recommended; they agree where the option and its disposition are the same."""
    first, would_have = decision.first.candidate, without_models.first.candidate
    return FallbackView(
        would_have=would_have.action,
        disposition=without_models.disposition,
        agrees=first == would_have and decision.disposition is without_models.disposition,
    )
