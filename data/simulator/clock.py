"""Simulated time: seconds since 1970 in UTC, days since 1970, and how both are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0

_FIRST = date(1970, 1, 1)


def seconds(instant: datetime) -> float:
    """The instant as whole seconds since 1970; raises ValueError where it has no offset."""
    if instant.tzinfo is None:
        raise ValueError(f"a moment needs an offset; got {instant.isoformat()}, try {instant.isoformat()}+00:00")
    return float(int(instant.timestamp()))


@lru_cache(maxsize=4096)
def date_of(day: int) -> date:
    """The calendar day."""
    return _FIRST + timedelta(days=day)


@lru_cache(maxsize=4096)
def date_text(day: int) -> str:
    """The calendar day as ISO 8601 writes it."""
    return date_of(day).isoformat()


def stamp(at: float) -> str:
    """RFC 3339 in UTC, to the second."""
    day, rest = divmod(int(at), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{date_text(day)}T{hours:02}:{minutes:02}:{rest:02}Z"


@lru_cache(maxsize=8192)
def offset_hours(zone: str, day: int) -> int:
    """Hours by which the zone's clocks are ahead of UTC at noon UTC of that day."""
    noon = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    ahead = noon.astimezone(ZoneInfo(zone)).utcoffset()
    return round(ahead.total_seconds() / HOUR) if ahead else 0
