"""Whether principals still hold the roles and keys that the audit chain tells of.

Whoever changes the rows by hand makes somebody a model owner, or a key of theirs somebody else's. A store of before,
whose chain tells of no principal, has nothing to hold them against until it is next served from.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from serving.store import principal_leaves
from serving.store.documents import DocumentAltered
from serving.store.principal_leaves import Told
from serving.store.tables import principal_roles, principals


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, a sentence for each principal; nothing where all agree."""
    try:
        told = {each.name: each for each in principal_leaves.every(connection)}
    except DocumentAltered:
        yield "what the audit chain tells of a principal was altered or is gone"
        return
    keys = {row.name: row.key_digest for row in connection.execute(select(principals))} if told else {}
    for name in sorted({*keys, *told}):
        if why := _fault(connection, name, keys.get(name), told.get(name)):
            yield f"principal {name} is not as the audit chain tells of it: {why}"


def _fault(connection: Connection, name: str, key: str | None, told: Told | None) -> str:
    if told is None:
        return f"nobody added it (if an earlier Fairlead did: fairlead keys --add {name} --replace-roles --role ROLE)"
    if key is None:
        return "it is gone"
    held = {*connection.execute(select(principal_roles.c.role).where(principal_roles.c.principal == name)).scalars()}
    if held != told.roles:
        return f"it has {_words(held)} in place of {_words(told.roles)}"
    return "" if key == told.key else "it has another key"


def _words(roles: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(roles)) or "no role"
