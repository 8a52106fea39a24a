"""Sets of facts that can be computed with: spans of numbers, choices of labels, and boxes of both.

A condition is a region of one fact, a row is a box of several. Because regions can be intersected and complemented
exactly, what holds of a table is proved rather than sampled. A missing fact is a value of its own in every region.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

Number = Decimal | float
Value = Decimal | float | str | bool | None
"""What a fact can be; None is missing."""

Cut = tuple[Number, int]
"""A place between numbers: `(v, 0)` just below v, `(v, 1)` just above it."""

_INFINITY = float("inf")
BOTTOM: Cut = (-_INFINITY, 0)
"""Below everything. Minus infinity itself, which is no fact, stands for the missing fact."""
LOWEST: Cut = (-_INFINITY, 1)
"""Below every number, above the missing fact."""
TOP: Cut = (_INFINITY, 0)
"""Above every number."""


class Region(Protocol):
    """A set of values of one fact."""

    def __and__(self, other: Region) -> Region: ...
    def __invert__(self) -> Region: ...
    def __contains__(self, value: Value) -> bool: ...
    def __bool__(self) -> bool:
        """False when no value is left."""
        ...

    def witness(self) -> Value:
        """Some value of the region, one that is not missing where there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """A union of intervals of numbers, as sorted cuts: inside from the first to the second, and so on.

    The line is dense: between two numbers there is always another.
    """

    cuts: tuple[Cut, ...]

    def pieces(self) -> Iterator[tuple[Cut, Cut]]:
        """The intervals, each from a cut to a cut."""
        return zip(self.cuts[::2], self.cuts[1::2], strict=True)

    def __and__(self, other: Region) -> Span:
        met = [(max(a, c), min(b, d)) for a, b in self.pieces() for c, d in _span(other).pieces()]
        return Span(tuple(cut for low, high in sorted(met) if low < high for cut in (low, high)))

    def __invert__(self) -> Span:
        return Span(tuple(sorted({*self.cuts} ^ {BOTTOM, TOP})))

    def __contains__(self, value: Value) -> bool:
        if isinstance(value, str):
            return False
        at = BOTTOM if value is None else (value, 0)
        return sum(cut <= at for cut in self.cuts) % 2 == 1

    def __bool__(self) -> bool:
        return bool(self.cuts)

    def witness(self) -> Value:
        """As `Region.witness`."""
        present = self & NUMBERS
        return _inside(*next(present.pieces())) if present else None


def _span(region: Region) -> Span:
    if not isinstance(region, Span):
        raise TypeError("a region of numbers meets a region of labels: the fact has two types, declare it once")
    return region


def _inside(low: Cut, high: Cut) -> Number:
    """A number between two cuts, an end where it belongs to the interval."""
    if low[1] == 0:
        return low[0]
    if high[1] == 1:
        return high[0]
    if low == LOWEST:
        return 0 if high == TOP else high[0] - 1
    return low[0] + 1 if high == TOP else (low[0] + high[0]) / 2  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of labels or flags: those listed or, negated, all but those. None among them is the missing fact."""

    listed: frozenset[str | bool | None]
    negated: bool = False

    def __and__(self, other: Region) -> Choice:
        that = _choice(other)
        if self.negated and that.negated:
            return Choice(self.listed | that.listed, True)
        if self.negated:
            return Choice(that.listed - self.listed)
        return Choice(self.listed - that.listed if that.negated else self.listed & that.listed)

    def __invert__(self) -> Choice:
        return Choice(self.listed, not self.negated)

    def __contains__(self, value: Value) -> bool:
        return (value in self.listed) != self.negated

    def __bool__(self) -> bool:
        return self.negated or bool(self.listed)

    def witness(self) -> Value:
        """As `Region.witness`."""
        if self.negated:
            return next(name for name in _other_labels() if name not in self.listed)
        present = sorted((each for each in self.listed if each is not None), key=str)
        return present[0] if present else None


def _choice(region: Region) -> Choice:
    if not isinstance(region, Choice):
        raise TypeError("a region of labels meets a region of numbers: the fact has two types, declare it once")
    return region


def _other_labels() -> Iterator[str]:
    name = "another"
    while True:
        yield name
        name += "_"


NUMBERS = Span((LOWEST, TOP))
"""Every number, and not missing."""
ANY_NUMBER = Span((BOTTOM, TOP))
MISSING_NUMBER = Span((BOTTOM, LOWEST))
ANY_LABEL = Choice(frozenset(), True)
MISSING_LABEL = Choice(frozenset({None}))


@dataclass(frozen=True, slots=True)
class Box:
    """The cases in which each named fact lies in its region. Boxes that meet name the same facts."""

    regions: Mapping[str, Region]

    def __and__(self, other: Box) -> Box:
        return Box({name: region & other.regions[name] for name, region in self.regions.items()})

    def __bool__(self) -> bool:
        return all(self.regions.values())

    def __contains__(self, facts: Mapping[str, Value]) -> bool:
        return all(facts.get(name) in region for name, region in self.regions.items())

    def over(self, wholes: Mapping[str, Region]) -> Box:
        """The same cases told by more facts, each free in its whole region: boxes of two tables can then meet."""
        return Box({**wholes, **self.regions})

    def disjoint(self, other: Box) -> bool:
        """Whether no case lies in both."""
        return any(not region & other.regions[name] for name, region in self.regions.items())

    def within(self, other: Box) -> bool:
        """Whether every case of this box lies in the other."""
        return not self or not self.sides_beyond(other)

    def sides_beyond(self, other: Box) -> int:
        """In how many facts this box reaches beyond the other: taking the fewest first leaves the fewest parts."""
        return sum(bool(region & ~other.regions[name]) for name, region in self.regions.items())

    def minus(self, other: Box) -> list[Box]:
        """What is left of this box without the other, as disjoint boxes, at most one per fact."""
        if self.disjoint(other):
            return [self] if self else []
        left, rest = [], dict(self.regions)
        for name, region in self.regions.items():
            if outside := region & ~other.regions[name]:
                left.append(Box({**rest, name: outside}))
                rest[name] = region & other.regions[name]
        return left

    def witness(self) -> dict[str, Value]:
        """Some case of the box."""
        return {name: region.witness() for name, region in self.regions.items()}


class TooComplicated(ValueError):
    """The proof would take more steps than allowed; nothing was found wrong and nothing proved."""


MOST_STEPS = 200_000
"""Boxes looked at for one table, some seconds; a table of twenty rows needs a few hundred."""


def uncovered(box: Box, covers: Iterable[Box], steps: Iterable[int] = range(MOST_STEPS)) -> Box | None:
    """A part of `box` that none of `covers` reaches, or None: then `box` lies in their union, proved.

    Looks at one box per step; several proofs may share one iterator. Raises `TooComplicated` when steps run out.
    """
    near = sorted((each for each in covers if not each.disjoint(box)), key=box.sides_beyond)
    waiting = [(box, 0)]
    for _ in steps:
        if not waiting:
            return None
        part, at = waiting.pop()
        if at < len(near):
            waiting.extend((left, at + 1) for left in reversed(part.minus(near[at])))
        elif part:
            return part
    raise TooComplicated("the proof takes more steps than it may: nothing was proved, split the table")
