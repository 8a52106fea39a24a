"""Within what time an event is predicted, in words: an ISO 8601 duration of days, hours and minutes."""

from __future__ import annotations

import re

A_DAY = "P1D"
UNSAID = ""
"""The horizon of a model whose cases say no time within which the event fell."""
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_UNITS = ("day", "hour", "minute")


def within(horizon: str | None) -> str:
    """`P1D` is within one day, `P90D` within 90 days; empty where none is said."""
    return f"within {_span(horizon, 'one ')}" if horizon else ""


def within_the_next(horizon: str | None) -> str:
    """`P1D` is within the next day, `P90D` within the next 90 days; empty where none is said."""
    return f"within the next {_span(horizon, '')}" if horizon else ""


def _span(horizon: str, one: str) -> str:
    parts = _DURATION.fullmatch(horizon)
    if parts is None:
        return horizon
    told = [(int(number), unit) for number, unit in zip(parts.groups(), _UNITS, strict=True) if number]
    words = [f"{one}{unit}" if number == 1 else f"{number:,} {unit}s" for number, unit in told if number]
    return " and ".join(words) or horizon
