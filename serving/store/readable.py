"""Whether every row can still be read by its own reader: what somebody put there by hand may be anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table

from serving.errors import RecordAltered
from serving.store import (
    coming,
    decisions,
    parties,
    principals,
    promotions,
    shadows,
    shelves,
    tables,
    track_records,
    verdicts,
)
from serving.store.rows import as_kept, as_written, name_of

AT_ONCE = 1_000
"""Rows fetched at once."""

Read = Callable[[Row[Any]], object]

READERS: Mapping[Table, Read] = {
    tables.principal_roles: principals.read_role,
    tables.recommendations: decisions.read,
    tables.review_statuses: verdicts.read,
    tables.bundles_in_force: coming.read,
    tables.promotions: promotions.read_asked,
    tables.promotion_decisions: promotions.read_decided,
    tables.parties: parties.read,
    tables.track_records: track_records.read,
    tables.shadow_answers: shadows.read,
    tables.shelf_answers: shelves.read,
}
"""Who reads a row; of every other table only the types of the values are looked at."""

READ = tuple(each for each in tables.metadata.sorted_tables if each is not tables.documents)
"""Documents are read by their digests (`serving.store.document_consistency`)."""


def faults(connection: Connection, table: Table) -> Iterator[str]:
    """What cannot be read of a table, in one sentence; nothing where all can."""
    read, count, first = READERS.get(table, _nothing_more), 0, ""
    for row in connection.execute(as_kept(table)).yield_per(AT_ONCE):
        try:
            with as_written(table, row):
                read(row)
        except RecordAltered:
            count, first = count + 1, first or name_of(table, dict(row._mapping))
    if count:
        yield f"the database holds what Fairlead never writes in {count} rows of {table.name}, such as {first}"


def _nothing_more(_: Row[Any]) -> None:
    """The types of the values are looked at already."""
