"""What then happened: recorded once; it closes the review and is learned from in the same transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from data.outcome import Outcome
from data.record import canonical, to_milliseconds
from serving.bell import Bell
from serving.errors import OutcomeRecorded
from serving.identifiers import Clock
from serving.in_force import InForce
from serving.outcomes.closing import close
from serving.outcomes.instants import check_instants
from serving.recommendations import reading
from serving.security import Principal
from serving.store import audit, documents, outcomes, replies
from serving.store.decisions import Decision
from serving.store.engine import Database
from serving.store.parties import StoredRows
from serving.store.replies import Attempt, Reply
from serving.track_records import count_outcome


class OutcomeService:
    """Records outcomes; the parties' standing learns in the outcome's transaction, never from process memory."""

    def __init__(self, database: Database, in_force: InForce, clock: Clock, bell: Bell) -> None:
        self._database = database
        self._in_force = in_force
        self._clock = clock
        self._bell = bell

    def report(self, principal: Principal, recommendation_id: str, outcome: Outcome, key: str | None = None) -> Reply:
        """Record the outcome and end the reviews it is of; the same one again changes nothing and is answered alike.

        Raises NotFound; OutcomeRecorded where another outcome was told before; InvalidRequest for one that
        cannot have happened then.
        """
        content = canonical(outcome)
        attempt = Attempt.of(principal.name, key, f"outcomes/{recommendation_id}", content)
        reply = Reply(recommendation_id, content)
        over: list[str] = []
        with self._database.write() as connection:
            if replies.find(connection, attempt) is not None:
                return reply
            decision = reading.decision(connection, recommendation_id)
            told = outcomes.get(connection, recommendation_id)
            if told is None:
                over = self._record(connection, principal, decision, outcome)
            elif canonical(told) != content:
                raise OutcomeRecorded("Another outcome of this recommendation is recorded: it is kept as it was told.")
            replies.keep(connection, attempt, reply, self._clock())
        for each in over:
            self._bell.ring(each)
        return reply

    def _record(self, connection: Connection, principal: Principal, decision: Decision, outcome: Outcome) -> list[str]:
        """The outcome, the verdicts it ends, what is known of parties and models, the audit leaf; whom it ends."""
        now, recommendation_id = to_milliseconds(self._clock()), decision.recommendation_id
        check_instants(outcome, decision.event_time, now)
        case, answer = reading.case_of(connection, decision), reading.recommendation_of(connection, decision)
        ends = outcomes.first_of_exception(connection, decision.exception_id)
        content = outcomes.add(connection, recommendation_id, outcome, principal.name, now)
        over = close(connection, decision)
        basis = self._in_force.basis
        basis.keeper(StoredRows(connection)).record(case, outcome, answer.predictions.sla_breach.due_at, ends)
        features, known_at = documents.get(connection, decision.features), max(outcome.recorded_at, decision.event_time)
        count_outcome(connection, basis, answer, features, case, outcome, known_at)
        audit.append(connection, "outcome", recommendation_id, principal.name, now, content)
        return over
