"""Where each recommendation stands with its people: one row that changes by compare-and-set, and the reviews."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, insert, select, update

from data.actions import ActionId
from data.recommendation import Recommendation
from data.record import canonical
from data.review import Review, ReviewState
from data.vocabulary import Disposition, Role
from serving.errors import StaleVersion
from serving.store import documents
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import recommendations, reviews
from serving.store.tables import review_statuses as statuses

UNKNOWN_BREACH = 1.0
"""The weight of a case whose breach nobody could predict: it waits in front, not behind."""


@dataclass(frozen=True)
class Verdict:
    """The standing of one recommendation with its people.

    `action` is the one under decision: the first option, or what an override chose. `roles` are those that still must
    agree to it. `loss` is the value at stake times the probability that the promise breaks, in `currency`: None where
    no value is at stake. `superseded_by` answers the newest event of the exception, where that is another one.
    """

    recommendation_id: str
    state: ReviewState
    version: int
    roles: tuple[Role, ...]
    action: ActionId | None
    parameters: dict[str, Any]
    disposition: Disposition
    held_until: tuple[str, ...]
    loss: float = 0.0
    currency: str | None = None
    promise_due_at: datetime | None = None
    superseded_by: str | None = None


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
        currency=stake.currency if stake else None,
        promise_due_at=risk.due_at,
    )


def add(connection: Connection, verdict: Verdict) -> None:
    """Insert the first version."""
    connection.execute(insert(statuses).values(recommendation_id=verdict.recommendation_id, **_values(verdict)))


def get(connection: Connection, recommendation_id: str) -> Verdict | None:
    """The present verdict."""
    row = connection.execute(select(statuses).where(statuses.c.recommendation_id == recommendation_id)).first()
    return None if row is None else read(row)


def read(row: Row[Any]) -> Verdict:
    """The verdict of a row. Raises RecordAltered."""
    with as_written(statuses, row):
        return _verdict(row)


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(
        recommendation_id=row.recommendation_id,
        state=ReviewState(row.state),
        version=row.version,
        roles=tuple(Role(role) for role in json.loads(row.roles)),
        action=ActionId(row.action) if row.action else None,
        parameters=json.loads(row.parameters),
        disposition=Disposition(row.disposition),
        held_until=tuple(json.loads(row.held_until)),
        loss=row.loss,
        currency=row.currency,
        promise_due_at=to_instant(row.promise_due_at) if row.promise_due_at is not None else None,
        superseded_by=row.superseded_by,
    )


def advance(connection: Connection, before: Verdict, after: Verdict) -> None:
    """Replace `before` by `after`, whose version is one higher. Raises StaleVersion where somebody was faster."""
    expected = (statuses.c.recommendation_id == before.recommendation_id) & (statuses.c.version == before.version)
    changed = connection.execute(update(statuses).where(expected).values(**_values(after)))
    if changed.rowcount != 1:
        raise StaleVersion("Somebody decided at the same moment: read the reviews again.")


SUPERSEDABLE = (ReviewState.OPEN, ReviewState.NOT_REQUIRED, ReviewState.SUPERSEDED)
"""States that a newer event ends. What a person decided, or an outcome ended, is still told as it was."""


def supersede(connection: Connection, exception_id: str, newest: str) -> list[str]:
    """Let the recommendation `newest` count in place of the exception's others; returns the ids of those others.

    All of them name it and get a new version: whoever read that one may be executed reads it again.
    """
    others = select(recommendations.c.recommendation_id).where(
        recommendations.c.exception_id == exception_id, recommendations.c.recommendation_id != newest
    )
    undecided = statuses.c.state.in_([state.value for state in SUPERSEDABLE])
    changed = update(statuses).where(statuses.c.recommendation_id.in_(others))
    told = changed.values(
        state=case((undecided, ReviewState.SUPERSEDED.value), else_=statuses.c.state),
        roles=json.dumps([]),
        superseded_by=newest,
        version=statuses.c.version + 1,
    )
    return list(connection.execute(told.returning(statuses.c.recommendation_id)).scalars())


def add_review(connection: Connection, review: Review, requested_by: str, version: int) -> str:
    """Insert the decision that produced this version; returns the digest of its record."""
    content = documents.put(connection, canonical(review))
    connection.execute(
        insert(reviews).values(
            review_id=review.review_id,
            recommendation_id=review.recommendation_id,
            requested_by=requested_by,
            decided_by=review.decided_by,
            decided_at=to_number(review.decided_at),
            version=version,
            content=content,
        )
    )
    return content


def reviews_of(connection: Connection, recommendation_id: str) -> tuple[Review, ...]:
    """The decisions of people so far, in their order."""
    mine = select(reviews.c.content).where(reviews.c.recommendation_id == recommendation_id)
    digests = connection.execute(mine.order_by(reviews.c.version)).scalars().all()
    return tuple(Review.model_validate_json(documents.get(connection, digest)) for digest in digests)


def last_decision(connection: Connection, recommendation_id: str) -> tuple[str | None, datetime | None]:
    """Who decided last and when; twice None where no person has."""
    mine = select(reviews.c.decided_by, reviews.c.decided_at).where(reviews.c.recommendation_id == recommendation_id)
    row = connection.execute(mine.order_by(reviews.c.version.desc()).limit(1)).first()
    if row is None:
        return None, None
    with as_written(reviews, row):
        return row.decided_by, to_instant(row.decided_at)


def _values(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state.value,
        "version": verdict.version,
        "roles": json.dumps([role.value for role in verdict.roles]),
        "action": verdict.action.value if verdict.action else None,
        "parameters": json.dumps(verdict.parameters),
        "disposition": verdict.disposition.value,
        "held_until": json.dumps(verdict.held_until),
        "loss": verdict.loss,
        "currency": verdict.currency,
        "promise_due_at": to_number(verdict.promise_due_at) if verdict.promise_due_at else None,
        "superseded_by": verdict.superseded_by,
    }
