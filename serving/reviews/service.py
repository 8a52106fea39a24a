"""People decide: compare-and-set on a version, each role that must agree, never by whoever asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from data.record import canonical, to_milliseconds
from data.review import Review, ReviewRequestBody, ReviewState, ReviewStatus
from data.vocabulary import ReviewVerdict
from serving.bell import Bell
from serving.errors import OwnRequest, ReviewClosed, RoleMissing, StaleVersion
from serving.identifiers import Clock, Randomness, uuid7
from serving.in_force import InForce
from serving.recommendations import reading
from serving.reviews.choice import UNDECIDED, Choice, Matter, verdict_after
from serving.security import Principal
from serving.store import audit, replies, verdicts
from serving.store.decisions import Decision
from serving.store.engine import Database
from serving.store.replies import Attempt, Reply
from serving.store.verdicts import Verdict


class ReviewService:
    """Records what people decide and tells who still must agree."""

    def __init__(self, database: Database, in_force: InForce, clock: Clock, randomness: Randomness, bell: Bell) -> None:
        self._database = database
        self._in_force = in_force
        self._clock = clock
        self._randomness = randomness
        self._bell = bell

    def status(self, recommendation_id: str) -> ReviewStatus:
        """The verdict as the orchestrator learns it. Raises NotFound."""
        with self._database.read() as connection:
            return reading.status(connection, recommendation_id)

    def decide(
        self,
        principal: Principal,
        recommendation_id: str,
        body: ReviewRequestBody,
        if_match: int | None = None,
        key: str | None = None,
    ) -> ReviewStatus:
        """Record one person's decision and say where the recommendation stands now.

        `if_match` is the version the person looked at; None decides on whatever version is current.

        Raises NotFound; OwnRequest for whoever posted the exception; StaleVersion where somebody decided since;
        ReviewClosed where nothing is left to decide; RoleMissing where others must agree; InvalidRequest for an
        override that names no action of the catalogue with its parameters.
        """
        attempt = Attempt.of(principal.name, key, f"reviews/{recommendation_id}", canonical(body))
        with self._database.write() as connection:
            told = replies.find(connection, attempt)
            if told is not None:
                return ReviewStatus.model_validate_json(told.content)
            status = self._decide(connection, principal, recommendation_id, body, if_match)
            reply = Reply(recommendation_id, status.model_dump_json().encode())
            replies.keep(connection, attempt, reply, self._clock())
        self._bell.ring(recommendation_id)
        return status

    def _decide(
        self,
        connection: Connection,
        principal: Principal,
        recommendation_id: str,
        body: ReviewRequestBody,
        if_match: int | None,
    ) -> ReviewStatus:
        decision = reading.decision(connection, recommendation_id)
        before = reading.verdict(connection, recommendation_id)
        _refuse(principal, decision, before, if_match)
        now = to_milliseconds(self._clock())
        chosen = Matter(connection, decision, before, self._in_force.policy, now).choice(body)
        review = self._review(principal, before, body, chosen, now)
        after = verdict_after(before, body.verdict, chosen, principal.roles)
        verdicts.advance(connection, before, after)
        content = verdicts.add_review(connection, review, decision.requested_by, after.version)
        audit.append(connection, "review", recommendation_id, principal.name, now, content)
        return reading.status(connection, recommendation_id)

    def _review(
        self, principal: Principal, before: Verdict, body: ReviewRequestBody, chosen: Choice, now: datetime
    ) -> Review:
        agrees = body.verdict is not ReviewVerdict.REJECT
        return Review(
            review_id=uuid7(now, self._randomness),
            recommendation_id=before.recommendation_id,
            verdict=body.verdict,
            reason=body.reason,
            comment=body.comment,
            action=chosen.action,
            parameters=chosen.parameters,
            disposition=chosen.disposition,
            roles=tuple(role for role in chosen.roles if role in principal.roles) if agrees else (),
            decided_by=principal.name,
            decided_at=now,
        )


def _refuse(principal: Principal, decision: Decision, before: Verdict, if_match: int | None) -> None:
    """Say why this principal cannot decide now; a console may have checked before, a direct call has not."""
    if principal.name == decision.requested_by:
        raise OwnRequest("The principal that posted the exception cannot decide on it: another person must.")
    if before.state is ReviewState.CLOSED:
        raise ReviewClosed(
            "The outcome was told: the review is closed without a decision, and nothing is left to decide."
        )
    if if_match is not None and if_match != before.version:
        raise StaleVersion(f"The review is at version {before.version}: read it again, then decide.")
    if before.state is not UNDECIDED:
        raise ReviewClosed(f"The recommendation is {before.state.value}: nothing is left to decide.")
    if before.roles and not principal.roles.intersection(before.roles):
        needed = ", ".join(role.value for role in before.roles)
        raise RoleMissing(f"One of these roles must decide: {needed}.")
