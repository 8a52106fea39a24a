"""The rows of track records in the database: the same protocol by which a model is evaluated over a dict.

An altered row is as none, and stays as it was found, as those of parties do (`serving.store.parties`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Row, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from data.vocabulary import Task
from models.conformal import NO_AND_YES
from models.heeded_sets import AIMS
from models.record_sums import Sums
from models.track_record import Level, RecordKey, RecordState
from serving.errors import RecordAltered
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import track_records as table

EVERYWHERE = ""
"""How the record of all regions is keyed: no region's name is empty."""
KEY = ("task", "version", "region")
MOST = 1e12
"""What no sum of a level reaches."""
AT_ONCE = 10_000
"""Keys named in one statement: SQLite takes 32,766 values, and senders name regions as they like."""


class StoredRecords:
    """Track records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._altered: set[tuple[str, ...]] = set()

    def get(self, keys: Sequence[RecordKey], at: datetime | None = None) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key, without altered ones; with a moment, without what counts later than that."""
        blocks = (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
        return {state.key: state for block in blocks for state in self._found(block, at)}

    def regions(self, task: Task, version: str) -> list[RecordKey]:
        """Whose records a model has: of all regions first, then of each by its name."""
        mine = (table.c.task == task.value) & (table.c.version == version)
        found = self._connection.execute(select(table.c.region).where(mine).order_by(table.c.region)).scalars()
        return [RecordKey(task, version, region or None) for region in found]

    def _found(self, keys: Sequence[RecordKey], at: datetime | None) -> Iterator[RecordState]:
        named = [(each.task.value, each.version, each.region or EVERYWHERE) for each in keys]
        wanted = select(table).where(tuple_(table.c.task, table.c.version, table.c.region).in_(named))
        for row in self._connection.execute(wanted):
            try:
                yield read(row, at)
            except RecordAltered:
                self._altered.add((row.task, row.version, row.region))

    def put(self, states: Sequence[RecordState]) -> None:
        """Insert or replace rows; one that was read and is altered stays as it is."""
        states = [state for state in states if _key(state) not in self._altered]
        if not states:
            return
        row = insert(table)
        replacing = row.on_conflict_do_update(index_elements=KEY, set_={"state": row.excluded.state})
        self._connection.execute(replacing, [_write(state) for state in states])


def _write(state: RecordState) -> dict[str, Any]:
    waiting = {to_number(counts_at): sums._asdict() for counts_at, sums in state.waiting.items()}
    values = {"at": to_number(state.at) if state.at else None, **state.sums._asdict(), "waiting": waiting}
    if state.levels:
        values["levels"] = {to_number(ends): levels for ends, levels in state.levels.items()}
    return {**dict(zip(KEY, _key(state), strict=True)), "state": json.dumps(values)}


def _key(state: RecordState) -> tuple[str, ...]:
    """What the row is found by, as the columns of `KEY`."""
    return state.task.value, state.version, state.region or EVERYWHERE


def read(row: Row[Any], at: datetime | None = None) -> RecordState:
    """The record of a row; with a moment, without what counts later than that.

    One answer needs nothing of what waits, and of promises kept long before they are due there are hundreds of steps.
    A step that somebody altered is so found when it would count, by whoever writes the row, or by the doctor.
    One that an earlier version has written has nothing that waits. Raises RecordAltered.
    """
    with as_written(table, row):
        values = from_json(row.state)
        changed, waiting, levels = values.pop("at"), values.pop("waiting", {}), values.pop("levels", {})
        return RecordState(
            Task(row.task),
            row.version,
            row.region or None,
            at=to_instant(changed) if changed is not None else None,
            sums=_sums(values),
            waiting={instant: _sums(sums) for instant, sums in _by(waiting, at)},
            levels={instant: _levels(told) for instant, told in _by(levels, at)},
        )


def _by(steps: Mapping[str, Any], at: datetime | None) -> Iterator[tuple[datetime, Any]]:
    """Steps by their instants, up to a moment."""
    last = math.inf if at is None else to_number(at)
    return ((to_instant(int(each)), told) for each, told in steps.items() if int(each) <= last)


def _levels(values: Mapping[str, Any]) -> dict[str, Level]:
    """Raises ValueError or TypeError for what is no level of a risk."""
    levels = {label: Level(*map(float, told)) for label, told in values.items()}
    if not levels.keys() <= set(NO_AND_YES) or any(len(told) != len(Level._fields) for told in values.values()):
        raise ValueError
    if not all(abs(each.surplus) <= MOST and 0.0 <= each.doubt <= MOST for each in levels.values()):
        raise ValueError
    return levels


def _sums(values: Mapping[str, Any]) -> Sums:
    """Raises ValueError for what is no number, or not counted at each rate: sums are read long after the row is."""
    sums = Sums(**{**values, "missed": {label: tuple(counts) for label, counts in values["missed"].items()}})
    missed = chain.from_iterable(sums.missed.values())
    numbers = (sums.answers, sums.surplus, sums.doubt, *sums.true.values(), *missed)
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in numbers):
        raise ValueError
    if abs(sums.surplus) > MOST or not 0.0 <= sums.doubt <= MOST:
        raise ValueError
    untold = {label for label, true in sums.true.items() if true} - sums.missed.keys()
    if untold or any(len(counts) != len(AIMS) for counts in sums.missed.values()):
        raise ValueError
    return sums
