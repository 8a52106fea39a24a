"""One cell of a table to the JSON value of a fact, by the fact's unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.record import Unit, instant_text, to_milliseconds
from training.errors import MappingError
from training.mapping import AttributeSource, Source

Convert = Callable[[Any], Any]
"""From a filled cell to a JSON value; ValueError with what was expected."""

_MINUTES = {Unit.MINUTE: 1.0, Unit.HOUR: 60.0, Unit.DAY: 1440.0}
_FLAGS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


def fact_converter(key: str, unit: Unit, source: Source) -> Convert:
    """How a cell becomes a fact of this unit.

    Raises:
        MappingError: an unknown zone.
    """
    if unit in (Unit.INSTANT, Unit.DATE):
        return _Instant(key, unit, source)
    if unit is Unit.MONEY:
        return _money
    if unit is Unit.FLAG:
        return _flag
    if unit in (Unit.IDENTIFIER, Unit.LABEL, Unit.TEXT):
        return _Word(source.values)
    return _Scaled(_MINUTES[source.unit] / _MINUTES[unit] if source.unit else 1.0)


def attribute_converter(source: AttributeSource) -> Convert:
    """How a cell becomes an attribute: a category is text, a number a float, a flag true or false."""
    match source.kind:
        case "number":
            return lambda cell: float(_number(cell))
        case "flag":
            return _flag
        case "category":
            return _Word(source.values)


class _Word:
    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def __call__(self, cell: Any) -> str:
        text = text_of(cell)
        return self._values.get(text, text)


class _Scaled:
    def __init__(self, factor: float) -> None:
        self._factor = factor

    def __call__(self, cell: Any) -> float | int:
        number = float(_number(cell)) * self._factor
        return int(number) if number.is_integer() else number


class _Instant:
    """Cells to RFC 3339 in UTC, or to a calendar day; a cell without an offset is read in the declared zone."""

    def __init__(self, key: str, unit: Unit, source: Source) -> None:
        self._day_only = unit is Unit.DATE
        self._format = source.format
        self._zone = _zone(key, source.zone) if source.zone else None
        self._plus = duration(source.plus) if source.plus else timedelta()

    def __call__(self, cell: Any) -> str:
        moment = self._read(cell)
        if self._day_only:
            return (moment + self._plus).date().isoformat()
        if moment.tzinfo is None:
            if self._zone is None:
                raise ValueError("expected an instant with an offset; declare the column's zone, such as zone: UTC")
            moment = moment.replace(tzinfo=self._zone)
        return instant_text(to_milliseconds(moment.astimezone(UTC) + self._plus))

    def _read(self, cell: Any) -> datetime:
        if isinstance(cell, datetime):
            return cell
        text = str(cell).strip()
        try:
            return datetime.strptime(text, self._format) if self._format else datetime.fromisoformat(text)  # noqa: DTZ007 (the zone is declared apart)
        except ValueError:
            raise ValueError(f"expected an instant as {self._format or 'ISO 8601'}") from None


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes: `P5D`, `PT120H`, `P1DT30M`."""
    parts = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
    if parts is None:
        raise ValueError(f"expected a duration such as P5D or PT120H, got {text!r}")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _zone(key: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise MappingError(f"{key}.zone", f"expected an IANA zone such as Europe/Berlin, got {name!r}") from None


def text_of(cell: Any) -> str:
    """A cell as a word. Whole numbers lose the `.0` that a column with gaps gives them."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _number(cell: Any) -> Decimal:
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation:
        raise ValueError("expected a number") from None
    if not number.is_finite():
        raise ValueError("expected a finite number")
    return number


def _money(cell: Any) -> str:
    return str(round(_number(cell), 4))


def _flag(cell: Any) -> bool:
    word = text_of(cell).lower()
    if word not in _FLAGS:
        raise ValueError("expected true or false, yes or no, 1 or 0")
    return _FLAGS[word]
