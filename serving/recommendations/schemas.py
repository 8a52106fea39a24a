"""What can be seen of recommendations besides the answers themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.actions import ActionId
from data.case import Case
from data.outcome import Outcome
from data.recommendation import Recommendation
from data.record import Amount, Count, Identifier, Instant, Record
from data.review import ReviewState, ReviewStatus
from data.standing import Standing
from data.vocabulary import Disposition, ExceptionType, Role


class QueueItem(Record):
    """One recommendation in a list: enough to choose it by."""

    recommendation_id: Identifier
    exception_id: Identifier
    issued_at: Instant
    valid_until: Instant
    reported_type: ExceptionType | None = None
    predicted_type: str | None = None
    type_probability: float | None = None
    node: Identifier | None = None
    """The store or centre where the work stands."""
    action: ActionId | None = None
    """The action that is recommended first, or that an override chose."""
    says: str
    disposition: Disposition
    state: ReviewState
    version: Count
    roles: tuple[Role, ...] = ()
    """Roles that still must agree."""
    value_at_stake: Amount | None = None
    breach_probability: float | None = None
    loss_per_minute: Amount | None = None
    """Value at stake times the probability that the promise breaks, over the minutes left: what waiting costs, in the
    case's own currency."""
    held_until: tuple[str, ...] = ()
    """What must clear before anything is executed; nobody's agreement lifts it."""
    promise_due_at: Instant | None = None
    review_due_at: Instant | None = None
    decided_by: Identifier | None = None
    decided_at: Instant | None = None
    """Who decided last and when; absent where no person has."""
    superseded_by: Identifier | None = None
    """The recommendation that counts instead, where a newer event of the exception was answered."""


class QueuePage(Record):
    """A page of a list, most pressing first while open, newest first otherwise."""

    items: tuple[QueueItem, ...]
    altered: Count = 0
    """Cases of the page that are not shown: what the database holds of them is not what was recorded."""
    total: Count
    next_offset: Count | None = None


@dataclass(frozen=True)
class CaseFile:
    """Everything that is known of one decision."""

    case: Case
    standing: Standing
    recommendation: Recommendation
    features: dict[str, Any]
    """Per task, the readable value of every feature."""
    status: ReviewStatus
    """With the reviews so far; its `version` is what `decide(..., if_match=...)` compares."""
    outcome: Outcome | None
    requested_by: str
