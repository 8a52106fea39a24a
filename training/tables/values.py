"""One cell of a table to the JSON value of a fact, by the fact's unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.record import Unit, instant_text, to_milliseconds
from data.units import Measure
from training.errors import MappingError
from training.tables.cells import CellError, PointError
from training.tables.guesses import (
    flag_remedy,
    grouped_remedy,
    instant_remedy,
    nothing_known,
    number_remedy,
    point_remedy,
)
from training.tables.sources import NOT_A_NUMBER, Kind, Mark, Scalar, Source, Thousands, duration

Convert = Callable[[Any], Any]
"""From a filled cell to a JSON value, None where the cell says that nothing is known; CellError with the expected."""

_MINUTES: dict[str, float] = {Unit.MINUTE: 1.0, Unit.HOUR: 60.0, Unit.DAY: 1440.0}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_FLAGS = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
_EPOCHS: dict[str | None, int] = {"epoch_seconds": 1, "epoch_milliseconds": 1_000}
_EPOCH_WORDS = "a number of seconds or milliseconds since 1970"
_POINTED = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d{1,3}(\.\d{3})+(,\d*)?)")
"""A number with a point, between thousands or before decimals; 24.12.2026 is none."""
LONGEST_TEXT = 4_000
"""Characters of a case's message; the rest of a longer one is left out."""


def fact_converter(key: str, unit: Unit, source: Source) -> Convert:
    """How a cell becomes a fact of this unit.

    Raises:
        MappingError: an unknown zone.
    """
    return _Told(source, _of_unit(key, unit, source))


def _of_unit(key: str, unit: Unit, source: Source) -> Convert:
    if unit in (Unit.INSTANT, Unit.DATE):
        return instant_reader(key, source, day_only=unit is Unit.DATE)
    if unit is Unit.MONEY:
        return _Money(source)
    if unit is Unit.FLAG:
        return _Flag(source)
    if unit is Unit.TEXT:
        return lambda cell: text_of(cell)[:LONGEST_TEXT]
    if unit in (Unit.IDENTIFIER, Unit.LABEL):
        return text_of
    return _Scaled(source, unit)


def attribute_converter(key: str, kind: Kind, source: Source, unit: Measure | None = None) -> Convert:
    """How a cell becomes an attribute: a category is text, a number a float, a flag true or false, an instant one.

    `unit` is what numbers are measured in: a duration becomes so many of it, and minutes where it is none of time.

    Raises:
        MappingError: an unknown zone.
    """
    kinds: dict[Kind, Callable[[], Convert]] = {
        "category": lambda: text_of,
        "number": lambda: _Float(source, unit=unit),
        "flag": lambda: _Flag(source),
        "instant": lambda: MomentReader(key, source),
    }
    return _Told(source, kinds[kind]())


def moment_converter(key: str, source: Source) -> Convert:
    """How a cell becomes a `datetime` in its own zone.

    Raises:
        MappingError: an unknown zone.
    """
    return _Told(source, MomentReader(key, source))


def number_reader(missing: tuple[str, ...], decimal: Mark | None, thousands: Thousands | None) -> Convert:
    """How a cell becomes a float, None where it says one of the `missing` words: those of a whole mapping."""
    source = Source(row=True, missing=missing, decimal=decimal, thousands=thousands)
    return _Told(source, _Float(source, alone=False))


def instant_reader(key: str, source: Source, day_only: bool) -> Convert:
    """How a cell becomes RFC 3339 in UTC, or a calendar day."""
    read = MomentReader(key, source, zoned=not day_only)
    return (lambda cell: read(cell).date().isoformat()) if day_only else (lambda cell: instant_text(read(cell)))


class _Told:
    """Puts the mapping's words in place of the cell's, and nothing in place of those that mean it."""

    def __init__(self, source: Source, convert: Convert) -> None:
        self._convert = convert
        self._values: dict[str, Scalar] = source.values
        self._words = frozenset(source.missing)
        self._number = _Number(source)
        self._numbers = frozenset(map(self._missing_number, source.missing)) - {None}
        self._plain = not self._words and not self._values
        self._only_numbers = NOT_A_NUMBER in self._words

    def __call__(self, cell: Any) -> Any:
        if self._plain and not isinstance(cell, str):
            return self._convert(cell)
        text = text_of(cell)
        if not text or text in self._words or (self._numbers and self._maybe_number(cell) in self._numbers):
            return None
        try:
            return self._convert(self._values.get(text, cell))
        except CellError:
            if self._only_numbers:
                return None
            raise

    def _maybe_number(self, cell: Any) -> Decimal | None:
        """The number a cell or a word is: -99 is also written -99.0."""
        try:
            return self._number.number(cell.strip() if isinstance(cell, str) else cell)
        except ValueError:
            return None

    def _missing_number(self, word: str) -> Decimal | None:
        """The number that a mapping's word is: the mapping writes -99.5 also where cells write -99,5."""
        number = self._maybe_number(word)
        try:
            return self._number.number(Decimal(word)) if number is None else number
        except (ValueError, InvalidOperation):
            return None


class _Number:
    """Reads decimals as the source writes them."""

    def __init__(self, source: Source, alone: bool = True, unit: Measure | None = None) -> None:
        self._alone = alone
        self._length = timedelta(minutes=_MINUTES.get(unit or Unit.MINUTE, 1.0))
        self._decimal = source.decimal if source.decimal != "." else None
        self._thousands = source.thousands or ""
        self._without = source.without
        self._groups = re.compile(
            rf"[-+]?\d{{1,3}}(?:{re.escape(self._thousands)}\d{{2,3}})*{re.escape(self._thousands)}\d{{3}}"
        )
        self._scale = None if source.scale is None else Decimal(repr(source.scale))

    def number(self, cell: Any) -> Decimal:
        """The cell's number, 87.6 of `87.6 %`; of a duration how many of the column's unit it is."""
        text = repr(cell / self._length) if isinstance(cell, timedelta) else text_of(cell)
        if isinstance(cell, str):
            text = self._bare(text).removesuffix("%").rstrip()
            text = self._ungrouped(text) if self._thousands and self._thousands in text else text
            text = self._with_point(text) if self._decimal else text
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise CellError("expected a number", lambda: number_remedy(text_of(cell), self._alone)) from None
        if not number.is_finite():
            raise CellError("expected a finite number", lambda: nothing_known(text_of(cell)))
        return number if self._scale is None else number * self._scale

    def _bare(self, text: str) -> str:
        """Without what the mapping names before and after it, a sign between the two or not: `-$ 5`, `$ -5`."""
        if not self._without:
            return text
        sign = text[:1] if text[:1] in ("-", "+") else ""
        text = text[len(sign) :].strip()
        for each in self._without:
            text = text.removeprefix(each).removesuffix(each).strip()
        return sign + text

    def _with_point(self, text: str) -> str:
        """With a point for the decimal comma; a point that is there already may stand between thousands."""
        if "." in text and _POINTED.fullmatch(text):
            raise PointError("expected a number with a decimal comma and no point", point_remedy)
        return text.replace(self._decimal or "", ".")

    def _ungrouped(self, text: str) -> str:
        """Without its thousands' marks, which stand before three digits: 2.2 is no 22 in groups."""
        whole, mark, rest = text.partition(self._decimal or ("," if self._thousands == "." else "."))
        if not self._groups.fullmatch(whole) or self._thousands in rest:
            expected = f"expected groups of three digits after each {self._thousands!r}"
            raise CellError(expected, lambda: grouped_remedy(self._thousands))
        return whole.replace(self._thousands, "") + mark + rest


class _Float(_Number):
    def __call__(self, cell: Any) -> float:
        return float(self.number(cell))


class _Money(_Number):
    def __call__(self, cell: Any) -> str:
        return str(round(self.number(cell), 4))


class _Scaled(_Number):
    def __init__(self, source: Source, unit: Unit) -> None:
        super().__init__(source, unit=source.unit or unit)
        self._factor = _MINUTES[source.unit] / _MINUTES[unit] if source.unit else 1.0

    def __call__(self, cell: Any) -> float | int:
        number = float(self.number(cell)) * self._factor
        return int(number) if number.is_integer() else number


class MomentReader:
    """Cells to moments with an offset; a cell without one is read in the source's zone."""

    def __init__(self, key: str, source: Source, zoned: bool = True) -> None:
        self._formats = source.format
        self._zone = _zone(key, source.zone) if source.zone else None
        self._zoned = zoned
        self._plus = duration(source.plus) if source.plus else timedelta()

    def __call__(self, cell: Any) -> datetime:
        """The moment in whole milliseconds. Raises CellError where the cell holds none."""
        moment = self._read(cell)
        if moment.tzinfo is None and self._zoned:
            if self._zone is None:
                raise CellError("expected an instant with an offset", _no_zone)
            moment = moment.replace(tzinfo=self._zone)
        try:
            # Counted in UTC, so that an hour is an hour also on the night the clocks change.
            moved = moment.astimezone(UTC) + self._plus if self._zoned else moment + self._plus
            return to_milliseconds(moved.astimezone(self._zone or UTC) if self._zoned else moved)
        except OverflowError:
            raise CellError("expected an instant in the years 1 to 9999") from None

    def _read(self, cell: Any) -> datetime:
        for form in self._formats or (None,):
            try:
                return _written_as(form, cell)
            except (ValueError, TypeError, OverflowError, OSError):
                continue
        expected = " or ".join(_EPOCH_WORDS if each in _EPOCHS else f"an instant as {each}" for each in self._formats)
        expected = f"expected {expected or 'an instant as ISO 8601'}"
        raise CellError(expected, lambda: instant_remedy(text_of(cell), self._formats))


def _no_zone() -> str:
    return "declare the column's zone, such as zone: UTC"


def _written_as(form: str | None, cell: Any) -> datetime:
    """The moment in a cell of this format, of none in ISO 8601. Raises where it is another."""
    if form in _EPOCHS:
        return datetime.fromtimestamp(float(cell) / _EPOCHS[form], UTC)
    if isinstance(cell, datetime):
        return cell
    text = text_of(cell)
    return datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 (the zone is declared apart)


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


class _Flag:
    """Reads flags as anybody writes them; a word that the mapping's `values` names is one already."""

    def __init__(self, source: Source) -> None:
        self._listed = list(source.values)

    def __call__(self, cell: Any) -> bool:
        word = text_of(cell)
        if word.lower() not in _FLAGS:
            raise CellError("expected true or false, yes or no, 1 or 0", lambda: flag_remedy(word, self._listed))
        return _FLAGS[word.lower()]
