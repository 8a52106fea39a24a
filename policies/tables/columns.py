"""A column of a table: the name, type and unit of a fact or of an output, how it is read and how it is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from data.amounts import beside, exactly, plain_number
from data.explanation import Seen
from data.record import Unit, money_text
from policies.tables.regions import (
    ANY_LABEL,
    ANY_NUMBER,
    MISSING_LABEL,
    MISSING_NUMBER,
    Choice,
    Number,
    Region,
    Value,
)


class ColumnType(StrEnum):
    """What a column holds."""

    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    LABEL = "label"
    FLAG = "flag"
    TEXT = "text"

    @property
    def is_numeric(self) -> bool:
        """Whether conditions on it are intervals."""
        return self in (ColumnType.MONEY, ColumnType.NUMBER, ColumnType.COUNT)


class Unusable:
    """A fact that came but cannot be compared: every comparison with it is undecided, never true or false."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return None

    __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __repr__(self) -> str:
        return "UNUSABLE"


UNUSABLE: Final = Unusable()

_MEASURES: Final = {each.value: each for each in (Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.RATIO)}


@dataclass(frozen=True, slots=True)
class Column:
    """One fact a table reads or one output it gives.

    `values` are a label's possible values in order; a label without them is open: any text is a value.
    """

    name: str
    type: ColumnType
    says: str
    unit: str | None = None
    values: tuple[str, ...] = ()
    optional: bool = False
    read: Callable[[Any], Any] = field(init=False, repr=False, compare=False)
    """Turns what came into a value, None (missing) or `UNUSABLE` (a wrong type, an unknown label, not finite)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", _label_reader(self.values) if self.values else _READERS[self.type])

    @property
    def whole(self) -> Region:
        """Every value the fact can have, missing included."""
        if self.type.is_numeric:
            return ANY_NUMBER
        if self.type is ColumnType.FLAG:
            return Choice(frozenset({True, False, None}))
        return Choice(frozenset({*self.values, None})) if self.values else ANY_LABEL

    @property
    def missing(self) -> Region:
        """The fact that did not come."""
        return MISSING_NUMBER if self.type.is_numeric else MISSING_LABEL

    @property
    def present(self) -> Region:
        """Every value, not missing."""
        return self.whole & ~self.missing

    def show_fact(self, facts: Mapping[str, Any], limits: Iterable[Number] = ()) -> str:
        """This fact of a case, as `show` writes it."""
        return self.show(self.read(facts.get(self.name)), limits)

    def show(self, value: Value | Unusable, limits: Iterable[Number] = ()) -> str:
        """The value of a case as a store manager reads it: short, and never so that it contradicts a limit it met."""
        unit = self._measure
        if unit is None or not isinstance(value, float | int) or isinstance(value, bool):
            return self.show_exactly(value)
        return beside(float(value), unit, limits)

    def show_exactly(self, value: Value | Unusable) -> str:
        """A value that the policy wrote: every digit, with its unit."""
        if isinstance(value, Unusable):
            return "unusable"
        if value is None or isinstance(value, bool):
            return {None: "missing", True: "yes", False: "no"}[value]
        if isinstance(value, str):
            return value.replace("_", " ") if self.values else value
        if self._measure is not None:
            return exactly(float(value), self._measure)
        text = money_text(Decimal(value)) if self.type is ColumnType.MONEY else plain_number(value)
        return f"{text} {self.unit}" if self.unit else text

    @property
    def _measure(self) -> Unit | None:
        """What people write in more than one unit: a number that is a duration or a share; others stand as they are."""
        return _MEASURES.get(self.unit or "") if self.type is ColumnType.NUMBER else None


def seen(value: Value | Unusable) -> Seen:
    """The value as an explanation records it: money as a decimal string, None where missing or unusable."""
    if isinstance(value, Unusable):
        return None
    return money_text(value) if isinstance(value, Decimal) else value


def _read_money(value: Any) -> Any:
    if value is None or (isinstance(value, Decimal) and value.is_finite()):
        return value
    return value if type(value) is int else UNUSABLE


def _read_number(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value if type(value) is int else UNUSABLE


def _read_count(value: Any) -> Any:
    return value if value is None or type(value) is int else UNUSABLE


def _read_flag(value: Any) -> Any:
    return value if value is None or value is True or value is False else UNUSABLE


def _read_text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else UNUSABLE


def _label_reader(values: tuple[str, ...]) -> Callable[[Any], Any]:
    known: dict[str | None, str | None] = {None: None, **{each: each for each in values}}

    def read(value: Any) -> Any:
        return known.get(value, UNUSABLE) if value is None or isinstance(value, str) else UNUSABLE

    return read


_READERS: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.MONEY: _read_money,
    ColumnType.NUMBER: _read_number,
    ColumnType.COUNT: _read_count,
    ColumnType.FLAG: _read_flag,
    ColumnType.LABEL: _read_text,
    ColumnType.TEXT: _read_text,
}
