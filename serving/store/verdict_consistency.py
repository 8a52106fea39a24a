"""Whether the row that says where a recommendation stands is what its answer and its reviews make of it.

The audit chain covers answers and reviews. The row repeats what follows from them (who must agree, what may be executed
and with what amounts), and is what is executed by: nothing may stand in it alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from data.recommendation import Recommendation
from data.review import Review, ReviewState
from data.vocabulary import ReviewVerdict
from serving.errors import NotFound, RecordAltered
from serving.store import decisions, documents, verdicts
from serving.store.decisions import Decision
from serving.store.rows import ODD
from serving.store.tables import recommendations
from serving.store.verdicts import Verdict, first_verdict

LAID_DOWN: Final = ("loss", "currency", "promise_due_at")
"""What an answer says once and no review changes."""


def standing(connection: Connection, decision: Decision, answer: Recommendation) -> Verdict:
    """Where a recommendation stands. Raises NotFound, and RecordAltered where the row says something of its own."""
    stands = verdicts.get(connection, decision.recommendation_id)
    if stands is None:
        raise NotFound("No recommendation has this id.")
    if own := _said_alone(connection, decision, answer, stands):
        raise RecordAltered(
            f"What stands of recommendation {decision.recommendation_id} is not what its answer and its reviews say "
            f"({own}), so nothing of it is executed: {RecordAltered.mend}."
        )
    return stands


def _said_alone(connection: Connection, decision: Decision, answer: Recommendation, stands: Verdict) -> str:
    reviews = verdicts.reviews_of(connection, decision.recommendation_id)
    newest = decisions.newest(connection, decision.exception_id)
    told = newest.recommendation_id if newest and newest != decision else None
    return said_alone(stands, first_verdict(answer), reviews, told)


def said_alone(stands: Verdict, first: Verdict, reviews: Sequence[Review], newest: str | None) -> str:
    """The first thing of a row that neither its answer, `first`, nor a review says; empty where all follows.

    `newest` is the recommendation that answers the newest event of the exception, where that is another.
    """
    agreed = [each for each in reviews if each.verdict is not ReviewVerdict.REJECT]
    last = agreed[-1] if agreed else first
    expected: dict[str, Any] = {
        "action": last.action,
        "parameters": _plain(last.parameters),
        "disposition": last.disposition,
        "superseded_by": newest,
        **{name: getattr(first, name) for name in LAID_DOWN},
    }
    found = {**{name: getattr(stands, name) for name in expected}, "parameters": _plain(stands.parameters)}
    unlike = [name for name, value in expected.items() if found[name] != value]
    if not unlike and not _holds(stands, first, agreed):
        unlike = ["held_until"]
    if not unlike and not _may_stand(stands, first, reviews, agreed):
        unlike = ["state", "roles"]
    return " and ".join(unlike)


def _holds(stands: Verdict, first: Verdict, agreed: Sequence[Review]) -> bool:
    """Whether it waits for what the answer waits for; a newer policy may ask more of who agrees, not less."""
    if _overridden(agreed):
        return True
    return set(first.held_until) <= set(stands.held_until) and (bool(agreed) or stands.held_until == first.held_until)


def _may_stand(stands: Verdict, first: Verdict, reviews: Sequence[Review], agreed: Sequence[Review]) -> bool:
    match stands.state:
        case ReviewState.NOT_REQUIRED:
            return first.state is stands.state and not reviews and not stands.roles
        case ReviewState.OPEN:
            waits = set(_left(first, agreed)) <= set(stands.roles) if agreed else stands.roles == first.roles
            return first.state is stands.state and waits and len(agreed) == len(reviews)
        case ReviewState.APPROVED:
            return bool(agreed) and not _overridden(agreed) and not _left(first, agreed) and not stands.roles
        case ReviewState.OVERRIDDEN:
            return _overridden(agreed) and not stands.roles
        case ReviewState.REJECTED:
            return len(agreed) < len(reviews) and not stands.roles
        case ReviewState.SUPERSEDED:
            return stands.superseded_by is not None and not stands.roles
        case ReviewState.CLOSED:
            return first.state is ReviewState.OPEN and not stands.roles


def _left(first: Verdict, agreed: Sequence[Review]) -> list[str]:
    """The roles of the answer for which nobody has agreed; whom another action needs its own gates said."""
    held = {role for review in agreed for role in review.roles}
    return [] if _overridden(agreed) else [role for role in first.roles if role not in held]


def _overridden(agreed: Sequence[Review]) -> bool:
    return any(review.verdict is ReviewVerdict.OVERRIDE for review in agreed)


def _plain(parameters: dict[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True)


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, in one sentence; nothing where every row follows from answers and reviews."""
    if unlike := altered(connection):
        yield (
            f"{len(unlike)} recommendations stand otherwise than their answers and reviews say, such as {min(unlike)}"
        )


def altered(connection: Connection) -> set[str]:
    """The recommendations whose row says something of its own.

    Where an answer, a review or the row is gone or cannot be read, nothing can be said: that is found by itself.
    """
    found: set[str] = set()
    for each in connection.execute(select(recommendations.c.recommendation_id)).scalars().all():
        with contextlib.suppress(RecordAltered, *ODD):
            decision, stands = decisions.by_id(connection, each), verdicts.get(connection, each)
            if decision is not None and stands is not None:
                answer = Recommendation.model_validate_json(documents.get(connection, decision.answer))
                found |= {str(each)} if _said_alone(connection, decision, answer, stands) else set()
    return found
