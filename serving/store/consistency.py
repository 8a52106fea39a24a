"""Whether the rows still say what the audit chain and the reviews say: what a changed row gives away."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, FromClause, exists, func, select

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
    review = exists().where(
        reviews.c.recommendation_id == review_statuses.c.recommendation_id,
        reviews.c.version == review_statuses.c.version,
    )
    stands = review_statuses.c.state.in_([state.value for state in DECIDED])
    return connection.execute(select(func.count()).select_from(review_statuses).where(stands, ~review)).scalar_one()
