"""The heart's answer as bytes, with the bytes of all it was made from: the service and replay both make it here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.case import Case
from data.prediction import Predictors
from data.recommendation import Recommendation
from data.record import canonical
from data.standing import Standing
from policies.policy import Policy
from policies.recommend import recommend


@dataclass(frozen=True)
class Answer:
    """A recommendation, the bytes that are sent, and the bytes of what it was made from."""

    case: Case
    predicted_on: Case
    """The case that the models were asked about: see `policies.recommend`."""
    superseded: bool
    """Whether it was made knowing that a newer event of the exception had been answered."""
    recommendation: Recommendation
    content: bytes
    input: bytes
    standing: bytes
    features: bytes


def answer(
    case: Case, standing: Standing, predictors: Predictors, policy: Policy, now: datetime, recommendation_id: str
) -> Answer:
    """Recommend on exactly what will be stored: pure, so the same arguments give the same bytes."""
    told, known = canonical(case), canonical(standing)
    case = Case.model_validate_json(told)
    recommended = recommend(
        case, Standing.model_validate_json(known), predictors, policy, now=now, recommendation_id=recommendation_id
    )
    return Answer(
        case=case,
        predicted_on=recommended.predicted_on,
        superseded=standing.superseded is True,
        recommendation=recommended.recommendation,
        content=content_of(recommended.recommendation),
        input=told,
        standing=known,
        features=canonical(recommended.features),
    )


def content_of(recommendation: Recommendation) -> bytes:
    """The bytes that are sent and stored: the record's own order, absent facts left out."""
    return recommendation.model_dump_json(by_alias=True, exclude_none=True).encode()


def moment_of(case: Case, now: datetime) -> datetime:
    """The moment of the case's standing: when it was noticed, as a history is replayed; never later than now."""
    return min(case.event.time, now)
