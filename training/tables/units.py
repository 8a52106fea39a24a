"""The unit that a mapping names: words by which people mean one of ours are answered with ours.

As a word of the retailer's own it would be shown after the number, which then is never told as days or per cent.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from data.record import Unit
from data.units import Measure

TIMES = (Unit.MINUTE, Unit.HOUR, Unit.DAY)
NUMBERS = (*TIMES, Unit.EACH, Unit.RATIO, Unit.MONEY, Unit.SCORE)
_HUNDREDTHS = "ratio, with scale: 0.01 where the column holds per cent"
_MEANT: dict[str, str] = {
    **{unit.value: unit.value for unit in NUMBERS},
    **dict.fromkeys(("minute", "minutes", "mins"), Unit.MINUTE.value),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), Unit.HOUR.value),
    **dict.fromkeys(("day", "days"), Unit.DAY.value),
    **dict.fromkeys(("%", "percent", "per cent", "percentage", "pct"), _HUNDREDTHS),
}
"""What to write in place of a word, in small letters and without a full stop."""


def _as_meant(told: str) -> str:
    if isinstance(told, Unit):
        return told
    ours = _MEANT.get(told.casefold().removesuffix("."))
    if ours is not None:
        raise ValueError(f"write {ours}: that is a unit we know, and a word of your own would only be shown")
    return told


AsMeant = Annotated[Measure, AfterValidator(_as_meant)]
"""A unit as a mapping names it."""
