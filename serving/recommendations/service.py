"""One exception event in, one recorded recommendation out: computed beside the store, written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from data.case import Case
from data.recommendation import Recommendation
from data.record import canonical, digest_of, to_milliseconds
from data.review import ReviewState
from data.standing import Standing
from data.vocabulary import Role
from serving.bell import Bell
from serving.errors import AlreadyUsed, Fault, InvalidRequest
from serving.identifiers import Clock, Randomness, uuid7
from serving.in_force import Basis, InForce
from serving.recommendations import reading, succession
from serving.recommendations.answering import Answer, answer, moment_of
from serving.recommendations.schemas import CaseFile, QueuePage
from serving.security import Principal
from serving.store import audit, decisions, documents, replies
from serving.store.decisions import Decision, Listing
from serving.store.engine import Database
from serving.store.parties import StoredRows
from serving.store.replies import Attempt, Reply
from serving.store.verdicts import first_verdict
from serving.track_records import with_records

LATEST_AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""


class RecommendationService:
    """Answers exception events: the same event gets the same bytes, a newer event of an exception supersedes."""

    def __init__(
        self,
        database: Database,
        in_force: InForce,
        clock: Clock,
        randomness: Randomness,
        bell: Bell,
        on_recorded: Callable[[Answer], None],
    ) -> None:
        self._database = database
        self._in_force = in_force
        self._clock = clock
        self._randomness = randomness
        self._bell = bell
        self._on_recorded = on_recorded

    def submit(self, principal: Principal, case: Case, key: str | None = None) -> Reply:
        """Recommend for the event and record it; the bytes answered are those that are stored.

        Raises AlreadyUsed where the event id or the key came with another body before, InvalidRequest for an event
        from the future, StoreUnavailable where nothing could be written.
        """
        now, basis = to_milliseconds(self._clock()), self._in_force.basis
        attempt = Attempt.of(principal.name, key, "recommendations", canonical(case))
        with self._database.read() as connection:
            known = _known(connection, attempt, case)
            standing = self._standing(connection, basis, case, now)
        if known is None:
            return self._answered(principal, attempt, case, standing, basis, now)
        with self._database.write() as connection:
            replies.keep(connection, attempt, known, now)
        return known

    def _answered(
        self, principal: Principal, attempt: Attempt, case: Case, standing: Standing, basis: Basis, now: datetime
    ) -> Reply:
        """Answer and record. A newer event may have been answered since the standing was read: then once again.

        That event is never taken back, so the second answer is true whatever happens beside it.
        """
        try:
            return self._record(principal, attempt, self._answer(basis, case, standing, now), basis, now)
        except succession.Overtaken:
            late = standing.model_copy(update={"superseded": True})
            return self._record(principal, attempt, self._answer(basis, case, late, now), basis, now)

    def preview(self, case: Case) -> Recommendation:
        """What would be answered now; nothing is recorded."""
        now, basis = to_milliseconds(self._clock()), self._in_force.basis
        with self._database.read() as connection:
            standing = self._standing(connection, basis, case, now)
        return self._answer(basis, case, standing, now).recommendation

    def content(self, recommendation_id: str) -> bytes:
        """The bytes that were answered. Raises NotFound."""
        with self._database.read() as connection:
            return documents.get(connection, reading.decision(connection, recommendation_id).answer)

    def queue(
        self, state: ReviewState | None = None, limit: int = 50, offset: int = 0, roles: Collection[Role] = ()
    ) -> QueuePage:
        """A page of recommendations: the open by what a minute of delay costs, all others newest first.

        What it costs is compared in the policy's currency; where the policy has no rate, the case waits in front. With
        roles, only those where one of them still must agree.
        """
        rates = self._in_force.policy.settings.currency.rates
        with self._database.read() as connection:
            return reading.page(connection, Listing(state, frozenset(roles), limit, offset, self._clock(), rates))

    def case_file(self, recommendation_id: str) -> CaseFile:
        """Everything that is known of one decision. Raises NotFound."""
        with self._database.read() as connection:
            return reading.case_file(connection, recommendation_id)

    def _standing(self, connection: Connection, basis: Basis, case: Case, now: datetime) -> Standing:
        """What is known of the case's parties and of the models' answers, and whether a newer event was answered."""
        parties = basis.keeper(StoredRows(connection)).of(case, moment_of(case, now))
        (standing,) = with_records(connection, basis, [parties], case.region)
        late = succession.comes_late(connection, case)
        return standing.model_copy(update={"superseded": True}) if late else standing

    def _answer(self, basis: Basis, case: Case, standing: Standing, now: datetime) -> Answer:
        if case.event.time > now + LATEST_AHEAD:
            expected = "no later than five minutes from now, by the service's clock"
            raise InvalidRequest("The event lies in the future.", faults=[Fault("/event/time", expected)])
        given = uuid7(now, self._randomness)
        return answer(case, standing, basis.predictors, basis.policy, now, given)

    def _record(self, principal: Principal, attempt: Attempt, made: Answer, basis: Basis, now: datetime) -> Reply:
        """Write everything or nothing; another request may have been faster with the same event.

        Raises succession.Overtaken where one was faster with a newer event of the exception.
        """
        with self._database.write() as connection:
            known = _known(connection, attempt, made.case)
            reply = known or Reply(made.recommendation.recommendation_id, made.content)
            superseded = [] if known else self._enter(connection, principal, made, basis, now)
            replies.keep(connection, attempt, reply, now)
        if known is None:
            self._on_recorded(made)
        for recommendation_id in superseded:
            self._bell.ring(recommendation_id)
        return reply

    def _enter(
        self, connection: Connection, principal: Principal, made: Answer, basis: Basis, now: datetime
    ) -> list[str]:
        """The decision, its documents, its verdict, the parties' arrivals and the audit leaf; whom it supersedes."""
        decision = _decision(connection, principal, made, basis)
        first = decisions.newest(connection, decision.exception_id) is None
        decisions.add(connection, decision)
        if first:  # an exception arrives once, however many events tell of it
            basis.keeper(StoredRows(connection)).arrive(made.case, moment_of(made.case, now))
        verdict = first_verdict(made.recommendation)
        superseded = succession.enter(connection, decision, verdict, knew=made.superseded)
        audit.append(connection, "recommendation", decision.recommendation_id, principal.name, now, decision.answer)
        return superseded


def _decision(connection: Connection, principal: Principal, made: Answer, basis: Basis) -> Decision:
    recommendation = made.recommendation
    return Decision(
        recommendation_id=recommendation.recommendation_id,
        source=made.case.event.source,
        event_id=made.case.event.id,
        event_time=made.case.event.time,
        exception_id=made.case.exception_id,
        requested_by=principal.name,
        issued_at=recommendation.issued_at,
        bundle=recommendation.receipt.bundle,
        policy=recommendation.receipt.policy,
        input=documents.put(connection, made.input),
        standing=documents.put(connection, made.standing),
        ladder=documents.put(connection, basis.ladder),
        features=documents.put(connection, made.features),
        answer=documents.put(connection, made.content),
    )


def _known(connection: Connection, attempt: Attempt, case: Case) -> Reply | None:
    """What was answered to this key or this event before. Raises AlreadyUsed where that came with another body."""
    reply = replies.find(connection, attempt)
    if reply is not None:
        return reply
    decision = decisions.by_event(connection, case.event.source, case.event.id)
    if decision is None:
        return None
    if decision.input != digest_of(canonical(case)):
        raise AlreadyUsed("This event id of this source came with another body: a new event needs an id of its own.")
    return Reply(decision.recommendation_id, documents.get(connection, decision.answer))
