"""The rows of track records in the database: the same protocol by which a model is evaluated over a dict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from data.vocabulary import Task
from models.record_sums import Sums
from models.track_record import RecordKey, RecordState
from serving.store.instants import to_instant, to_number
from serving.store.tables import track_records as table

EVERYWHERE = ""
"""How the record of all regions is keyed: no region's name is empty."""
AT_ONCE = 10_000
"""Keys named in one statement: SQLite takes 32,766 values, and senders name regions as they like."""


class StoredRecords:
    """Track records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, keys: Sequence[RecordKey]) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key."""
        blocks = (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
        return {state.key: state for block in blocks for state in self._found(block)}

    def regions(self, task: Task, version: str) -> list[RecordKey]:
        """Whose records a model has: of all regions first, then of each by its name."""
        mine = (table.c.task == task.value) & (table.c.version == version)
        found = self._connection.execute(select(table.c.region).where(mine).order_by(table.c.region)).scalars()
        return [RecordKey(task, version, region or None) for region in found]

    def _found(self, keys: Sequence[RecordKey]) -> Iterator[RecordState]:
        named = [(each.task.value, each.version, each.region or EVERYWHERE) for each in keys]
        wanted = select(table).where(tuple_(table.c.task, table.c.version, table.c.region).in_(named))
        for row in self._connection.execute(wanted):
            yield _read(row.task, row.version, row.region, row.state)

    def put(self, states: Sequence[RecordState]) -> None:
        """Insert or replace rows."""
        if not states:
            return
        row = insert(table)
        keys = ["task", "version", "region"]
        replacing = row.on_conflict_do_update(index_elements=keys, set_={"state": row.excluded.state})
        self._connection.execute(replacing, [_write(state) for state in states])


def _write(state: RecordState) -> dict[str, Any]:
    waiting = {to_number(counts_at): sums._asdict() for counts_at, sums in state.waiting.items()}
    values = {"at": to_number(state.at) if state.at else None, **state.sums._asdict(), "waiting": waiting}
    key = {"task": state.task.value, "version": state.version, "region": state.region or EVERYWHERE}
    return {**key, "state": json.dumps(values)}


def _read(task: str, version: str, region: str, content: str) -> RecordState:
    """The row of a record; one that an earlier version has written has nothing that waits."""
    values = json.loads(content)
    at, waiting = values.pop("at"), values.pop("waiting", {})
    return RecordState(
        Task(task),
        version,
        region or None,
        at=to_instant(at) if at is not None else None,
        sums=Sums(**values),
        waiting={to_instant(int(counts_at)): Sums(**sums) for counts_at, sums in waiting.items()},
    )
