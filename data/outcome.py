"""What then happened, and the lines of a history that training reads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from data.actions import ActionId
from data.case import Case
from data.record import Digest, Identifier, Instant, Money, Probability, Record
from data.standing import Standing
from data.vocabulary import Disposition, ExceptionType, RejectReason, ReviewVerdict, RootCause, Task


def known_from(task: Task, asked_at: datetime, due_at: datetime | None) -> datetime:
    """From when on the truth of an answer could be known: of a promise once it is due."""
    return asked_at if task is not Task.SLA_BREACH or due_at is None else max(asked_at, due_at)


class Outcome(Record):
    """What happened after the exception. Everything but `recorded_at` may be unknown."""

    recorded_at: Instant
    """When the outcome became known: rates at a moment use only outcomes recorded by then."""
    action: ActionId | None = None
    resolved_at: Instant | None = None
    sla_breached: bool | None = None
    """Given where the sender tracks the promise itself; else it follows from `resolved_at` and the promise."""
    exception_type: ExceptionType | None = None
    root_cause: RootCause | None = None
    stockout: bool | None = None
    """Whether the position at stake ran empty within the horizon."""
    granted: Annotated[Money, Field(ge=0)] | None = None
    """Refund or goodwill granted."""
    cost: Money | None = None
    """What the exception cost in the end."""

    def breached(self, due_at: datetime | None) -> bool | None:
        """Whether the promise broke: as told, else unresolved at `due_at`; None where it cannot be known."""
        if self.sla_breached is not None:
            return self.sla_breached
        if due_at is None or (self.resolved_at is None and self.recorded_at <= due_at):
            return None
        return self.resolved_at is None or self.resolved_at > due_at

    def counts(self, task: Task, due_at: datetime | None, now: datetime) -> bool:
        """Whether its truth counts yet: of a promise once it is due, because kept ones are known before broken ones.

        Cases whose truth is known are otherwise mostly kept promises, wherever the latest cases are looked at.
        """
        return task is not Task.SLA_BREACH or due_at is None or due_at <= now

    def truth(self, task: Task, due_at: datetime | None) -> str | bool | None:
        """The confirmed label or event of a task, None where it is not known."""
        match task:
            case Task.EXCEPTION_TYPE:
                return self.exception_type
            case Task.ROOT_CAUSE:
                return self.root_cause
            case Task.SLA_BREACH:
                return self.breached(due_at)
            case Task.STOCKOUT:
                return self.stockout


class LoggedDecision(Record):
    """What the logging policy did and how likely it was to do so."""

    action: ActionId
    propensity: Probability


class PeopleDecision(Record):
    """What somebody decided on a recommendation: a signal to look at, never a label to learn from. Nobody is named."""

    verdict: ReviewVerdict
    action: ActionId
    reason: RejectReason | None = None
    decided_at: Instant


class Served(Record):
    """What the service recommended in a case, and what people made of it, in their order."""

    recommendation_id: Identifier
    issued_at: Instant
    bundle: Digest | None = None
    policy: Digest
    action: ActionId | None = None
    """The first option's."""
    disposition: Disposition
    people: tuple[PeopleDecision, ...] = ()


class Selection(Record):
    """How likely a case like this one was to have its outcome told, and what it therefore counts for."""

    stratum: Identifier
    """Cases that were treated alike: disposition and whether anybody looked, such as `review/reviewed`."""
    observed: Probability
    """The share of the stratum's cases whose outcome is known."""
    weight: Annotated[float, Field(gt=0.0)] | None = None
    """Cases' worth that an outcome of the stratum counts for; absent where none of its outcomes is known."""


class HistoryLine(Record):
    """One past case with what was decided and what then happened: a line of a native history.

    A line without an outcome teaches no task; it still tells of its parties. `standing` is what the service knew at the
    case's moment, `served` what it answered, `selection` why this outcome is known and not another.
    """

    case: Case
    decision: LoggedDecision | None = None
    outcome: Outcome | None = None
    standing: Standing | None = None
    served: Served | None = None
    selection: Selection | None = None
