"""Whether every document has the digest it is kept under, and every one that a row names is there.

A digest is a promise about bytes: whoever overwrites or deletes a document breaks it, whatever the document was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, func, select

from data.record import digest_of
from serving.store import tables
from serving.store.documents import expanded
from serving.store.rows import as_kept

AT_ONCE = 1_000
"""Documents fetched at once."""

MADE_FROM = ("answer", "input", "standing", "features", "ladder")
NAMED: dict[str, Column[Any]] = {
    **{name: tables.recommendations.c[name] for name in MADE_FROM},
    "policy": tables.policies.c.files,
    "review": tables.reviews.c.content,
    "outcome": tables.outcomes.c.content,
    "dossier": tables.promotions.c.dossier,
    "reply": tables.replies.c.content,
}
"""Every column that names documents, by what these are. Those of audit leaves have the kind of the leaf."""

Named = Iterator[tuple[str, str]]
"""What a document is, and its digest."""


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, a sentence for each kind of document; nothing where all are there and whole."""
    for what, column in NAMED.items():
        lost = select(func.count(column.distinct()), func.min(column)).where(column.not_in(_kept()))
        count, example = connection.execute(lost).one()
        if count:
            yield f"{count} {what} documents are gone, such as {example}"
    if wrong := altered(connection):
        yield from _by_kind(connection, wrong)


def altered(connection: Connection) -> set[str]:
    """The digests under which other bytes are kept than theirs. Reads every document."""
    rows = connection.execute(as_kept(tables.documents)).yield_per(AT_ONCE)
    return {row.digest for row in rows if not _is_whole(row.digest, row.content)}


def _is_whole(digest: object, content: object) -> bool:
    found = expanded(content)
    return found is not None and digest_of(found) == digest


def _by_kind(connection: Connection, wrong: set[str]) -> Iterator[str]:
    """One sentence for each kind: an answer is the content of a leaf too, and told once."""
    found: dict[str, set[str]] = {}
    left = set(wrong)
    for what, digest in _named(connection):
        if digest in left or digest in found.get(what, ()):
            found.setdefault(what, set()).add(digest)
            left.discard(digest)
    if left:
        found["unnamed"] = left
    for what, digests in found.items():
        yield f"{len(digests)} {what} documents were altered, such as {min(digests, key=str)}"


def _named(connection: Connection) -> Named:
    for what, column in NAMED.items():
        for digest in connection.execute(select(column)).scalars():
            yield what, digest
    leaves = tables.audit_leaves.c
    for row in connection.execute(select(leaves.kind, leaves.content)):
        yield f"{row.kind} leaf", row.content


def _kept() -> Any:
    return select(tables.documents.c.digest)
