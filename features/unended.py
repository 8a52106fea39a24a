"""What a history leaves open: exceptions of which it tells no outcome, and when they end if they end as others do.

A history is written down on some day. What was open then ends later, and whoever goes on from its snapshot is never
told so: it would be open until it fades. So the snapshot tells of each when it ends by the usual time of the others,
counted by how likely its outcome is told at all. What is told later, in truth, is another case to the service: it comes
and ends by itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from data.outcome import HistoryLine
from features.decay import fade
from features.lessons import Lesson, Pending, stays_open
from features.party_rows import OPEN_HALF_LIFE, PartyKey

FEWEST = 30
"""Outcomes below which nothing is usual."""
OLD = 0.95
"""The share of outcomes that are told within a time after which whoever still waits mostly waits for ever."""


class _Waits(NamedTuple):
    """When an exception came, with which event, and the parties that it is open of."""

    came: datetime
    event_id: str
    keys: tuple[PartyKey, ...]


class Unended:
    """The exceptions of a replay that still wait for their first outcome, and how long the others waited."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waits] = {}
        self._came = array("d")
        self._took = array("d")
        self._latest = datetime.min.replace(tzinfo=UTC)

    def hear(self, line: HistoryLine, keys: tuple[PartyKey, ...], first: bool) -> None:
        """Note the line of an exception, in the order of their moments; `first` of it, or a later one."""
        case, self._latest = line.case, line.case.event.time
        if first and stays_open(case):
            self._waiting[case.exception_id] = _Waits(case.event.time, case.event.id, keys)
        if line.outcome is None or case.exception_id not in self._waiting:
            return
        came = self._waiting.pop(case.exception_id).came
        self._came.append(came.timestamp())
        self._took.append(max(0.0, (line.outcome.recorded_at - came).total_seconds()))

    def presumed(self) -> Iterator[Pending]:
        """When those that wait at the last line end, if they do as the others did: lessons that tell nothing else."""
        took = sorted(self._took)
        if len(took) < FEWEST:
            return
        told = self._share_told(self._latest.timestamp() - took[int(OLD * (len(took) - 1))])
        for exception_id, each in self._waiting.items():
            if ends := _end(took, (self._latest - each.came).total_seconds(), told):
                after, likely = ends
                at = each.came + timedelta(seconds=after)
                left = likely * fade(each.came, at, OPEN_HALF_LIFE)
                yield Pending(at, each.event_id, 0, each.keys, Lesson(at, ends=left), exception_id)

    def _share_told(self, before: float) -> float:
        """Of exceptions that came before a moment (s), the share of which an outcome is told."""
        told = sum(came <= before for came in self._came)
        silent = sum(each.came.timestamp() <= before for each in self._waiting.values())
        return told / (told + silent) if told else 1.0


def _end(took: Sequence[float], age: float, told: float) -> tuple[float, float] | None:
    """After how long (s) one of this age ends, and how likely it is told; None where none took so long."""
    begins = bisect_right(took, age)
    longer = len(took) - begins
    if not longer:
        return None
    survives = told * longer / len(took)
    return took[begins + (longer - 1) // 2], survives / (survives + 1.0 - told)
