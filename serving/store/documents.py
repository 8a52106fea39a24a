"""Bytes kept under their own SHA-256: written once, compressed, checked whenever they are read."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, select, type_coerce
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.types import NullType

from data.record import digest_of
from serving.errors import RecordAltered
from serving.store.rows import ODD
from serving.store.tables import documents

LEVEL = 1
"""Records repeat their own names: the fastest level leaves a quarter of them."""


class DocumentAltered(RecordAltered):
    """The stored bytes no longer have the digest they are kept under, or are gone."""

    slug, title = "document-altered", "A stored document was altered"


def put(connection: Connection, content: bytes) -> str:
    """Keep the bytes and return their digest."""
    digest = digest_of(content)
    row = insert(documents).values(digest=digest, content=zlib.compress(content, LEVEL))
    connection.execute(row.on_conflict_do_nothing())
    return digest


def get(connection: Connection, digest: str) -> bytes:
    """The bytes of this digest. Raises DocumentAltered where the database holds others, or none."""
    kept = select(type_coerce(documents.c.content, NullType())).where(documents.c.digest == digest)
    content = connection.execute(kept).scalar()
    if content is None:
        raise DocumentAltered(f"Document {digest} is gone from the database: restore it from a backup.")
    found = expanded(content)
    if found is None or digest_of(found) != digest:
        raise DocumentAltered(f"Document {digest} was altered in the database: restore it from a backup.")
    return found


def expanded(content: object) -> bytes | None:
    """The bytes that were kept so; None where it is not what `put` keeps, which may be of any type."""
    try:
        return zlib.decompress(content) if isinstance(content, bytes) else None
    except ODD:
        return None
