"""What is asked about shelves, and what is answered."""

from __future__ import annotations

from pydantic import Field

from data.case import AttributeName, AttributeValue, Node, StockPosition, Workflow
from data.explanation import Step
from data.prediction import UNUSED, RiskPrediction
from data.recommendation import Option
from data.record import Currency, Digest, Identifier, Instant, Record, Unit, fact
from data.vocabulary import Channel

MOST_ATTRIBUTES = 200
"""Of a question, of a position, and of both together: as many as a case may have."""


class AskedPosition(StockPosition):
    """A stock position, and what the retailer tells of this shelf alone."""

    attributes: dict[AttributeName, AttributeValue] = fact(
        Unit.LABEL,
        "typed scalars of the retailer's own that tell of this shelf; those of the question stand for all others",
        personal=True,
        default={},
        max_length=MOST_ATTRIBUTES,
    )


class StockoutQuestion(Record):
    """Stock positions, each with up to 60 days of daily history and its own attributes, and what they share."""

    positions: tuple[AskedPosition, ...] = Field(min_length=1, max_length=50, description="the shelves asked about")
    as_of: Instant | None = fact(Unit.INSTANT, "the moment the horizon starts; now where not given")
    region: Identifier | None = fact(Unit.IDENTIFIER, "the retailer's region")
    channel: Channel | None = fact(Unit.LABEL, "how the customer buys and receives")
    currency: Currency | None = fact(Unit.LABEL, "the currency of all amounts")
    node: Node | None = None
    workflow: Workflow | None = None
    attributes: dict[AttributeName, AttributeValue] = fact(
        Unit.LABEL,
        "typed scalars of the retailer's own that hold for every shelf which does not tell another",
        personal=True,
        default={},
        max_length=MOST_ATTRIBUTES,
    )


class StockoutRisk(Record):
    """How likely one shelf runs empty within the horizon, why, and what to bring."""

    sku: Identifier
    node: Identifier
    prediction: RiskPrediction
    replenishment: Option | None = None
    """What the policy suggests; absent where there is no need, or no way to tell how much."""
    explanation: tuple[Step, ...] = ()


class StockoutAnswer(Record):
    """One risk per position, in the order they were asked; `bundle` and `policy` say what answered."""

    as_of: Instant
    risks: tuple[StockoutRisk, ...]
    unused_attributes: tuple[str, ...] = Field(default=(), description=UNUSED)
    bundle: Digest | None = None
    policy: Digest
