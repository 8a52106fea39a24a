"""Bytes kept under their own SHA-256: written once, compressed, checked whenever they are read."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from data.record import digest_of
from serving.errors import Problem
from serving.store.tables import documents

LEVEL = 1
"""Records repeat their own names: the fastest level leaves a quarter of them."""


class DocumentAltered(Problem):
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
    content = connection.execute(select(documents.c.content).where(documents.c.digest == digest)).scalar()
    if content is None:
        raise DocumentAltered(f"Document {digest} is gone from the database: restore it from a backup.")
    found = _expanded(content)
    if found is None or digest_of(found) != digest:
        raise DocumentAltered(f"Document {digest} was altered in the database: restore it from a backup.")
    return found


def _expanded(content: bytes) -> bytes | None:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return None
