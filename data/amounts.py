"""Numbers in the units people use: one place for the sentences of features, rules and gates.

A duration is minutes under two hours, hours under two days, else days; a share is a percentage; both have one decimal
under ten and none above. A word of the retailer's own stands after the number as it is. `amount` is short, `exactly`
keeps every digit, and `beside` is short wherever that says the same of its limits as the number itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from data.record import Unit
from data.units import Measure, own_word

_HOUR, _DAY = Decimal(60), Decimal(1440)
_MINUTES_IN: dict[str, Decimal] = {Unit.MINUTE: Decimal(1), Unit.HOUR: _HOUR, Unit.DAY: _DAY}


@dataclass(frozen=True, slots=True)
class _Measured:
    """A number in minutes, per cent or its own unit, and the unit it is shown in."""

    number: Decimal
    size: Decimal
    """How much one of the shown unit is."""
    sign: str
    few: tuple[int, int]
    """Below which size how many decimals are shown; none above."""

    @property
    def short(self) -> str:
        """Few digits, without the unit."""
        shown = self.number / self.size
        below, decimals = self.few
        text = f"{shown:z.{decimals if abs(shown) < below else 0}f}"
        return text.rstrip("0").removesuffix(".") if "." in text else text

    @property
    def meant(self) -> Decimal:
        """The number that the short form says."""
        return Decimal(self.short) * self.size

    @property
    def short_with_unit(self) -> str:
        """The short form as it stands in a sentence."""
        return f"{self.short}{self.sign}"


def amount(value: float, unit: Measure) -> str:
    """A number in its unit, in few digits: `41 min`, `3.2 days`, `62 %`, `240.00`, `40 kg`."""
    return f"{value:z.2f}" if unit is Unit.MONEY else _measured(value, unit).short_with_unit


def together(values: Sequence[float], unit: Measure) -> tuple[str, ...]:
    """Numbers that are read beside one another; durations in the unit of the longest, `1 day`, `8 days`, or each in its
    own where that would round one of them by more than a tenth.
    """
    if unit not in _MINUTES_IN:
        return tuple(amount(value, unit) for value in values)
    own = [_measured(value, unit) for value in values]
    largest = max(own, key=lambda each: abs(each.number))
    alike = [replace(each, size=largest.size, sign=largest.sign) for each in own]
    near = all(abs(each.meant - each.number) <= abs(each.number) / 10 for each in alike)
    return tuple(_of_one(each) for each in (alike if near else own))


def _of_one(told: _Measured) -> str:
    return f"{told.short} day" if told.sign == " days" and told.short in ("1", "-1") else told.short_with_unit


def percent(share: float) -> str:
    """A share in whole per cent, `62 %`; near the ends it says so, because 0 % and 100 % would claim certainty."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:z.0f} %"


def exactly(value: float, unit: Measure) -> str:
    """A number in its unit with every digit it has: `4 h`, `3 h 20 min`, `34.45 %`."""
    found = _measured(value, unit)
    if found.meant == found.number:
        return found.short_with_unit
    return _in_parts(found.number) if unit in _MINUTES_IN else f"{plain_number(found.number)}{found.sign}"


def beside(value: float, unit: Measure, limits: Iterable[float | Decimal]) -> str:
    """A number that is read next to limits: short, unless the short form would lie on another side of one."""
    found = _measured(value, unit)
    others = [_measured(float(limit), unit).number for limit in limits]
    same = all(_side(found.meant, other) == _side(found.number, other) for other in others)
    return found.short_with_unit if same else exactly(value, unit)


def plain_number(value: Decimal | float) -> str:
    """Every digit and no exponent."""
    text = f"{_decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: Decimal | float) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _measured(value: float, unit: Measure) -> _Measured:
    number = _decimal(value)
    if unit in _MINUTES_IN:
        number *= _MINUTES_IN[unit]
        return _Measured(number, *_clock(abs(number)), few=(10, 1))
    if unit is Unit.RATIO:
        return _Measured(number * 100, Decimal(1), " %", few=(10, 1))
    return _Measured(number, Decimal(1), own_word(unit), few=(10, 1) if unit is Unit.EACH else (100, 2))


def _clock(minutes: Decimal) -> tuple[Decimal, str]:
    if minutes < 2 * _HOUR:
        return Decimal(1), " min"
    return (_HOUR, " h") if minutes < 2 * _DAY else (_DAY, " days")


def _in_parts(minutes: Decimal) -> str:
    """A duration whose short form would lose something: `4 h 1 min`."""
    rest = abs(minutes)
    parts: list[str] = []
    for size, sign, least in ((_DAY, "days", 2 * _DAY), (_HOUR, "h", 2 * _HOUR)):
        if rest >= (size if parts else least):
            whole, rest = divmod(rest, size)
            parts.append(f"{whole:f} {sign}")
    parts += [f"{plain_number(rest)} min"] if rest else []
    return ("-" if minutes < 0 else "") + " ".join(parts)


def _side(one: Decimal, other: Decimal) -> int:
    return (one > other) - (one < other)
