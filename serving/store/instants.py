"""Instants as the tables keep them: whole milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_number(instant: datetime) -> int:
    """Milliseconds since 1970, rounded down; exact for every instant a record can hold."""
    return (instant - _EPOCH) // _MILLISECOND


def to_instant(number: int) -> datetime:
    """The instant of so many milliseconds."""
    return _EPOCH + number * _MILLISECOND
