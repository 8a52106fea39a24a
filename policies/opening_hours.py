"""Calendars: when work goes on, in the local time of a place, and how long a number of open minutes takes.

Local days are turned into instants one by one, so a day with a change of the clock has 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MINUTES_OF_A_DAY = 24 * 60

LONGEST_SEARCH = 400
"""Days looked ahead: no promise of a policy takes longer."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open minutes of each weekday as (from, to) after local midnight; a closed day is absent."""

    days: Mapping[int, tuple[int, int]]

    @property
    def always(self) -> bool:
        """Whether it never closes, so that no time zone is needed."""
        return len(self.days) == len(WEEKDAYS) and set(self.days.values()) == {(0, MINUTES_OF_A_DAY)}

    def after(self, start: datetime, minutes: float, zone: ZoneInfo | None) -> datetime | None:
        """The instant at which this many open minutes have passed since `start`.

        None where it cannot be told: a calendar that closes and no zone, or beyond the end of time.
        """
        try:
            # In UTC: Python adds to a local time by the clock on the wall, which changes twice a year.
            begin, left = start.astimezone(UTC), timedelta(minutes=minutes)
            if self.always:
                return begin + left
            return self._walk(begin, left, zone) if zone else None
        except OverflowError:
            return None

    def _walk(self, start: datetime, left: timedelta, zone: ZoneInfo) -> datetime | None:
        for opens, closes in self._spans(start.astimezone(zone).date(), zone):
            begin = max(start, opens)
            if begin + left <= closes:
                return begin + left
            left -= max(closes - begin, timedelta())
        return None

    def _spans(self, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        for ahead in range(LONGEST_SEARCH):
            local = day + timedelta(days=ahead)
            if local.weekday() in self.days:
                opens, closes = self.days[local.weekday()]
                yield _instant(local, opens, zone), _instant(local, closes, zone)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minute, MINUTES_OF_A_DAY)
    clock = time(rest // 60, rest % 60)
    return datetime.combine(day + timedelta(days=days), clock, zone).astimezone(UTC)


def zone_of(name: str | None) -> ZoneInfo | None:
    """The IANA zone of this name, None where there is none."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
