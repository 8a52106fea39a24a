"""The sentences of a table, built from the same fields as the checks.

    {order_value}             the value that came, with its unit; an output's value too. Durations and shares are short
                              (`5 h`, `34 %`), with more digits where few would contradict the row's own bound
    {order_value.is}          the condition in words: "is over 200.00 EUR"
    {order_value.threshold}   the one end of the interval; {.low} and {.high} where it has two
    {order_value.says}        the fact's name for people

A number that is a bound of the row must not be typed into the sentence: when the bound moves, the sentence would lie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any

from policies.tables.columns import Column
from policies.tables.conditions import Condition
from policies.tables.problems import listed
from policies.tables.regions import Number

_NUMBER = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?!\w)")


class SentenceError(ValueError):
    """A sentence that cannot be built; the message says which placeholder and what to do."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a fact of the case goes, and the limits its row holds it against."""

    column: Column
    limits: tuple[Number, ...] = ()

    def fill(self, facts: Mapping[str, Any]) -> str:
        """The fact in words."""
        return self.column.show_fact(facts, self.limits)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with holes only where a fact of the case goes; the rest was filled in at load."""

    parts: tuple[str | Hole, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts it tells."""
        return tuple(part.column.name for part in self.parts if not isinstance(part, str))

    def render(self, facts: Mapping[str, Any]) -> str:
        """The sentence of one case; a fact that did not come reads `missing`, one of a wrong type `unusable`."""
        return "".join(part if isinstance(part, str) else part.fill(facts) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Words:
    """What a sentence of one row may speak of."""

    inputs: Mapping[str, Column]
    conditions: Mapping[str, Condition]
    outputs: Mapping[str, str]
    """Output name to its value in words."""


def parse_sentence(text: str, words: Words) -> Sentence:
    """Check every placeholder and fill in what is fixed. Raises `SentenceError`."""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise SentenceError("a brace is left open: write {name}, and {{ or }} for a brace itself") from error
    parts: list[str | Hole] = []
    for literal, name, style, conversion in pieces:
        _refuse_typed_bounds(literal, words)
        parts.append(literal)
        if style or conversion:
            raise SentenceError(f"{{{name}}} carries a format: write the name alone, values show their own unit")
        if name is not None:
            parts.append(_filled(name, words))
    return Sentence(tuple(part for part in parts if part != ""))


def _refuse_typed_bounds(literal: str, words: Words) -> None:
    typed = {Decimal(each) for each in _NUMBER.findall(literal)}
    for name, condition in words.conditions.items():
        if any(Decimal(str(bound)) in typed for bound in condition.limits):
            raise SentenceError(f"a bound of {name} is typed out: write {{{name}.is}}, so that it follows the check")


def _filled(name: str, words: Words) -> str | Hole:
    fact, dot, aspect = name.partition(".")
    if not dot and fact in words.inputs:
        condition = words.conditions.get(fact)
        return Hole(words.inputs[fact], condition.limits if condition else ())
    if not dot and fact in words.outputs:
        return words.outputs[fact]
    if fact not in words.inputs:
        known = listed([*words.inputs, *words.outputs], fact)
        raise SentenceError(f"unknown placeholder {{{name}}}: this table has {known}")
    return words.inputs[fact].says if aspect == "says" else _of_condition(fact, aspect, words)


def _of_condition(fact: str, aspect: str, words: Words) -> str:
    column, condition = words.inputs[fact], words.conditions.get(fact)
    if condition is None:
        raise SentenceError(f"{{{fact}.{aspect}}} needs a condition on {fact}: this row has none")
    if aspect == "is":
        return f"is {condition}"
    bound = _bound(condition, aspect)
    if bound is None:
        raise SentenceError(f"{{{fact}.{aspect}}} does not exist: {fact} must be {condition}; write {{{fact}.is}}")
    return column.show_exactly(bound)


def _bound(condition: Condition, aspect: str) -> Number | None:
    low, high = condition.bounds
    if aspect == "threshold":
        single = {bound for bound in (low, high) if bound is not None}
        return single.pop() if len(single) == 1 else None
    return {"low": low, "high": high}.get(aspect)
