"""Whether what rows name is there: the database refuses to let go of it, and whoever opens it by hand need not ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection, text

from serving.store.tables import documents


def faults(connection: Connection) -> Iterator[str]:
    """One sentence for each table whose rows name what is gone from another; nothing where all is there.

    Documents have a look of their own, which says what kind of document it is (`serving.store.document_consistency`).
    """
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    gone = Counter((row.table, row.parent) for row in broken if row.parent != documents.name)
    for (table, parent), count in gone.items():
        yield f"{count} rows of {table} name rows of {parent} that are gone"
