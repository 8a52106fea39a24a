"""Where the standing of parties is kept: a small row per party, in a dict or a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

OUTCOME_HALF_LIFE = timedelta(days=30)
SHORT_HALF_LIFE = timedelta(hours=6)
"""Of the sums over hours: what holds up many cases at once shows here first."""
LATELY_HALF_LIFE = timedelta(days=3)
LONG_HALF_LIFE = timedelta(days=365)
"""Of the sums over years."""
OPEN_HALF_LIFE = timedelta(days=30)
"""Of a case that nobody closes: what is never told of fades from what is open."""


class PartyKey(NamedTuple):
    """The kind of a party and its id."""

    kind: str
    id: str


class PartyState(NamedTuple):
    """A party's stored row: sums as of the instant they were last changed.

    `arrivals`, `opened`, `shelves`, `empty`, `closing`, `late`, `wanted` and `usual` are as of `arrived_at`; all other
    sums as of `recorded_at`. What each means stands with `data.standing.PartyStanding`.
    """

    kind: str
    id: str
    arrived_at: datetime | None = None
    arrivals: float = 0.0
    opened: float = 0.0
    shelves: float = 0.0
    empty: float = 0.0
    closing: float = 0.0
    late: float = 0.0
    wanted: float = 0.0
    usual: float = 0.0
    recorded_at: datetime | None = None
    ended: float = 0.0
    outcomes: float = 0.0
    breaches: float = 0.0
    resolved: float = 0.0
    resolution: float = 0.0
    outcomes_long: float = 0.0
    breaches_long: float = 0.0
    resolved_long: float = 0.0
    resolution_long: float = 0.0
    resolution_squares: float = 0.0
    outcomes_short: float = 0.0
    breaches_short: float = 0.0
    shelf_outcomes: float = 0.0
    stockouts: float = 0.0
    shelf_outcomes_lately: float = 0.0
    stockouts_lately: float = 0.0
    granted: float = 0.0
    causes: Mapping[str, float] = {}
    lessons: str | None = None
    """The digest of the pending lessons of the snapshot that it began from; None where none is of its party."""
    heard: int = 0
    """How many of those it holds: see `features.lessons`."""

    @property
    def key(self) -> PartyKey:
        """What the row is found by."""
        return PartyKey(self.kind, self.id)


class Until(NamedTuple):
    """Of pending lessons, which count: those known by a moment; where an event is named, those before its own."""

    at: datetime
    event_id: str | None = None


NOW = Until(datetime.max.replace(tzinfo=UTC))
"""Every lesson counts."""


def later(one: datetime | None, other: datetime) -> datetime:
    """The later of two instants."""
    return other if one is None or other > one else one


class PartyRows(Protocol):
    """Where party rows are kept. Keys come in one fixed order, so that rows can be locked without deadlock."""

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key, with what pending lessons told by then where rows wait for any."""
        ...

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        ...


class MemoryRows:
    """Party rows in a dict, for replaying a history."""

    def __init__(self) -> None:
        self._states: dict[PartyKey, PartyState] = {}

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key."""
        states = self._states
        return {key: states[key] for key in keys if key in states}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._states.update((state.key, state) for state in states)

    def __iter__(self) -> Iterator[PartyState]:
        """All rows in order of their keys."""
        return (self._states[key] for key in sorted(self._states))


class ScratchRows:
    """Rows that change in memory alone: what is kept is read, and stays as it is."""

    def __init__(self, rows: PartyRows) -> None:
        self._rows = rows
        self._changed = MemoryRows()

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, changed ones as they were changed."""
        return {**self._rows.get(keys, until), **self._changed.get(keys)}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows, in memory."""
        self._changed.put(states)
