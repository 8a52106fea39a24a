"""The audit chain: one leaf for each thing that was recorded, covering the digest of the one before.

Recommendations, reviews and outcomes, promotions and what came of them, signed bundles, and who may do what.

A leaf is written in the transaction of what it tells of. Changing, removing or reordering a leaf breaks every later
digest; cutting off the end shows only against a head that was kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from data.record import digest_of, instant_text
from serving.store.instants import to_instant, to_number
from serving.store.rows import ODD, as_written
from serving.store.tables import audit_leaves, documents

OPERATOR = "operator"
"""Who works at the command line beside the store, and is no principal of it."""
SERVICE = "service"
"""What the service did by itself."""
GENESIS = "sha256:" + "0" * 64
"""What the first leaf covers."""


@dataclass(frozen=True)
class Head:
    """The newest leaf: how many there are, and the digest that covers them all."""

    leaves: int
    digest: str


def append(connection: Connection, kind: str, subject: str, principal: str, at: datetime, content: str) -> Head:
    """Chain a leaf that `principal` did `kind` to `subject`; `content` is the digest of what was recorded."""
    last = head(connection)
    sequence = last.leaves + 1
    digest = leaf_digest(sequence, kind, subject, principal, at, content, last.digest)
    connection.execute(
        insert(audit_leaves).values(
            sequence=sequence,
            kind=kind,
            subject=subject,
            principal=principal,
            at=to_number(at),
            content=content,
            previous=last.digest,
            digest=digest,
        )
    )
    return Head(sequence, digest)


def leaf_digest(
    sequence: int, kind: str, subject: str, principal: str, at: datetime, content: str, previous: str
) -> str:
    """The digest over the canonical JSON (RFC 8785) of a leaf."""
    leaf = {
        "sequence": sequence,
        "kind": kind,
        "subject": subject,
        "principal": principal,
        "at": instant_text(at),
        "content": content,
        "previous": previous,
    }
    return digest_of(leaf)


def head(connection: Connection) -> Head:
    """The end of the chain."""
    newest = select(audit_leaves.c.sequence, audit_leaves.c.digest).order_by(audit_leaves.c.sequence.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return Head(0, GENESIS)
    with as_written(audit_leaves, row):
        return Head(row.sequence, row.digest)


def count(connection: Connection) -> int:
    """How many leaves there are, whatever the last one holds."""
    return connection.execute(select(func.max(audit_leaves.c.sequence))).scalar() or 0


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the chain, leaf by leaf; nothing where it holds. Reads the whole chain."""
    previous, expected = GENESIS, 1
    for row in connection.execute(select(audit_leaves).order_by(audit_leaves.c.sequence)):
        if row.sequence != expected:
            yield f"leaf {expected} is missing"
        if row.previous != previous:
            yield f"leaf {row.sequence} does not follow the one before it"
        if not _is_whole(row):
            yield f"leaf {row.sequence} was altered"
        previous, expected = row.digest, row.sequence + 1
    yield from _without_content(connection)


def tells(connection: Connection, kind: str, content: str | None = None) -> bool:
    """Whether there is a leaf of this kind, about this very content where it is given."""
    leaf = select(audit_leaves.c.sequence).where(audit_leaves.c.kind == kind)
    if content is not None:
        leaf = leaf.where(audit_leaves.c.content == content)
    return connection.execute(leaf.limit(1)).first() is not None


def _without_content(connection: Connection) -> Iterator[str]:
    kept = select(documents.c.digest)
    lost = select(func.count()).select_from(audit_leaves).where(audit_leaves.c.content.not_in(kept))
    if count := connection.execute(lost).scalar_one():
        yield f"{count} leaves tell of records that are gone"


def _is_whole(row: Row[Any]) -> bool:
    """Whether a leaf has the digest of what it says."""
    try:
        said = row.sequence, row.kind, row.subject, row.principal, to_instant(row.at), row.content, row.previous
        return bool(row.digest == leaf_digest(*said))
    except ODD:
        return False
