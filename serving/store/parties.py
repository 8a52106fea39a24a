"""The standing's rows in the database: the same protocol that replays a history over a dict.

A row that somebody altered is as none: nothing is known of that party here, and what is learned of it meanwhile is not
kept, so that the row stays as it was found until the database is restored. The doctor tells of it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from features.party_rows import NOW, PartyKey, PartyState, Until
from serving.errors import RecordAltered
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import parties

_INSTANTS = ("arrived_at", "recorded_at")
_NO_SUMS = ("kind", "id", *_INSTANTS, "causes", "lessons")


class StoredRows:
    """Party rows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._altered: set[PartyKey] = set()

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key, without altered ones."""
        wanted = select(parties).where(tuple_(parties.c.kind, parties.c.id).in_(keys))
        found: dict[PartyKey, PartyState] = {}
        for row in self._connection.execute(wanted):
            key = PartyKey(row.kind, row.id)
            self._altered.add(key)
            with contextlib.suppress(RecordAltered):
                found[key] = read(row)
                self._altered.discard(key)
        return found

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows; one that was read and is altered stays as it is."""
        states = [state for state in states if state.key not in self._altered]
        if not states:
            return
        row = insert(parties)
        replacing = row.on_conflict_do_update(index_elements=["kind", "id"], set_={"state": row.excluded.state})
        self._connection.execute(replacing, [_write(state) for state in states])


def _write(state: PartyState) -> dict[str, Any]:
    values = state._asdict()
    for name in _INSTANTS:
        values[name] = to_number(values[name]) if values[name] else None
    return {"kind": values.pop("kind"), "id": values.pop("id"), "state": json.dumps(values)}


def read(row: Row[Any]) -> PartyState:
    """The party of a row. Raises RecordAltered."""
    with as_written(parties, row):
        values = json.loads(row.state)
        for name in _INSTANTS:
            values[name] = to_instant(values[name]) if values[name] is not None else None
        state = PartyState(kind=row.kind, id=row.id, **values)
        if not _is_written(state):
            raise ValueError
        return state


def _is_written(state: PartyState) -> bool:
    """Whether every value is of the kind that a party has: sums are read long after the row is."""
    sums = (value for name, value in state._asdict().items() if name not in _NO_SUMS)
    causes = state.causes.items()
    named = all(isinstance(cause, str) and _is_sum(value) for cause, value in causes)
    return named and all(map(_is_sum, sums)) and isinstance(state.lessons, str | None)


def _is_sum(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)
