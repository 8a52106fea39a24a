"""The outcome of a recommendation: told once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from data.outcome import Outcome
from data.record import canonical
from serving.store import documents
from serving.store.instants import to_number
from serving.store.tables import outcomes


def add(connection: Connection, recommendation_id: str, outcome: Outcome, by: str, at: datetime) -> str:
    """Insert the outcome; returns the digest of its record."""
    content = documents.put(connection, canonical(outcome))
    row = insert(outcomes).values(
        recommendation_id=recommendation_id, reported_by=by, received_at=to_number(at), content=content
    )
    connection.execute(row)
    return content


def told(connection: Connection, recommendation_id: str) -> bool:
    """Whether an outcome was told."""
    mine = select(outcomes.c.recommendation_id).where(outcomes.c.recommendation_id == recommendation_id)
    return connection.execute(mine).first() is not None


def get(connection: Connection, recommendation_id: str) -> Outcome | None:
    """The outcome, None while none was told."""
    mine = select(outcomes.c.content).where(outcomes.c.recommendation_id == recommendation_id)
    digest = connection.execute(mine).scalar()
    return Outcome.model_validate_json(documents.get(connection, digest)) if digest else None
