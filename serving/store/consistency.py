"""Whether the rows still say what the audit chain and the reviews say: what a changed row gives away."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, FromClause, case, exists, func, select

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
    by_outcome = case((_outcome_told(), 1), else_=0)
    last = review_statuses.c.version - by_outcome
    review = exists().where(
        reviews.c.recommendation_id == review_statuses.c.recommendation_id,
        case((review_statuses.c.superseded_by.is_(None), reviews.c.version == last), else_=reviews.c.version < last),
    )
    stands = review_statuses.c.state.in_([state.value for state in DECIDED])
    return connection.execute(select(func.count()).select_from(review_statuses).where(stands, ~review)).scalar_one()


def _closed_by_nothing(connection: Connection) -> int:
    closed = review_statuses.c.state == ReviewState.CLOSED.value
    wrong = select(func.count()).select_from(review_statuses).where(closed, ~_outcome_told())
    return connection.execute(wrong).scalar_one()


def _outcome_told() -> ColumnElement[bool]:
    """An outcome advances the verdict by one version."""
    return exists().where(outcomes.c.recommendation_id == review_statuses.c.recommendation_id)
