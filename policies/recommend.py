"""Recommend: from one case to one explained, priced, gated answer. Pure: no clock, no store, no randomness.

Read forward: the promise in force, what the rules say, what the best rung of the ladder says, the options under each,
and the answer sealed with the digests of everything it came from. The rules run on every request beside the models, so
what an outage would change is in every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data.case import Case
from data.explanation import Seen
from data.prediction import Predictors
from data.recommendation import (
    EventReference,
    FallbackView,
    Option,
    Receipt,
    Recommendation,
    ReviewRequest,
    Urgency,
    answer_digest,
)
from data.record import Amount, digest_of, to_milliseconds
from data.standing import Standing
from data.vocabulary import Task
from policies.choose import Prospect, choose, prospect
from policies.decide import Decision, Weighed
from policies.explaining import fallback_step, headline, option_says, steps
from policies.facts import aged, case_facts
from policies.money import in_cents, known
from policies.policy import Policy
from policies.predicting import by_ladder, by_rules
from policies.promise import due_at, with_promise
from policies.situation import Situation

_UNSEALED = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Recommended:
    """The answer, and the features its predictions came from, as they were seen."""

    recommendation: Recommendation
    features: dict[Task, dict[str, Seen]]


def recommend(
    case: Case, standing: Standing, predictors: Predictors, policy: Policy, now: datetime, recommendation_id: str
) -> Recommended:
    """The recommendation for one case. The same arguments give the same bytes; it never raises for a valid case."""
    promise = due_at(case, policy)
    promised = with_promise(case, promise.due_at)
    situation = Situation(promised, standing, to_milliseconds(now), policy.exchange(case.currency))

    at_event = case_facts(Situation(promised, standing, case.event.time, situation.exchange))
    rules = by_rules(promised, at_event, policy)
    told = by_ladder(promised, standing, predictors, rules, policy)

    facts = aged(at_event, situation)
    view = prospect(situation, facts, told.predictions, policy)
    decision = choose(view)
    without_models = decision if told.same_as(rules) else choose(prospect(situation, facts, rules.predictions, policy))

    fallback = _fallback(decision, without_models)
    explanation = steps(promise.step, told, view, decision, fallback_step(fallback, rules, policy.version))
    features = {task: served.predicted.features for task, served in told.answers.items() if served.predicted}
    receipt = Receipt(
        input=digest_of(case),
        standing=digest_of(standing),
        features=digest_of(features),
        bundle=predictors.digest,
        policy=policy.digest,
        answer=_UNSEALED,
    )
    answer = Recommendation(
        recommendation_id=recommendation_id,
        schema="fairlead/recommendation/1",
        issued_at=situation.now,
        valid_until=_valid_until(situation, policy),
        exception_id=case.exception_id,
        event=EventReference(source=case.event.source, id=case.event.id),
        reported_type=case.reported_type,
        disposition=decision.disposition,
        says=headline(view, decision),
        predictions=told.predictions,
        options=options_of(view, decision),
        explanation=explanation,
        review=_review(view, decision),
        urgency=_urgency(view),
        fallback=fallback,
        unused_attributes=tuple(sorted(set(case.attributes) - predictors.declared_attributes)),
        receipt=receipt,
    )
    return Recommended(_sealed(answer), features)


def options_of(view: Prospect, decision: Decision) -> tuple[Option, ...]:
    """The options as the answer carries them, in order."""
    return tuple(option_of(view, decision, option, rank) for rank, option in enumerate(decision.options, start=1))


def option_of(view: Prospect, decision: Decision, option: Weighed, rank: int) -> Option:
    """One option as the answer carries it."""
    price = _amount(view, option)
    return Option(
        rank=rank,
        action=option.candidate.action,
        parameters=option.candidate.shown,
        expected_cost=price,
        regret=decision.regret(option),
        breach_probability=option.price.breach_probability,
        disposition=option.verdict.disposition,
        roles=option.verdict.roles,
        held_until=option.verdict.held_until,
        says=option_says(option, price),
    )


def _amount(view: Prospect, option: Weighed) -> Amount | None:
    currency = view.situation.exchange.currency
    if option.price.expected is None or currency is None:
        return None
    return Amount(amount=option.price.expected, currency=currency)


def _fallback(decision: Decision, without_models: Decision) -> FallbackView:
    first, would_have = decision.first.candidate, without_models.first.candidate
    return FallbackView(
        would_have=would_have.action,
        disposition=without_models.disposition,
        agrees=first == would_have and decision.disposition is without_models.disposition,
    )


def _valid_until(situation: Situation, policy: Policy) -> datetime:
    return situation.now + timedelta(minutes=float(policy.settings.time.valid_minutes))


def _review(view: Prospect, decision: Decision) -> ReviewRequest | None:
    """Who must agree, by the earlier of the policy's limit and the promise while that can still be kept."""
    roles = decision.first.verdict.roles
    if not roles:
        return None
    limit = view.situation.now + timedelta(minutes=float(view.policy.settings.review.answer_within_minutes))
    promised = view.situation.due_at
    return ReviewRequest(
        roles=roles, due_at=min(limit, promised) if promised and promised > view.situation.now else limit
    )


def _urgency(view: Prospect) -> Urgency:
    situation = view.situation
    order, returned = situation.case.order, situation.case.returned
    value = known(order.value if order else returned.refund_asked if returned else None)
    currency = situation.exchange.currency
    left = situation.minutes_left
    return Urgency(
        value_at_stake=Amount(amount=in_cents(value), currency=currency) if value is not None and currency else None,
        minutes_to_promise=None if left is None else round(left, 1),
    )


def _sealed(answer: Recommendation) -> Recommendation:
    receipt = answer.receipt.model_copy(update={"answer": answer_digest(answer)})
    return answer.model_copy(update={"receipt": receipt})
