"""The outcome of a recommendation: told once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Select, insert, select

from data.outcome import Outcome
from data.record import canonical
from serving.store import documents
from serving.store.decisions import Decision
from serving.store.instants import to_number
from serving.store.tables import outcomes, recommendations


def add(connection: Connection, recommendation_id: str, outcome: Outcome, by: str, at: datetime) -> str:
    """Insert the outcome; returns the digest of its record."""
    content = documents.put(connection, canonical(outcome))
    row = insert(outcomes).values(
        recommendation_id=recommendation_id, reported_by=by, received_at=to_number(at), content=content
    )
    connection.execute(row)
    return content


def ended(connection: Connection, decision: Decision) -> bool:
    """Whether the decision's own outcome was told, or that of an older one says the exception was resolved after it."""
    told = connection.execute(_of_exception(decision.exception_id)).all()
    return any(
        row.recommendation_id == decision.recommendation_id
        or _resolved(connection, row.content, not_before=decision.event_time)
        for row in told
    )


def first_of_exception(connection: Connection, exception_id: str) -> bool:
    """Whether no outcome of the exception was told yet."""
    return connection.execute(_of_exception(exception_id).limit(1)).first() is None


def get(connection: Connection, recommendation_id: str) -> Outcome | None:
    """The outcome, None while none was told."""
    mine = select(outcomes.c.content).where(outcomes.c.recommendation_id == recommendation_id)
    digest = connection.execute(mine).scalar()
    return Outcome.model_validate_json(documents.get(connection, digest)) if digest else None


def _of_exception(exception_id: str) -> Select[tuple[str, str]]:
    mine = select(recommendations.c.recommendation_id).where(recommendations.c.exception_id == exception_id)
    return select(outcomes.c.recommendation_id, outcomes.c.content).where(outcomes.c.recommendation_id.in_(mine))


def _resolved(connection: Connection, digest: str, not_before: datetime) -> bool:
    at = Outcome.model_validate_json(documents.get(connection, digest)).resolved_at
    return at is not None and at >= not_before
