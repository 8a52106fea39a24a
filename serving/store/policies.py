"""Every policy that an answer names, kept by its digest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from data.record import canonical
from policies.policy import Policy, policy_of
from policies.tables.problems import PolicyError
from serving.errors import RecordAltered
from serving.store import documents
from serving.store.rows import ODD, altered
from serving.store.tables import policies


def keep(connection: Connection, policy: Policy) -> None:
    """Keep the policy's files, once."""
    files = documents.put(connection, canonical(dict(policy.sources)))
    connection.execute(insert(policies).values(digest=policy.digest, files=files).on_conflict_do_nothing())


def get(connection: Connection, digest: str) -> Policy:
    """The policy of this digest. Raises LookupError where it was never in force here, RecordAltered for another."""
    kept = connection.execute(select(policies.c.files).where(policies.c.digest == digest)).scalar()
    if kept is None:
        raise LookupError(f"the store has no policy {digest}")
    content = documents.get(connection, kept)
    try:
        found = policy_of(json.loads(content))
    except PolicyError:
        raise
    except ODD as error:
        raise altered(policies, {"digest": digest}) from error
    if found.digest != digest:
        raise altered(policies, {"digest": digest})
    return found


def faults(connection: Connection) -> Iterator[str]:
    """Which policies are not those that their digests name; one that this version cannot read is not looked at."""
    for digest in connection.execute(select(policies.c.digest)).scalars().all():
        try:
            with contextlib.suppress(PolicyError):
                get(connection, digest)
        except documents.DocumentAltered:
            continue  # found among the documents
        except RecordAltered as other:
            yield other.detail
