"""Whether the rows still say what the audit chain and the reviews say: what a changed row gives away."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect, case, exists, func, select

from data.review import ReviewState
from serving.store.tables import audit_leaves, outcomes, recommendations, review_statuses, reviews

DECIDED = (ReviewState.APPROVED, ReviewState.REJECTED, ReviewState.OVERRIDDEN)
"""States that only a person's decision leads to."""


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, one sentence for each kind of row; nothing where all agree."""
    told = (
        ("recommendation", recommendations, recommendations.c.answer, recommendations.c.requested_by),
        ("review", reviews, reviews.c.content, reviews.c.decided_by),
        ("outcome", outcomes, outcomes.c.content, outcomes.c.reported_by),
    )
    for kind, table, content, principal in told:
        if count := _without_leaf(connection, kind, table, content, principal):
            yield f"{count} {kind} rows are not as the audit chain tells of them"
    if count := _undecided(connection):
        yield f"{count} recommendations stand as decided though nobody decided"
    if count := _closed_by_nothing(connection):
        yield f"{count} reviews stand as closed though no outcome was told"


def _without_leaf(
    connection: Connection, kind: str, table: FromClause, content: ColumnElement[str], principal: ColumnElement[str]
) -> int:
    leaf = exists().where(
        audit_leaves.c.kind == kind,
        audit_leaves.c.subject == table.c.recommendation_id,
        audit_leaves.c.content == content,
        audit_leaves.c.principal == principal,
    )
    return connection.execute(select(func.count()).select_from(table).where(~leaf)).scalar_one()


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
