"""Which recommendation of an exception counts: the one that answers its newest event, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from data.recommendation import Recommendation
from data.review import ReviewState
from data.vocabulary import Disposition
from serving.store import decisions, verdicts
from serving.store.decisions import Decision
from serving.store.verdicts import Verdict

SUPERSEDABLE = (ReviewState.OPEN, ReviewState.NOT_REQUIRED)
"""What a person decided stays decided."""

UNKNOWN_BREACH = 1.0
"""The weight of a case whose breach nobody could predict: it waits in front, not behind."""


def first_verdict(recommendation: Recommendation) -> Verdict:
    """Where a recommendation stands before anybody looked at it."""
    review, risk = recommendation.review, recommendation.predictions.sla_breach
    first = recommendation.options[0] if recommendation.options else None
    stake = recommendation.urgency.value_at_stake
    asks = review is not None or recommendation.disposition is Disposition.REVIEW
    weight = UNKNOWN_BREACH if risk.probability is None else risk.probability
    return Verdict(
        recommendation_id=recommendation.recommendation_id,
        state=ReviewState.OPEN if asks else ReviewState.NOT_REQUIRED,
        version=0,
        roles=review.roles if review else (),
        action=first.action if first else None,
        parameters=first.parameters if first else {},
        disposition=recommendation.disposition if first else Disposition.REVIEW,
        held_until=first.held_until if first else (),
        loss=float(stake.amount) * weight if stake else 0.0,
        promise_due_at=risk.due_at,
    )


def enter(connection: Connection, decision: Decision, verdict: Verdict) -> list[str]:
    """Insert the verdict and settle which recommendation of the exception counts; returns those superseded by it."""
    others = [each for each in decisions.of_exception(connection, decision.exception_id) if each != decision]
    if any(other.age > decision.age for other in others):
        verdicts.add(connection, superseded(verdict, version=0))
        return []
    verdicts.add(connection, verdict)
    return list(_supersede(connection, others))


def successor(connection: Connection, decision: Decision) -> Decision | None:
    """The recommendation that answers the newest event of the exception; None where that is this one."""
    newest = decisions.of_exception(connection, decision.exception_id)[-1]
    return None if newest.recommendation_id == decision.recommendation_id else newest


def superseded(verdict: Verdict, version: int) -> Verdict:
    """The verdict once a newer event's answer counts: nobody needs to agree any more."""
    return replace(verdict, state=ReviewState.SUPERSEDED, version=version, roles=())


def _supersede(connection: Connection, others: list[Decision]) -> Iterator[str]:
    for other in others:
        verdict = verdicts.get(connection, other.recommendation_id)
        if verdict is not None and verdict.state in SUPERSEDABLE:
            verdicts.advance(connection, verdict, superseded(verdict, verdict.version + 1))
            yield other.recommendation_id
