"""Every policy that an answer names, kept by its digest."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from data.record import canonical
from policies.policy import Policy, policy_of
from serving.store import documents
from serving.store.tables import policies


def keep(connection: Connection, policy: Policy) -> None:
    """Keep the policy's files, once."""
    files = documents.put(connection, canonical(dict(policy.sources)))
    connection.execute(insert(policies).values(digest=policy.digest, files=files).on_conflict_do_nothing())


def get(connection: Connection, digest: str) -> Policy:
    """The policy of this digest. Raises LookupError where it was never in force here."""
    kept = connection.execute(select(policies.c.files).where(policies.c.digest == digest)).scalar()
    if kept is None:
        raise LookupError(f"the store has no policy {digest}")
    return policy_of(json.loads(documents.get(connection, kept)))
