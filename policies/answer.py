"""A decision as the record that is sent and stored: options, who must agree and by when, and the receipt."""

from __future__ import annotations

from datetime import datetime, timedelta

from data.case import Case
from data.explanation import Seen, Step
from data.prediction import Predictors
from data.recommendation import (
    RECOMMENDATION_SCHEMA,
    EventReference,
    FallbackView,
    Option,
    Receipt,
    Recommendation,
    ReviewRequest,
    Urgency,
    answer_digest,
)
from data.record import Amount, digest_of
from data.standing import Standing
from data.vocabulary import Task
from policies.answer_words import headline, option_says
from policies.choose import Prospect
from policies.decide import Decision, Weighed
from policies.money import known
from policies.policy import Policy
from policies.situation import Situation

Features = dict[Task, dict[str, Seen]]
"""The features each prediction came from, as they were seen."""

_UNSEALED = "sha256:" + "0" * 64


def answer(
    recommendation_id: str,
    case: Case,
    view: Prospect,
    decision: Decision,
    explanation: tuple[Step, ...],
    fallback: FallbackView,
    unused_attributes: tuple[str, ...],
    receipt: Receipt,
) -> Recommendation:
    """The recommendation with the digest of itself in its receipt."""
    told = Recommendation(
        recommendation_id=recommendation_id,
        schema=RECOMMENDATION_SCHEMA,
        issued_at=view.situation.now,
        valid_until=_minutes_from_now(view, float(view.policy.settings.time.valid_minutes)),
        exception_id=case.exception_id,
        event=EventReference(source=case.event.source, id=case.event.id),
        reported_type=case.reported_type,
        disposition=decision.disposition,
        says=headline(view, decision),
        predictions=view.predictions,
        options=options_of(view, decision),
        explanation=explanation,
        review=_review(view, decision),
        urgency=_urgency(view.situation),
        fallback=fallback,
        unused_attributes=unused_attributes,
        receipt=receipt,
    )
    return told.model_copy(update={"receipt": receipt.model_copy(update={"answer": answer_digest(told)})})


def receipt_of(case: Case, standing: Standing, features: Features, predictors: Predictors, policy: Policy) -> Receipt:
    """Digests of everything the answer comes from; the answer's own follows once it is written."""
    return Receipt(
        input=digest_of(case),
        standing=digest_of(standing),
        features=digest_of(features),
        bundle=predictors.digest,
        policy=policy.digest,
        answer=_UNSEALED,
    )


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
        says=option_says(option, price, view.predictions.sla_breach),
    )


def _amount(view: Prospect, option: Weighed) -> Amount | None:
    currency = view.situation.exchange.currency
    if option.price.expected is None or currency is None:
        return None
    return Amount(amount=option.price.expected, currency=currency)


def _review(view: Prospect, decision: Decision) -> ReviewRequest | None:
    """Who must agree, by the earlier of the policy's limit and the promise while that can still be kept."""
    roles = decision.first.verdict.roles
    if not roles:
        return None
    limit = _minutes_from_now(view, float(view.policy.settings.review.answer_within_minutes))
    promised = view.situation.due_at
    kept = promised is not None and promised > view.situation.now
    return ReviewRequest(roles=roles, due_at=min(limit, promised) if promised and kept else limit)


def _minutes_from_now(view: Prospect, minutes: float) -> datetime:
    return view.situation.now + timedelta(minutes=minutes)


def _urgency(situation: Situation) -> Urgency:
    """The order's value, else the refund that is asked for; and the time left."""
    order, returned, currency = situation.case.order, situation.case.returned, situation.exchange.currency
    value = known(order.value if order else returned.refund_asked if returned else None)
    left = situation.minutes_left
    return Urgency(
        value_at_stake=Amount(amount=value, currency=currency) if value is not None and currency else None,
        minutes_to_promise=None if left is None else round(left, 1),
    )
