"""Principals as the store knows them: a name, the roles, and the digest of a key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from data.vocabulary import Role
from serving.errors import RecordAltered
from serving.security import Principal, key_digest
from serving.store import audit, principal_leaves
from serving.store.engine import Database
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import principal_roles, principals


class Principals:
    """Looks principals up, by key for the API and by name for a session that a key opened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told = principal_leaves.Latest()

    def admitted(self, key: str) -> Principal | None:
        """Who holds this key and may work by it; None where nobody does.

        Raises RecordAltered where the roles or the key are other than the audit chain tells: whoever can write the
        database gives nobody a say by it, not even for a moment.
        """
        return self._as_told(self.by_key(key))

    def still_admitted(self, name: str) -> Principal | None:
        """The principal of this name, whose key opened a session; see `admitted`."""
        return self._as_told(self.by_name(name))

    def _as_told(self, principal: Principal | None) -> Principal | None:
        if principal is None:
            return None
        with self._database.read() as connection:
            if self._told.agrees(connection, principal):
                return principal
        raise RecordAltered(
            f"The roles or the key of {principal.name} are other than the audit chain tells: nobody works under this "
            "name until that is mended. fairlead doctor says what was altered."
        )

    def by_key(self, key: str) -> Principal | None:
        """Who holds this key; None where nobody does. No key is nobody's."""
        if not key:
            return None
        with self._database.read() as connection:
            return _find(connection, principals.c.key_digest == key_digest(key))

    def by_name(self, name: str) -> Principal | None:
        """The principal of this name; None where there is none."""
        with self._database.read() as connection:
            return _find(connection, principals.c.name == name)

    def all(self) -> tuple[tuple[Principal, datetime], ...]:
        """Every principal, by name, and when it was added; no key, of which the store keeps a digest alone."""
        with self._database.read() as connection:
            rows = connection.execute(select(principals).order_by(principals.c.name)).all()
            return tuple((held(connection, row), _added(row)) for row in rows)

    def key_digest_of(self, name: str) -> str | None:
        """The digest of this principal's present key: a session ends when the key that opened it is replaced."""
        with self._database.read() as connection:
            return connection.execute(select(principals.c.key_digest).where(principals.c.name == name)).scalar()

    def roles_since(self) -> dict[str, datetime]:
        """Since when each has its roles, of those whose roles were given while the audit chain kept it."""
        with self._database.read() as connection:
            return principal_leaves.roles_since(connection)

    def keep_found(self, at: datetime) -> None:
        """Let the audit chain tell of the principals of a store of before, whose adding it did not keep."""
        with self._database.write() as connection:
            _keep_found(connection, at)

    def put(self, name: str, roles: Iterable[Role], key: str, at: datetime, by: str = audit.OPERATOR) -> None:
        """Create the principal, or give it this key and these roles; the audit chain tells of it, and who did so.

        It tells also of one that is so already, where an earlier Fairlead added it without a leaf.
        """
        with self._database.write() as connection:
            _keep_found(connection, at)
            digest, before = key_digest(key), _find(connection, principals.c.name == name)
            now = Principal(name, frozenset(roles), digest)
            same = before is not None and (before.roles, before.key_digest) == (now.roles, now.key_digest)
            if same and principal_leaves.latest(connection, name) == (now.roles, now.key_digest):
                return
            principal_leaves.tell(connection, now, before, at, by)
            _take_from_others(connection, name, digest)
            row = insert_or(principals).values(name=name, key_digest=digest, created_at=to_number(at))
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"key_digest": digest}))
            connection.execute(delete(principal_roles).where(principal_roles.c.principal == name))
            for role in sorted(now.roles):
                connection.execute(insert(principal_roles).values(principal=name, role=role.value))


def _take_from_others(connection: Connection, name: str, digest: str) -> None:
    """Nobody else may hold this key: only somebody who exchanged keys in the database made it so.

    Theirs is found again with the file of their own key; until then they have none, which the doctor tells.
    """
    others = (principals.c.key_digest == digest) & (principals.c.name != name)
    connection.execute(update(principals).where(others).values(key_digest="taken from " + principals.c.name))


def _keep_found(connection: Connection, at: datetime) -> None:
    if not principal_leaves.kept(connection):
        for row in connection.execute(select(principals).order_by(principals.c.name)).all():
            principal_leaves.tell(connection, held(connection, row), None, at, audit.SERVICE, found=True)


def _find(connection: Connection, condition: ColumnElement[bool]) -> Principal | None:
    row = connection.execute(select(principals).where(condition)).first()
    return None if row is None else held(connection, row)


def held(connection: Connection, row: Any) -> Principal:
    """The principal of a row, with its roles: what is none, put there by hand, grants nothing."""
    held = select(principal_roles.c.role).where(principal_roles.c.principal == row.name)
    known = frozenset(Role).intersection(connection.execute(held).scalars())
    return Principal(row.name, frozenset(map(Role, known)), row.key_digest)


def read_role(row: Row[Any]) -> Role:
    """The role of a row. Raises RecordAltered."""
    with as_written(principal_roles, row):
        return Role(row.role)


def _added(row: Row[Any]) -> datetime:
    with as_written(principals, row):
        return to_instant(row.created_at)
