"""Which recommendation of an exception counts: the one that answers its newest event, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from data.case import Case
from data.review import ReviewState
from serving.store import decisions, outcomes, verdicts
from serving.store.decisions import Decision
from serving.store.verdicts import Verdict


class Overtaken(Exception):
    """A newer event of the exception was answered, and the answer was made without knowing it."""


def enter(connection: Connection, decision: Decision, verdict: Verdict, knew: bool) -> list[str]:
    """Insert the verdict and settle which recommendation of the exception counts; returns those superseded by it.

    Raises Overtaken where a newer event was answered and the answer was made before that: `knew` is false.
    """
    newest = decisions.newest(connection, decision.exception_id)
    if newest is None or newest == decision:
        verdicts.add(connection, closed(verdict) if outcomes.ended(connection, decision) else verdict)
        return verdicts.supersede(connection, decision.exception_id, decision.recommendation_id)
    if not knew:
        raise Overtaken
    verdicts.add(connection, superseded(verdict, newest.recommendation_id))
    return []


def comes_late(connection: Connection, case: Case) -> bool:
    """Whether a newer event of the case's exception was answered already."""
    newest = decisions.newest(connection, case.exception_id)
    return newest is not None and newest.age > (case.event.time, case.event.source, case.event.id)


def superseded(verdict: Verdict, by: str) -> Verdict:
    """The first verdict of an answer to an event that came late: nobody needs to agree."""
    return replace(verdict, state=ReviewState.SUPERSEDED, roles=(), superseded_by=by)


def closed(verdict: Verdict) -> Verdict:
    """After an outcome: an open review ends without a decision; what people decided stays decided."""
    return replace(verdict, state=ReviewState.CLOSED, roles=()) if verdict.state is ReviewState.OPEN else verdict
