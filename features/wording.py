"""How people name an attribute of the retailer's own and what it is measured in, as a mapping says: its sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator

from data.case import AttributeKind, AttributeName
from data.record import Record
from data.units import Measure, sayable
from features.derived import Derived

LONGEST_NAME = 64
"""Characters of what people call an attribute."""


def _name(told: str) -> str:
    if not sayable(told, LONGEST_NAME):
        raise ValueError(
            f"expected what people call it, in 1 to {LONGEST_NAME} printable characters, without {{ }} [ ] and |, and "
            "without a space at either end"
        )
    if told.lower().startswith("the "):
        raise ValueError('sentences put "the" before it: leave the article out')
    return told


Called = Annotated[str, AfterValidator(_name)]
"""What stands after "the": `stock on hand`."""

InstantPart = Literal["hours", "hour", "weekday", "month"]
"""What is made of an instant: how far off it is, and its local hour, weekday (Monday is 0) and month."""


class Wording(Record):
    """What a mapping says of an attribute besides its value; all of it may be left out."""

    called: Called | None = None
    """Of a part of an instant, what the instant is called."""
    unit: Measure | None = None
    """What a number is measured in."""
    part: InstantPart | None = None
    """Which part of the instant it is."""
    zone: str | None = None
    """Of a part of an instant, the IANA zone of its clock; absent where several sources have several."""
    derived: Derived | None = None
    """How a number is made of two others, where no case tells it."""

    def word(self, name: str) -> str:
        """What people call it, else its name: stands after "this", and as a label."""
        if self.called is None:
            return name
        return f"{_PARTS[self.part].label} {self.called}" if self.part else self.called

    def named(self, name: str) -> str:
        """What it is in a sentence: `the stock on hand`, or the name by itself."""
        return name if self.called is None else f"the {self.word(name)}"


Wordings = Mapping[AttributeName, Wording]
NO_WORDS: Wordings = {}


def derivations(wordings: Wordings) -> dict[AttributeName, Derived]:
    """How each number is made that is derived of others."""
    return {name: each.derived for name, each in wordings.items() if each.derived is not None}


class Phrases(NamedTuple):
    """The sentence of a value, what the attribute is, and the sentence of a value below zero where that is another."""

    says: str
    about: str
    below_zero: str | None = None


class _Part(NamedTuple):
    label: str
    says: str
    below_zero: str | None = None


_PARTS: dict[InstantPart, _Part] = {
    "hours": _Part("time to the", "the {called} is in {{value}}", "the {called} was {{value}} ago"),
    "hour": _Part("hour of the", "the hour of the {called} is {{value}}"),
    "weekday": _Part("weekday of the", "the weekday of the {called} is {{value}}, Monday being 0"),
    "month": _Part("month of the", "the month of the {called} is {{value}}"),
}


def phrases(name: str, kind: AttributeKind, wording: Wording) -> Phrases:
    """The sentences of an attribute."""
    if wording.called is None:
        return Phrases(f"{name} is {{value}}", f"The attribute {name}")
    about = f"The {wording.word(name)}"
    if wording.part is None:
        return Phrases(
            f"{wording.called}: {{value}}" if kind == "flag" else f"the {wording.called} is {{value}}", about
        )
    part = _PARTS[wording.part]
    below_zero = part.below_zero and part.below_zero.format(called=wording.called)
    return Phrases(part.says.format(called=wording.called), about, below_zero)
