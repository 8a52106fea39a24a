"""A condition on one fact: parse it, test it, say it. All three work from one region, so they cannot disagree.

    order_value: "> 200"            also  >= 5   < 3   <= 3   = 4   and a bare number for  =
    age_days: "[2..14)"             a square bracket includes its end, a round one does not; 2..14 includes both
    channel: [bopis, marketplace]   one of these; a single label needs no brackets;  not [a, b]  is all the others
    receipt: true
    supplier_eta_h: missing         the fact did not come;  present  it came;  any  no condition

A missing fact leaves a condition undecided, unless it says what missing means: `"> 200 or missing"` holds,
`"> 200 and present"` does not.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, cast

from policies.tables.columns import UNUSABLE, Column, ColumnType, seen
from policies.tables.problems import listed, shown
from policies.tables.regions import (
    LOWEST,
    TOP,
    Choice,
    Cut,
    Number,
    Region,
    Span,
)
from policies.tables.wording import outer_cuts, region_in_words

RESERVED = ("any", "missing", "present")
"""Words of the language; no label may be one of them."""

_NUMBER = r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,9})?"
_COMPARISON = re.compile(rf"(>=|<=|>|<|=)?\s*({_NUMBER})")
_RANGE = re.compile(rf"([\[(]?)\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*([\])]?)")
_INTERVALS = 'an interval such as "> 200", "<= 3", "= 4", "100..200" or "[100..200)"'


class ConditionError(ValueError):
    """A condition that cannot be read; the message says what came, what was expected and what to do."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Where one fact must lie. `on_missing` is the verdict when it did not come: None leaves it undecided."""

    column: Column
    values: Region
    """The values that satisfy it, the missing one left out."""
    on_missing: bool | None
    test: Callable[[Any], bool | None] = field(init=False, repr=False, compare=False)
    """The compiled check of a value that is not missing; None for an unusable one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _compiled(self.values, self.column))

    def decide(self, value: Any) -> bool | None:
        """Whether the condition holds for a value as `Column.read` gives it; None is undecided."""
        return self.on_missing if value is None else self.test(value)

    @property
    def holds(self) -> Region:
        """The values for which the condition holds for certain, missing among them where it says so."""
        return _joined(self.values, self.column.missing) if self.on_missing else self.values

    @property
    def reach(self) -> Region:
        """The values for which the condition does not fail: it holds or is undecided."""
        return self.values if self.on_missing is False else _joined(self.values, self.column.missing)

    @property
    def bounds(self) -> tuple[Number | None, Number | None]:
        """The lower and the upper end, None where there is none."""
        if not isinstance(self.values, Span) or not self.values:
            return None, None
        low, high = outer_cuts(self.values, self.column)
        return (None if low == LOWEST else low[0]), (None if high == TOP else high[0])

    @property
    def limits(self) -> tuple[Number, ...]:
        """The ends there are."""
        return tuple(bound for bound in self.bounds if bound is not None)

    def content(self) -> dict[str, Any]:
        """The condition as JSON values: equal where two spellings mean the same."""
        return {"values": _content(self.values), "on_missing": self.on_missing}

    def __str__(self) -> str:
        """The condition in words: `over 200.00 EUR`."""
        return region_in_words(self.holds, self.column)


def _content(region: Region) -> Any:
    if isinstance(region, Span):
        return [[seen(value) if abs(value) != TOP[0] else None, side] for value, side in region.cuts]
    choice = cast(Choice, region)
    return {"listed": sorted((each for each in choice.listed if each is not None), key=str), "negated": choice.negated}


def _joined(one: Region, other: Region) -> Region:
    return ~(~one & ~other)


def parse_condition(column: Column, raw: Any) -> Condition | None:
    """Read a condition as YAML gives it; None for `any`. Raises `ConditionError`."""
    if raw is None:
        raise ConditionError("the condition is empty: write any, or leave the column out")
    if not isinstance(raw, str):
        return _with(column, raw, None)
    text = raw.strip()
    if text == "any":
        return None
    if text == "missing":
        return Condition(column, column.present & column.missing, True)
    if text == "present":
        return Condition(column, column.present, False)
    for ending, on_missing in ((" or missing", True), (" and present", False)):
        if text.endswith(ending):
            return _with(column, _unquoted(column, text.removesuffix(ending).strip()), on_missing)
    return _with(column, text, None)


def _unquoted(column: Column, text: str) -> Any:
    flags = {"true": True, "false": False}
    return flags.get(text, text) if column.type is ColumnType.FLAG else text


def _with(column: Column, raw: Any, on_missing: bool | None) -> Condition:
    values = _region(column, raw)
    if not values:
        raise ConditionError(f"{shown(raw)} leaves no value: no case can satisfy it, correct it or remove the row")
    return Condition(column, values, on_missing)


def _region(column: Column, raw: Any) -> Region:
    if column.type.is_numeric:
        return _numbers(column, raw)
    if column.type is ColumnType.FLAG:
        if not isinstance(raw, bool):
            raise ConditionError(f"expected true, false, missing or present, got {shown(raw)}: write one of these")
        return Choice(frozenset({raw}))
    return _labels(column, raw)


def _numbers(column: Column, raw: Any) -> Span:
    if isinstance(raw, bool | list | dict):
        raise ConditionError(f"expected {_INTERVALS}, got {shown(raw)}: write one of these")
    text = str(raw)
    if match := _COMPARISON.fullmatch(text):
        return _comparison(column, match[1] or "=", _bound(column, match[2]))
    match = _RANGE.fullmatch(text)
    if match is None or bool(match[1]) != bool(match[4]):
        raise ConditionError(f"expected {_INTERVALS}, got {shown(raw)}: write one of these")
    low = _above(column, _bound(column, match[2]), match[1] == "(")
    high = _above(column, _bound(column, match[3]), match[4] != ")")
    return Span((low, high) if low < high else ())


def _comparison(column: Column, sign: str, bound: Number) -> Span:
    below, above = (bound, 0), _above(column, bound, True)
    return {
        ">": Span((above, TOP)),
        ">=": Span((below, TOP)),
        "<": Span((LOWEST, below)),
        "<=": Span((LOWEST, above)),
        "=": Span((below, above)),
    }[sign]


def _above(column: Column, bound: Number, above: bool) -> Cut:
    """The cut above or below a bound. Just above a count is just below the next: counts leave no gap between."""
    if above and column.type is ColumnType.COUNT:
        return (bound + 1, 0)
    return (bound, int(above))


def _bound(column: Column, text: str) -> Number:
    if column.type is ColumnType.MONEY:
        return Decimal(text)
    if column.type is ColumnType.NUMBER:
        return float(text)
    if "." in text:
        raise ConditionError(f"a count is whole, got {text}: write a whole number or declare the column a number")
    return int(text)


def _labels(column: Column, raw: Any) -> Region:
    text = raw if isinstance(raw, str) else None
    negated = text is not None and text.startswith("not ")
    named = _named(text.removeprefix("not ").strip()) if text is not None else raw
    if not isinstance(named, list) or not named or not all(isinstance(each, str) and each for each in named):
        raise ConditionError(f"expected a label, a list of labels or not [a, b], got {shown(raw)}: quote numbers")
    unknown = sorted({each for each in named if column.values and each not in column.values})
    if unknown:
        known = listed(column.values, unknown[0])
        raise ConditionError(f"unknown {', '.join(unknown)}: {column.name} is one of {known}")
    if reserved := [each for each in named if each in RESERVED]:
        raise ConditionError(f"{reserved[0]} is a word of the language: write it alone or as 'or missing'")
    chosen = Choice(frozenset(named), negated)
    return chosen & column.present


def _named(text: str) -> list[str]:
    inner = text[1:-1].split(",") if text.startswith("[") and text.endswith("]") else [text]
    return [each.strip() for each in inner]


def _compiled(region: Region, column: Column) -> Callable[[Any], bool | None]:
    if isinstance(region, Span):
        return _interval_test(region)
    assert isinstance(region, Choice)
    listed, negated = region.listed, region.negated
    if column.type is ColumnType.FLAG or column.values:
        return {each: each in region for each in cast(Choice, column.whole).listed if each is not None}.get
    return lambda value: None if value is UNUSABLE else (value in listed) != negated


def _interval_test(span: Span) -> Callable[[Any], bool | None]:
    if not span:
        return partial(operator.lt, float("inf"))
    low, high = span.cuts
    above = partial(operator.lt if low[1] else operator.le, low[0])
    below = partial(operator.ge if high[1] else operator.gt, high[0])
    if high == TOP:
        return above
    if low == LOWEST:
        return below
    return lambda value: above(value) and below(value)
