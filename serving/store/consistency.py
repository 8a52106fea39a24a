"""Whether the rows still say what the audit chain and the reviews say: what a changed row gives away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, case, exists, func, select

from data.review import ReviewState
from serving.store.tables import audit_leaves, outcomes, recommendations, review_statuses, reviews

DECIDED = (ReviewState.APPROVED, ReviewState.REJECTED, ReviewState.OVERRIDDEN)
"""States that only a person's decision leads to."""


@dataclass(frozen=True)
class _Told:
    """Rows that a leaf tells of, one of each row: what the leaf says, the row must say."""

    table: Table
    content: ColumnElement[str]
    principal: ColumnElement[str]
    at: ColumnElement[int]


TOLD = {
    "recommendation": _Told(
        recommendations, recommendations.c.answer, recommendations.c.requested_by, recommendations.c.issued_at
    ),
    "review": _Told(reviews, reviews.c.content, reviews.c.decided_by, reviews.c.decided_at),
    "outcome": _Told(outcomes, outcomes.c.content, outcomes.c.reported_by, outcomes.c.received_at),
}


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, one sentence for each kind of row; nothing where all agree."""
    for kind in TOLD:
        unlike, gone = altered(connection, kind), _gone(connection, kind)
        if unlike:
            yield f"{len(unlike)} {kind} rows are not as the audit chain tells of them, such as {min(unlike)}"
        if gone:
            yield f"{len(gone)} {kind} rows of which the audit chain tells are gone, such as {min(gone)}"
    if count := _undecided(connection):
        yield f"{count} recommendations stand as decided though nobody decided"
    if count := _closed_by_nothing(connection):
        yield f"{count} reviews stand as closed though no outcome was told"
    if count := _without_status(connection):
        yield f"{count} recommendations stand nowhere: their review status is gone"


def altered(connection: Connection, kind: str) -> set[str]:
    """The recommendations of which a row of this kind is not what a leaf says: whose it is, what it tells, and when."""
    told, leaves = TOLD[kind], audit_leaves.c
    said = select(leaves.subject, leaves.content, leaves.principal, leaves.at).where(leaves.kind == kind)
    kept = {tuple(row) for row in connection.execute(said)}
    rows = select(told.table.c.recommendation_id, told.content, told.principal, told.at)
    return {str(row[0]) for row in connection.execute(rows) if tuple(row) not in kept}


def _gone(connection: Connection, kind: str) -> set[str]:
    """The recommendations of which there are fewer rows of this kind than leaves."""
    leaves = select(audit_leaves.c.subject).where(audit_leaves.c.kind == kind)
    rows = select(TOLD[kind].table.c.recommendation_id)
    left = Counter(connection.execute(leaves).scalars()) - Counter(connection.execute(rows).scalars())
    return set(map(str, left))


def _without_status(connection: Connection) -> int:
    stands = exists().where(review_statuses.c.recommendation_id == recommendations.c.recommendation_id)
    return connection.execute(select(func.count()).select_from(recommendations).where(~stands)).scalar_one()


def _undecided(connection: Connection) -> int:
    """The version a review produced is the last, but for one more with each outcome and any number superseded."""
    version, after = review_statuses.c.version, reviews.c.version
    last = case((review_statuses.c.superseded_by.is_(None), version - _outcomes_told()), else_=0)
    review = exists().where(
        reviews.c.recommendation_id == review_statuses.c.recommendation_id,
        after.between(last, version),
    )
    stands = review_statuses.c.state.in_([state.value for state in DECIDED])
    return connection.execute(select(func.count()).select_from(review_statuses).where(stands, ~review)).scalar_one()


def _closed_by_nothing(connection: Connection) -> int:
    closed = review_statuses.c.state == ReviewState.CLOSED.value
    wrong = select(func.count()).select_from(review_statuses).where(closed, _outcomes_told() == 0)
    return connection.execute(wrong).scalar_one()


def _outcomes_told() -> ScalarSelect[int]:
    """How many outcomes of the exception were told: each may end this review too, and advance it by one version."""
    mine, its = recommendations.alias("mine"), recommendations.alias("its")
    told = (
        select(func.count())
        .select_from(outcomes.join(its, its.c.recommendation_id == outcomes.c.recommendation_id))
        .join(mine, mine.c.exception_id == its.c.exception_id)
        .where(mine.c.recommendation_id == review_statuses.c.recommendation_id)
    )
    return told.correlate(review_statuses).scalar_subquery()
