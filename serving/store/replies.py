"""What was answered under an idempotency key: the same request gets the same bytes again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from data.record import digest_of
from serving.errors import AlreadyUsed
from serving.store import documents
from serving.store.instants import to_number
from serving.store.rows import as_written
from serving.store.tables import replies


@dataclass(frozen=True)
class Reply:
    """The bytes that were answered, which recommendation they concern, and its version then."""

    recommendation_id: str
    content: bytes
    etag: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One request that may come twice: who sends it, under which key, and the digest of what it asks."""

    principal: str
    key: str | None
    request: str

    @classmethod
    def of(cls, principal: str, key: str | None, operation: str, body: bytes) -> Attempt:
        """The attempt of `operation` with this canonical body."""
        return cls(principal, key, digest_of({"operation": operation, "body": digest_of(body)}))


def find(connection: Connection, attempt: Attempt) -> Reply | None:
    """What was answered before; None the first time. Raises AlreadyUsed where the key came with another request."""
    if attempt.key is None:
        return None
    mine = (replies.c.principal == attempt.principal) & (replies.c.key == attempt.key)
    row = connection.execute(select(replies).where(mine)).first()
    if row is None:
        return None
    with as_written(replies, row):
        if row.request != attempt.request:
            raise AlreadyUsed("This Idempotency-Key came with another request before: use a new key for a new request.")
        return Reply(row.recommendation_id, documents.get(connection, row.content), row.etag)


def keep(connection: Connection, attempt: Attempt, reply: Reply, at: datetime) -> None:
    """Remember the reply for the attempt's key, once; nothing to do without a key. Raises AlreadyUsed as `find`."""
    if attempt.key is None or find(connection, attempt) is not None:
        return
    connection.execute(
        insert(replies).values(
            principal=attempt.principal,
            key=attempt.key,
            request=attempt.request,
            recommendation_id=reply.recommendation_id,
            etag=reply.etag,
            created_at=to_number(at),
            content=documents.put(connection, reply.content),
        )
    )
