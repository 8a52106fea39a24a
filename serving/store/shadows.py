"""What a bundle in the shadow would have said, kept beside what was said."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from data.outcome import Outcome
from data.vocabulary import Task
from serving.errors import RecordAltered
from serving.store import documents
from serving.store.instants import to_instant
from serving.store.rows import AnyRow, as_written
from serving.store.tables import outcomes, recommendations
from serving.store.tables import shadow_answers as table

NEWEST = 20_000
"""Answers that a report looks at."""


SIDES = ("champion", "challenger")
Said = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Beside:
    """One answer of both: `content` is JSON, `champion` and `challenger` are the bundles' digests."""

    recommendation_id: str
    champion: str
    challenger: str
    content: str


@dataclass(frozen=True)
class Seen:
    """One answer of both by task, with what then happened where it is known."""

    said: Said
    """By task, the probabilities of `champion` and of `challenger`."""
    happened: Mapping[str, str | bool]
    asked_at: datetime
    due_at: datetime | None = None


def add(connection: Connection, rows: Sequence[Beside]) -> None:
    """Insert rows; one that is there stays."""
    connection.execute(insert(table).on_conflict_do_nothing(), [asdict(row) for row in rows])


def newest(connection: Connection, champion: str, challenger: str, now: datetime) -> list[Seen]:
    """The newest answers of these two bundles; what a promise came to is known once it is due. Without altered rows."""
    mine = (
        select(
            table.c.recommendation_id,
            table.c.content,
            recommendations.c.event_time,
            outcomes.c.content.label("outcome"),
        )
        .join_from(table, recommendations, table.c.recommendation_id == recommendations.c.recommendation_id)
        .join(outcomes, table.c.recommendation_id == outcomes.c.recommendation_id, isouter=True)
        .where((table.c.champion == champion) & (table.c.challenger == challenger))
        .order_by(table.c.recommendation_id.desc())
        .limit(NEWEST)
    )
    found = []
    for row in connection.execute(mine):
        with contextlib.suppress(RecordAltered):
            found.append(_seen(connection, row, now))
    return found


def read(row: AnyRow) -> tuple[Said, datetime | None]:
    """What both said, and when the promise fell due. Raises RecordAltered."""
    with as_written(table, row):
        told = json.loads(row.content)
        said = {task: {side: _probabilities(both[side]) for side in SIDES} for task, both in told["said"].items()}
        return said, datetime.fromisoformat(told["due_at"]) if told["due_at"] else None


def _probabilities(told: Mapping[str, Any]) -> dict[str, float]:
    """Raises TypeError for what is no number."""
    return {label: value + 0.0 for label, value in told.items()}


def _seen(connection: Connection, row: AnyRow, now: datetime) -> Seen:
    said, due = read(row)
    with as_written(recommendations, row):
        asked_at = to_instant(row.event_time)
    if row.outcome is None:
        return Seen(said, {}, asked_at, due)
    outcome = Outcome.model_validate_json(documents.get(connection, row.outcome))
    truths = {task.value: outcome.truth(task, due) for task in Task if outcome.counts(task, due, now)}
    return Seen(said, {task: truth for task, truth in truths.items() if truth is not None}, asked_at, due)
