"""The rows of recommendations: found by id, by event, by exception; listed by state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, insert, select

from data.review import ReviewState
from data.vocabulary import Role
from serving.store.instants import to_instant, to_number
from serving.store.tables import recommendations as table
from serving.store.tables import review_statuses as statuses

MINUTE = 60_000
"""In milliseconds."""
AT_ONCE = 1_000
"""Rows fetched at once where all are read."""


@dataclass(frozen=True)
class Decision:
    """One recommendation's row: whose event it answers, and the digests of all it was made from."""

    recommendation_id: str
    source: str
    event_id: str
    event_time: datetime
    exception_id: str
    requested_by: str
    issued_at: datetime
    bundle: str | None
    policy: str
    input: str
    standing: str
    ladder: str
    features: str
    answer: str

    @property
    def age(self) -> tuple[datetime, str, str]:
        """What orders the events of one exception; a tie in time is broken alike in whatever order they arrive."""
        return (self.event_time, self.source, self.event_id)


def add(connection: Connection, decision: Decision) -> None:
    """Insert the row."""
    values = asdict(decision)
    values["event_time"] = to_number(decision.event_time)
    values["issued_at"] = to_number(decision.issued_at)
    connection.execute(insert(table).values(values))


def by_id(connection: Connection, recommendation_id: str) -> Decision | None:
    """The decision of this id."""
    return _one(connection, table.c.recommendation_id == recommendation_id)


def by_event(connection: Connection, source: str, event_id: str) -> Decision | None:
    """The decision that answers this event."""
    return _one(connection, (table.c.source == source) & (table.c.event_id == event_id))


def of_exception(connection: Connection, exception_id: str) -> list[Decision]:
    """Every decision on events of this exception, the newest event last."""
    rows = connection.execute(select(table).where(table.c.exception_id == exception_id))
    return sorted((_decision(row) for row in rows), key=lambda each: each.age)


def in_time_order(connection: Connection) -> Iterator[Decision]:
    """Every decision there is, by the time of its event; a tie is broken alike everywhere."""
    ordered = select(table).order_by(table.c.event_time, table.c.source, table.c.event_id)
    for row in connection.execute(ordered).yield_per(AT_ONCE):
        yield _decision(row)


def listing(
    connection: Connection, state: ReviewState | None, role: Role | None, now: datetime, limit: int, offset: int
) -> tuple[Sequence[str], int]:
    """Ids of one page and how many there are: the open by what a minute costs, all others newest first.

    With a role, only those where that role still must agree.
    """
    chosen = select(statuses.c.recommendation_id)
    if state is not None:
        chosen = chosen.where(statuses.c.state == state.value)
    if role is not None:
        chosen = chosen.where(statuses.c.roles.contains(json.dumps(role.value), autoescape=True))
    total = connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    ordered = _most_pressing(chosen, now) if state is ReviewState.OPEN else chosen
    page = ordered.order_by(statuses.c.recommendation_id.desc()).limit(limit).offset(offset)
    return connection.execute(page).scalars().all(), total


def count(connection: Connection, state: ReviewState) -> int:
    """How many recommendations stand so."""
    return connection.execute(select(func.count()).where(statuses.c.state == state.value)).scalar_one()


def _most_pressing(chosen: Select[tuple[str]], now: datetime) -> Select[tuple[str]]:
    minutes = (statuses.c.promise_due_at - to_number(now)) / float(MINUTE)
    left: ColumnElement[float] = case((minutes < 1.0, 1.0), else_=minutes)
    return chosen.order_by(func.coalesce(statuses.c.loss / left, 0.0).desc(), statuses.c.loss.desc())


def _one(connection: Connection, condition: ColumnElement[bool]) -> Decision | None:
    row = connection.execute(select(table).where(condition)).first()
    return _decision(row) if row else None


def _decision(row: Row[tuple[object, ...]]) -> Decision:
    values = dict(row._mapping)
    values["event_time"] = to_instant(row.event_time)
    values["issued_at"] = to_instant(row.issued_at)
    return Decision(**values)
