"""What an outcome means for the review of its recommendation: nothing is left to decide, and nothing to execute."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from data.review import ReviewState
from serving.recommendations import reading
from serving.store import verdicts
from serving.store.verdicts import Verdict


def close(connection: Connection, recommendation_id: str) -> None:
    """Advance the verdict, whatever it is: who read that something may be executed reads it with another version."""
    before = reading.verdict(connection, recommendation_id)
    verdicts.advance(connection, before, after_outcome(before))


def after_outcome(before: Verdict) -> Verdict:
    """An open review ends without a decision; what people decided stays decided."""
    after = replace(before, version=before.version + 1)
    return replace(after, state=ReviewState.CLOSED, roles=()) if before.state is ReviewState.OPEN else after
