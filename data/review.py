"""What people decided on a recommendation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from data.actions import ActionId
from data.plain_text import IN_ONE_LINE, InLines, in_one_line, texts_at
from data.record import Identifier, Instant, Record
from data.vocabulary import Disposition, RejectReason, ReviewVerdict, Role


class ReviewState(StrEnum):
    """Where a recommendation stands with its people."""

    NOT_REQUIRED = "not_required"
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERRIDDEN = "overridden"
    SUPERSEDED = "superseded"
    """A newer event of the exception was answered."""
    CLOSED = "closed"
    """The outcome was told before people had decided: the review ends without a decision."""


class ReviewRequestBody(Record):
    """A person's decision, as posted. The actor is the credential's principal, never the body's."""

    verdict: ReviewVerdict
    reason: RejectReason | None = Field(None, validate_default=True)
    comment: Annotated[str, Field(max_length=2000), InLines] | None = None
    action: ActionId | None = Field(None, validate_default=True)
    parameters: dict[str, Any] | None = None

    # Each is checked by itself and not with the whole record: a fault then names the member that it is in.
    @field_validator("reason")
    @classmethod
    def _reasoned(cls, told: RejectReason | None, info: ValidationInfo) -> RejectReason | None:
        if told is None and info.data.get("verdict") in (ReviewVerdict.REJECT, ReviewVerdict.OVERRIDE):
            raise ValueError(f"a reject or an override needs a reason: one of {', '.join(RejectReason)}")
        return told

    @field_validator("action")
    @classmethod
    def _another(cls, told: ActionId | None, info: ValidationInfo) -> ActionId | None:
        verdict = info.data.get("verdict")
        if verdict is not None and (verdict is ReviewVerdict.OVERRIDE) != (told is not None):
            raise ValueError(
                f"an override, and only an override, names another action: one of {', '.join(ActionId)}, which the "
                "policy must allow here"
            )
        return told

    @field_validator("parameters")
    @classmethod
    def _shown(cls, told: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any] | None:
        verdict = info.data.get("verdict")
        if told is not None and verdict is not None and verdict is not ReviewVerdict.OVERRIDE:
            raise ValueError("an override, and only an override, gives parameters: approving agrees to those shown")
        if not all(in_one_line(text) for _, text in texts_at(told)):
            raise ValueError(IN_ONE_LINE)
        return told


class Review(Record):
    """One decision of one person; never changed, never overwriting the recommendation."""

    review_id: Identifier
    recommendation_id: Identifier
    verdict: ReviewVerdict
    reason: RejectReason | None = None
    comment: str | None = None
    action: ActionId
    parameters: dict[str, Any] = {}
    disposition: Disposition
    """What the gates of the decided action said, for an override; the option's own otherwise."""
    roles: tuple[Role, ...] = ()
    """The roles for which the person agreed."""
    decided_by: Identifier
    decided_at: Instant


class ReviewStatus(Record):
    """The verdict as the orchestrator learns it; `version` is the ETag."""

    recommendation_id: Identifier
    state: ReviewState
    version: int = Field(ge=0)
    roles: tuple[Role, ...] = ()
    """Roles that still must agree."""
    execute: ActionId | None = None
    """The action that may be executed now; absent while somebody must still agree or a condition must clear, and once
    an outcome is told or a newer event of the exception is answered."""
    parameters: dict[str, Any] = {}
    held_until: tuple[str, ...] = ()
    superseded_by: Identifier | None = None
    """The recommendation that answers the newest event of the exception; absent where that is this one."""
    reviews: tuple[Review, ...] = ()
