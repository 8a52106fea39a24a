"""Every way to look at what was decided."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from data.case import Case, minutes_between
from data.recommendation import Recommendation
from data.record import Amount
from data.review import ReviewState, ReviewStatus
from data.standing import Standing
from data.vocabulary import Disposition
from serving.errors import NotFound, RecordAltered
from serving.recommendations.schemas import CaseFile, QueueItem, QueuePage
from serving.store import decisions, documents, outcomes, verdicts
from serving.store.decisions import Decision, Listing
from serving.store.verdict_consistency import standing
from serving.store.verdicts import Verdict

EXECUTABLE = (ReviewState.NOT_REQUIRED, ReviewState.APPROVED, ReviewState.OVERRIDDEN)
"""States in which nobody needs to agree any more."""

CENT = Decimal("0.01")
MOST = Decimal(10) ** 13 - CENT
"""The largest amount of money with cents that a record holds."""


def decision(connection: Connection, recommendation_id: str) -> Decision:
    """The decision of this id. Raises NotFound."""
    found = decisions.by_id(connection, recommendation_id)
    if found is None:
        raise NotFound("No recommendation has this id.")
    return found


def verdict(connection: Connection, recommendation_id: str) -> Verdict:
    """Where the recommendation stands, as its answer and its reviews make it. Raises NotFound, RecordAltered."""
    found = decision(connection, recommendation_id)
    return standing(connection, found, recommendation_of(connection, found))


def recommendation_of(connection: Connection, found: Decision) -> Recommendation:
    """The answer as a record again."""
    return Recommendation.model_validate_json(documents.get(connection, found.answer))


def case_of(connection: Connection, found: Decision) -> Case:
    """The event that was answered."""
    return Case.model_validate_json(documents.get(connection, found.input))


def status(connection: Connection, recommendation_id: str) -> ReviewStatus:
    """The verdict as the orchestrator learns it: what to execute, or who still must agree. Raises NotFound.

    Once an outcome ended it, or a newer event of the exception is answered, nothing is left to execute or to wait for.
    """
    now = verdict(connection, recommendation_id)
    over = _over(connection, decision(connection, recommendation_id), now)
    agreed = now.state in EXECUTABLE and now.disposition is not Disposition.HOLD and not now.held_until
    clear = agreed and not over
    return ReviewStatus(
        recommendation_id=recommendation_id,
        state=now.state,
        version=now.version,
        roles=now.roles,
        execute=now.action if clear else None,
        parameters=now.parameters if clear else {},
        held_until=() if over else now.held_until,
        superseded_by=now.superseded_by,
        reviews=verdicts.reviews_of(connection, recommendation_id),
    )


def _over(connection: Connection, found: Decision, stands: Verdict) -> bool:
    return stands.superseded_by is not None or outcomes.ended(connection, found)


def case_file(connection: Connection, recommendation_id: str) -> CaseFile:
    """Everything that is known of one decision. Raises NotFound."""
    found = decision(connection, recommendation_id)
    return CaseFile(
        case=case_of(connection, found),
        standing=Standing.model_validate_json(documents.get(connection, found.standing)),
        recommendation=recommendation_of(connection, found),
        features=json.loads(documents.get(connection, found.features)),
        status=status(connection, recommendation_id),
        outcome=outcomes.get(connection, recommendation_id),
        requested_by=found.requested_by,
    )


def page(connection: Connection, asked: Listing) -> QueuePage:
    """One page of a list."""
    ids, total = decisions.listed(connection, asked)
    following, items = asked.offset + len(ids), list[QueueItem]()
    for each in ids:
        with contextlib.suppress(RecordAltered, NotFound):  # One that somebody altered or took out hides no other.
            items.append(_item(connection, each, asked.now))
    return QueuePage(
        items=tuple(items),
        altered=len(ids) - len(items),
        total=total,
        next_offset=following if following < total else None,
    )


def _item(connection: Connection, recommendation_id: str, now: datetime) -> QueueItem:
    found = decision(connection, recommendation_id)
    answer, case = recommendation_of(connection, found), case_of(connection, found)
    exception_type = answer.predictions.exception_type
    stands = standing(connection, found, answer)
    decided_by, decided_at = verdicts.last_decision(connection, recommendation_id)
    return QueueItem(
        recommendation_id=recommendation_id,
        exception_id=answer.exception_id,
        issued_at=answer.issued_at,
        valid_until=answer.valid_until,
        reported_type=answer.reported_type,
        predicted_type=exception_type.label,
        type_probability=exception_type.probability,
        node=case.node.id if case.node else None,
        action=stands.action,
        says=answer.says,
        disposition=stands.disposition,
        state=stands.state,
        version=stands.version,
        roles=stands.roles,
        value_at_stake=answer.urgency.value_at_stake,
        breach_probability=answer.predictions.sla_breach.probability,
        loss_per_minute=_loss_per_minute(answer, stands, now),
        held_until=() if _over(connection, found, stands) else stands.held_until,
        promise_due_at=stands.promise_due_at,
        review_due_at=answer.review.due_at if answer.review else None,
        decided_by=decided_by,
        decided_at=decided_at,
        superseded_by=stands.superseded_by,
    )


def _loss_per_minute(answer: Recommendation, stands: Verdict, now: datetime) -> Amount | None:
    """The quotient the list is ordered by, in the case's own currency."""
    stake, left = answer.urgency.value_at_stake, minutes_between(now, stands.promise_due_at)
    if stake is None or left is None:
        return None
    amount = min(Decimal(stands.loss / max(1.0, left)).quantize(CENT), MOST)
    return Amount(amount=amount, currency=stake.currency)
