"""Whether the store is whole: every look at it there is, none of which another's find may keep from looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from serving.errors import RecordAltered
from serving.store import (
    answer_consistency,
    audit,
    consistency,
    document_consistency,
    policies,
    principal_consistency,
    promotion_consistency,
    readable,
    references,
    verdict_consistency,
)
from serving.store.rows import ODD

MOST = 10
"""Sentences that one look tells: a chain that was written anew has a fault in every leaf."""

Look = Callable[[Connection], Iterator[str]]

LOOKS: Mapping[str, Look] = {
    **{f"the rows of {each.name}": partial(readable.faults, table=each) for each in readable.READ},
    "the audit chain": audit.faults,
    "what rows name": references.faults,
    "policies": policies.faults,
    "documents": document_consistency.faults,
    "the rows that the chain tells of": consistency.faults,
    "the rows that answers tell of": answer_consistency.faults,
    "where recommendations stand": verdict_consistency.faults,
    "promotions": promotion_consistency.faults,
    "principals": principal_consistency.faults,
}


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the store, in sentences; nothing where all is as Fairlead wrote it. Never raises for a row."""
    for what, look in LOOKS.items():
        found = _looked(connection, what, look)
        yield from islice(found, MOST)
        if more := sum(1 for _ in found):
            yield f"{more} more are wrong with {what}"


def _looked(connection: Connection, what: str, look: Look) -> Iterator[str]:
    """A look ends where a row is not even the kind of thing it looks for; what it saw until then is told."""
    try:
        yield from look(connection)
    except RecordAltered as altered:
        yield altered.detail
    except (DBAPIError, *ODD) as error:
        yield f"the database holds what Fairlead never writes: a look at {what} ended in {type(error).__name__}"
