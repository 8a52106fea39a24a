"""The rows of recommendations: found by id, by event, by exception; listed by state."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, insert, null, or_, select

from data.review import ReviewState
from data.vocabulary import Role
from serving.errors import RecordAltered
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import outcomes
from serving.store.tables import recommendations as table
from serving.store.tables import review_statuses as statuses

MINUTE = 60_000
"""In milliseconds."""
AT_ONCE = 1_000
"""Rows fetched at once where all are read."""


Age = tuple[datetime, str, str]
"""Time, source and id: what orders the events of one exception, a tie in time alike in whatever order they arrive."""

AGE = (table.c.event_time, table.c.source, table.c.event_id)
"""The same in the database, which compares text by its bytes: in the order of code points, as Python does."""


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
    def age(self) -> Age:
        """Where its event stands among those of its exception."""
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


def newest(connection: Connection, exception_id: str) -> Decision | None:
    """The decision on the newest event of this exception, as `Decision.age` orders them; None before the first."""
    mine = select(table).where(table.c.exception_id == exception_id)
    row = connection.execute(mine.order_by(*(column.desc() for column in AGE)).limit(1)).first()
    return read(row) if row else None


def in_time_order(connection: Connection) -> Iterator[Decision]:
    """Every decision there is, by the time of its event; a tie is broken alike everywhere. Without altered rows."""
    yield from _readable(connection.execute(select(table).order_by(*AGE)).yield_per(AT_ONCE))


def how_many(connection: Connection) -> int:
    """How many decisions there are."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def latest(connection: Connection, count: int) -> list[Decision]:
    """The latest decisions, the newest first: ids rise with time. Without altered rows."""
    return list(_readable(connection.execute(select(table).order_by(table.c.recommendation_id.desc()).limit(count))))


def settled(connection: Connection, count: int, by: datetime) -> tuple[list[Decision], int]:
    """The latest decisions whose promise was due by then and whose outcome is known, the newest first; of cases without
    a promise those whose event was.

    And how many that are due there are in their time, whether or not an outcome tells of them, at any time where none
    is known; a decision that a newer event overtook is none of these. Without altered rows.
    """
    overtaken = statuses.c.superseded_by.is_not(None)
    due = (func.coalesce(statuses.c.promise_due_at, table.c.event_time) <= to_number(by)) & ~overtaken
    mine = table.c.recommendation_id == statuses.c.recommendation_id
    known = select(table).join_from(table, statuses, mine).where(due)
    known = known.join(outcomes, table.c.recommendation_id == outcomes.c.recommendation_id)
    rows = connection.execute(known.order_by(table.c.recommendation_id.desc()).limit(count)).all()
    in_their_time = due & (statuses.c.recommendation_id >= rows[-1].recommendation_id) if rows else due
    all_due = select(func.count()).select_from(table).join(statuses, mine).where(in_their_time)
    return list(_readable(rows)), connection.execute(all_due).scalar_one()


def latest_bundle(connection: Connection) -> str | None:
    """The bundle in force when an answer was last given under one; None where that never was."""
    under_one = select(table.c.bundle).where(table.c.bundle.is_not(None))
    return connection.execute(under_one.order_by(table.c.recommendation_id.desc()).limit(1)).scalar()


@dataclass(frozen=True)
class Listing:
    """What is listed: one page of a state, or of all; with roles, only those where one of them still must agree.

    `rates` are units of a currency per unit of the policy's reference currency, in which losses are compared.
    """

    state: ReviewState | None
    roles: frozenset[Role]
    limit: int
    offset: int
    now: datetime
    rates: Mapping[str, Decimal]


def listed(connection: Connection, asked: Listing) -> tuple[Sequence[str], int]:
    """Ids of one page and how many there are: the open by what a minute costs, all others newest first.

    Of the open, what is in a currency without a rate comes first: nobody can say how much it is.
    """
    state = asked.state
    chosen = select(statuses.c.recommendation_id)
    if state is not None:
        chosen = chosen.where(statuses.c.state == state.value)
    if asked.roles:
        named = (statuses.c.roles.contains(json.dumps(role.value), autoescape=True) for role in sorted(asked.roles))
        chosen = chosen.where(or_(*named))
    total = connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    ordered = _most_pressing(chosen, asked) if state is ReviewState.OPEN else chosen
    page = ordered.order_by(statuses.c.recommendation_id.desc()).limit(asked.limit).offset(asked.offset)
    return connection.execute(page).scalars().all(), total


def count(connection: Connection, state: ReviewState) -> int:
    """How many recommendations stand so."""
    return connection.execute(select(func.count()).where(statuses.c.state == state.value)).scalar_one()


def _most_pressing(chosen: Select[tuple[str]], asked: Listing) -> Select[tuple[str]]:
    minutes = (statuses.c.promise_due_at - to_number(asked.now)) / float(MINUTE)
    left: ColumnElement[float] = case((minutes < 1.0, 1.0), else_=minutes)
    rates = {currency: float(rate) for currency, rate in asked.rates.items()}
    loss = statuses.c.loss / case(rates, value=statuses.c.currency, else_=null())
    unknown = case(((statuses.c.loss > 0) & loss.is_(None), 1), else_=0)
    return chosen.order_by(
        unknown.desc(),
        func.coalesce(loss / left, 0.0).desc(),
        func.coalesce(loss, 0.0).desc(),
        minutes.asc().nulls_last(),
    )


def _one(connection: Connection, condition: ColumnElement[bool]) -> Decision | None:
    row = connection.execute(select(table).where(condition)).first()
    return read(row) if row else None


def _readable(rows: Iterable[Row[Any]]) -> Iterator[Decision]:
    """Without rows that somebody altered, which the doctor tells of: one of them hides no other."""
    for row in rows:
        with contextlib.suppress(RecordAltered):
            yield read(row)


def read(row: Row[Any]) -> Decision:
    """The decision of a row. Raises RecordAltered."""
    with as_written(table, row):
        values = dict(row._mapping)
        values["event_time"] = to_instant(row.event_time)
        values["issued_at"] = to_instant(row.issued_at)
        return Decision(**values)
