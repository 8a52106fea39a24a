"""The answer: immutable, explained, priced, gated, with a receipt."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from data.actions import ActionId
from data.explanation import Step
from data.prediction import UNUSED, Predictions
from data.record import Amount, Digest, Identifier, Instant, Money, Record, digest_of, plain
from data.vocabulary import Disposition, ExceptionType, Role

RECOMMENDATION_SCHEMA: Literal["fairlead/recommendation/2"] = "fairlead/recommendation/2"
"""What answers are made as today. Those of version 1 are read as they were given; their sentences were others."""


class EventReference(Record):
    """The event the recommendation answers."""

    source: Identifier
    id: Identifier


class Option(Record):
    """An action priced for the case. `expected_cost` is absent where no cost row applies: unpriced, so `review`."""

    rank: int = Field(ge=1)
    action: ActionId
    parameters: dict[str, Any] = {}
    expected_cost: Amount | None = None
    regret: Money | None = None
    """Expected cost over the cheapest option's, in the same currency."""
    breach_probability: float | None = None
    """The breach probability if this action is taken."""
    disposition: Disposition
    roles: tuple[Role, ...] = ()
    """Who must agree before this option is executed."""
    held_until: tuple[str, ...] = ()
    """The named conditions that must clear first."""
    says: str


class ReviewRequest(Record):
    """Who must agree, and by when it is worth agreeing."""

    roles: tuple[Role, ...]
    due_at: Instant


class FallbackView(Record):
    """What the rules alone would have recommended: computed on every request."""

    would_have: ActionId
    disposition: Disposition
    agrees: bool


class Urgency(Record):
    """How pressing the case is: value at stake, and minutes until the promise breaks."""

    value_at_stake: Amount | None = None
    minutes_to_promise: float | None = None


class Receipt(Record):
    """Digests that name everything the answer came from, and the answer without its receipt."""

    input: Digest
    standing: Digest
    features: Digest
    bundle: Digest | None = None
    policy: Digest
    answer: Digest


class Recommendation(Record):
    """One explained, priced, gated answer to one exception event."""

    recommendation_id: Identifier
    schema_: Literal["fairlead/recommendation/1", "fairlead/recommendation/2"] = Field(
        RECOMMENDATION_SCHEMA, alias="schema"
    )
    issued_at: Instant
    valid_until: Instant
    exception_id: Identifier
    event: EventReference
    reported_type: ExceptionType | None = None
    disposition: Disposition
    says: str
    """One sentence of what happened and what to do."""
    predictions: Predictions
    options: tuple[Option, ...]
    explanation: tuple[Step, ...]
    review: ReviewRequest | None = None
    urgency: Urgency
    fallback: FallbackView
    unused_attributes: tuple[str, ...] = Field(default=(), description=UNUSED)
    receipt: Receipt


def answer_digest(answer: Recommendation) -> str:
    """The digest of the answer without its receipt."""
    content = plain(answer)
    content.pop("receipt")
    return digest_of(content)
