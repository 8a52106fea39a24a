"""What a feature is: a small typed function of case and standing, with its unit and its sentence for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from typing import Literal, TypeVar

from data.case import Case, minutes_between
from data.record import Unit
from data.standing import Standing
from data.units import Measure

Value = float | None
"""What a feature answers: a finite number, or None where it is not known."""

Compute = Callable[[Case, Standing], Value]
News = Callable[[Case, Standing], str | None]
"""The sentence that a case names something no history told of; None where it is known, or nothing is named."""

NEW = "is new to the model"
UNHEARD = "was not heard of lately"
"""How such a sentence says it."""

Kind = Literal["number", "category", "flag"]
Moment = Literal["event", "standing", "history"]
"""When a value is known: with the event, from outcomes recorded before it, or from the days before it."""

SMALLEST_DIVISOR = 1e-6
_ROOMS = ("standing.", "attribute.", "fact.")
"""Of a feature's name, what tells only where it is kept, in this order."""

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True)
class Feature:
    """One number of a case.

    `says` is a sentence with a `{value}`, and `[one|many]` where a word depends on it; `below_zero` replaces it where
    the value is negative (shown without its sign). `about` names the fact ("How long the task has waited"). `lever`
    is True where somebody can change the value. `levels` are the labels of a category, coded 0 to k - 1; `words` how
    a flag reads when false and when true. `news` speaks instead of the sentence where the case names a level or party
    that the history did not. `called` is what people call the retailer's own, where a mapping says so. `background` is
    True where it tells how much goes on around the case rather than of the case: few rows learn of it by heart.
    `guessed` speaks instead of both where the number rests on next to nothing and is a guess. `from_outcomes` is True
    where outcomes feed it: where none is told any more, it fades whatever happens. `of` is None-safe and pure, and
    answers a finite number or None.
    """

    name: str
    unit: Measure
    says: str
    about: str
    of: Compute
    lever: bool = False
    known: Moment = "event"
    levels: tuple[str, ...] = ()
    below_zero: str | None = None
    words: tuple[str, str] = ("no", "yes")
    news: News | None = None
    called: str | None = None
    background: bool = False
    guessed: News | None = None
    from_outcomes: bool = False

    @property
    def kind(self) -> Kind:
        """Whether its number is an amount, the code of a level, or 0 and 1."""
        if self.unit is Unit.FLAG:
            return "flag"
        return "category" if self.levels else "number"


def feature(
    unit: Unit,
    says: str,
    *,
    lever: bool = False,
    known: Moment = "event",
    levels: tuple[str, ...] = (),
    below_zero: str | None = None,
    words: tuple[str, str] = ("no", "yes"),
) -> Callable[[Compute], Feature]:
    """Make a feature of a function: its name is the feature's, its docstring says what the feature is about.

    Raises:
        ValueError: when the function has no docstring, or the sentence no `{value}`.
    """

    def define(of: Compute) -> Feature:
        name, about = of.__name__, (of.__doc__ or "").strip().rstrip(".")
        if not about or "{value}" not in says:
            raise ValueError(f"feature {name} needs a docstring and a sentence with a {{value}}; got {says!r}")
        return Feature(name, unit, says, about, of, lever, known, tuple(map(str, levels)), below_zero, words)

    return define


def plain_name(name: str) -> str:
    """A feature's name as people read it, without the rooms it is kept in: `vendor breach rate`."""
    for room in _ROOMS:
        name = name.removeprefix(room)
    return name.replace("_", " ").replace(".", " ")


def features_in(module: ModuleType) -> tuple[Feature, ...]:
    """The features a module defines, in the order of their definition."""
    return tuple(each for each in vars(module).values() if isinstance(each, Feature))


def values_of(features: Iterable[Feature], case: Case, standing: Standing) -> list[float]:
    """What features answer of a case; NaN where one does not know."""
    # A list of floats becomes an array many times faster than one with None.
    return [math.nan if (value := each.of(case, standing)) is None else value for each in features]


def ratio(part: float | Decimal | None, whole: float | Decimal | None) -> Value:
    """Part by whole; None where either is unknown or the whole is nothing."""
    if part is None or whole is None:
        return None
    divisor = float(whole)
    return None if abs(divisor) < SMALLEST_DIVISOR else float(part) / divisor


def difference(minuend: float | Decimal | None, subtrahend: float | Decimal | None) -> Value:
    """One less the other; None where either is unknown."""
    return None if minuend is None or subtrahend is None else float(minuend) - float(subtrahend)


def relative_gap(value: Decimal | None, usual: Decimal | None) -> Value:
    """How far a value lies over another, as a share of the other."""
    return None if value is None or usual is None else ratio(value - usual, usual)


def number(value: float | Decimal | None) -> Value:
    """Any known number as a float."""
    return None if value is None else float(value)


def since(start: datetime | None, case: Case) -> Value:
    """Minutes from a moment to the case's; negative where it lies ahead."""
    return minutes_between(start, case.event.time)


def coder(levels: tuple[str, ...]) -> Callable[[str | None], Value]:
    """A function from a label to its code; None for a label that is unknown or new."""
    codes: dict[str | None, float] = {str(level): float(code) for code, level in enumerate(levels)}
    return codes.get


def shared(compute: Callable[[A], T]) -> Callable[[A], T]:
    """Compute once for all features of a case: the last answer is kept with what it was computed from.

    The argument, an immutable record, is known again by identity. Both are swapped together, so threads may compute
    twice but never see another case's answer.
    """
    last: tuple[A, T] | None = None

    def of(asked: A) -> T:
        nonlocal last
        kept = last
        if kept is None or kept[0] is not asked:
            kept = last = (asked, compute(asked))
        return kept[1]

    return of
