"""The standing's rows in the database: the same protocol that replays a history over a dict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from features.party_rows import NOW, PartyKey, PartyState, Until
from serving.store.instants import to_instant, to_number
from serving.store.tables import parties

_INSTANTS = ("arrived_at", "recorded_at")


class StoredRows:
    """Party rows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key."""
        wanted = select(parties).where(tuple_(parties.c.kind, parties.c.id).in_(keys))
        found = (_read(row.kind, row.id, row.state) for row in self._connection.execute(wanted))
        return {state.key: state for state in found}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
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


def _read(kind: str, id: str, content: str) -> PartyState:
    values = json.loads(content)
    for name in _INSTANTS:
        values[name] = to_instant(values[name]) if values[name] is not None else None
    return PartyState(kind=kind, id=id, **values)
