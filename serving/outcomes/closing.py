"""What an outcome means for the reviews of its exception: nothing is left to decide, and nothing to execute."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from serving.recommendations import reading
from serving.recommendations.succession import closed
from serving.store import decisions, outcomes, verdicts
from serving.store.decisions import Decision


def close(connection: Connection, decision: Decision) -> list[str]:
    """End the decision the outcome is of, and the exception's newest where it was resolved after that; returns both.

    Whatever a verdict says, it gets a new version: who read that something may be executed reads it again.
    """
    newest = decisions.newest(connection, decision.exception_id)
    both = {each.recommendation_id: each for each in (decision, newest) if each is not None}
    over = [each for each, of in both.items() if outcomes.ended(connection, of)]
    for recommendation_id in over:
        before = reading.verdict(connection, recommendation_id)
        verdicts.advance(connection, before, replace(closed(before), version=before.version + 1))
    return over
