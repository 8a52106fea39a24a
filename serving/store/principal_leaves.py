"""What the audit chain tells of principals: who was added, which roles were given, which key, and when.

A leaf holds the digest of a key, as the store does, and never the key. It is written by whoever works at the command
line: no principal makes another one.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from data.record import canonical
from serving.errors import RecordAltered
from serving.security import Principal
from serving.store import audit, documents
from serving.store.instants import to_instant
from serving.store.rows import ODD
from serving.store.tables import audit_leaves

KIND = "principal"


@dataclass(frozen=True)
class Told:
    """What a leaf tells of one principal; `before` are the roles it had, None where it was new or found."""

    name: str
    roles: frozenset[str]
    key: str
    before: frozenset[str] | None
    found: bool
    at: datetime


def tell(
    connection: Connection, now: Principal, before: Principal | None, at: datetime, by: str, *, found: bool = False
) -> None:
    """Chain a leaf of what `by` gave a principal from now on; `found` is one that was there before such leaves were."""
    content = {
        "name": now.name,
        "roles": sorted(now.roles),
        "roles_before": None if before is None else sorted(before.roles),
        "key": f"sha256:{now.key_digest}",
        "found": found,
    }
    audit.append(connection, KIND, "", by, at, documents.put(connection, canonical(content)))


def kept(connection: Connection) -> bool:
    """Whether the chain tells of principals at all: then it tells of each."""
    return audit.tells(connection, KIND)


def every(connection: Connection) -> Iterator[Told]:
    """What the leaves tell, in their order. Raises DocumentAltered."""
    leaves = select(audit_leaves.c.content, audit_leaves.c.at).where(audit_leaves.c.kind == KIND)
    for row in connection.execute(leaves.order_by(audit_leaves.c.sequence)).all():
        told = json.loads(documents.get(connection, row.content))
        before = told["roles_before"]
        yield Told(
            told["name"],
            frozenset(told["roles"]),
            told["key"].removeprefix("sha256:"),
            None if before is None else frozenset(before),
            told["found"],
            to_instant(row.at),
        )


def latest(connection: Connection, name: str) -> tuple[frozenset[str], str] | None:
    """The roles and the key that the chain last told of somebody; None where no leaf that can be read does."""
    leaves = select(audit_leaves.c.content).where(audit_leaves.c.kind == KIND)
    for content in connection.execute(leaves.order_by(audit_leaves.c.sequence.desc())).scalars():
        with contextlib.suppress(RecordAltered, *ODD):
            told = json.loads(documents.get(connection, content))
            if told["name"] == name:
                return frozenset(told["roles"]), told["key"].removeprefix("sha256:")
    return None


class Latest:
    """What the chain last told of each principal, kept while a service runs: each request reads on from there."""

    def __init__(self) -> None:
        self._read = 0
        self._told: dict[str, tuple[frozenset[str], str]] = {}
        self._turn = threading.Lock()

    def agrees(self, connection: Connection, principal: Principal) -> bool:
        """Whether these are the roles and the key that the chain tells of; a store of before tells of nobody.

        Raises RecordAltered where a leaf cannot be read: nobody knows then whose roles it gave.
        """
        with self._turn:
            self._read_on(connection)
            told = self._told.get(principal.name)
            return not self._told or told == (principal.roles, principal.key_digest)

    def _read_on(self, connection: Connection) -> None:
        leaves = select(audit_leaves.c.sequence, audit_leaves.c.kind, audit_leaves.c.content)
        new = leaves.where(audit_leaves.c.sequence > self._read).order_by(audit_leaves.c.sequence)
        for sequence, kind, content in connection.execute(new).all():
            if kind == KIND:
                told = json.loads(documents.get(connection, content))
                self._told[told["name"]] = frozenset(told["roles"]), told["key"].removeprefix("sha256:")
            self._read = sequence


def roles_since(connection: Connection) -> dict[str, datetime]:
    """When each was given the roles it has; nothing of those whose roles are older than such leaves."""
    since: dict[str, datetime] = {}
    for each in every(connection):
        if not each.found and each.before != each.roles:
            since[each.name] = each.at
    return since
