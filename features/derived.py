"""A number made of two of the retailer's own: what a mapping says of it, and how it is computed of a case.

A case tells the two; the bundle makes the third, so no sender has to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from data.case import AttributeName
from data.record import Record
from features.definition import Value, difference, ratio

Way = Literal["sum", "difference", "product", "ratio", "share"]

_WORDS: dict[Way, str] = {
    "sum": "{one} and {other} together",
    "difference": "{one} less {other}",
    "product": "{one} times {other}",
    "ratio": "{one} divided by {other}",
    "share": "{one} as a share of {one} and {other} together",
}


class Derived(Record):
    """How a number is made of two others, by their names; they may be made of others themselves."""

    way: Way
    one: AttributeName
    other: AttributeName

    def of(self, one: Value, other: Value) -> Value:
        """The number; None where either is unknown, where nothing is divided by, and where it would be endless."""
        made = _made(self.way, one, other)
        return made if made is not None and math.isfinite(made) else None

    def words(self, one: str, other: str) -> str:
        """How it is made, for people: `stock on hand divided by forecast`."""
        return _WORDS[self.way].format(one=one, other=other)


def _made(way: Way, one: Value, other: Value) -> Value:
    if way == "ratio":
        return ratio(one, other)
    if way == "difference":
        return difference(one, other)
    if one is None or other is None:
        return None
    if way == "share":
        return ratio(one, abs(one) + abs(other))
    return one + other if way == "sum" else one * other


def made_of(told: Iterable[AttributeName], derived: Mapping[AttributeName, Derived]) -> tuple[AttributeName, ...]:
    """Which derived numbers can be made of those that are told, each after what it is made of."""
    known, left, made = set(told), dict(derived), list[AttributeName]()
    while ready := [name for name, each in left.items() if {each.one, each.other} <= known and name not in known]:
        for name in ready:
            del left[name]
        known.update(ready)
        made += ready
    return tuple(made)
