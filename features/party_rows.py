"""Where the standing of parties is kept: a small row per party, in a dict, a database, or over a bundle's snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from features.decay import fade


class PartyKey(NamedTuple):
    """The kind of a party and its id."""

    kind: str
    id: str


class PartyState(NamedTuple):
    """A party's stored row: sums as of the instant they were last changed.

    `arrivals`, `shelves`, `empty`, `closing`, `late`, `wanted` and `usual` are as of `arrived_at`; all other sums as of
    `recorded_at`. What each means stands with `data.standing.PartyStanding`.
    """

    kind: str
    id: str
    arrived_at: datetime | None = None
    arrivals: float = 0.0
    shelves: float = 0.0
    empty: float = 0.0
    closing: float = 0.0
    late: float = 0.0
    wanted: float = 0.0
    usual: float = 0.0
    recorded_at: datetime | None = None
    outcomes: float = 0.0
    breaches: float = 0.0
    resolved: float = 0.0
    resolution: float = 0.0
    outcomes_long: float = 0.0
    breaches_long: float = 0.0
    outcomes_short: float = 0.0
    breaches_short: float = 0.0
    shelf_outcomes: float = 0.0
    stockouts: float = 0.0
    shelf_outcomes_lately: float = 0.0
    stockouts_lately: float = 0.0
    granted: float = 0.0
    causes: Mapping[str, float] = {}

    @property
    def key(self) -> PartyKey:
        """What the row is found by."""
        return PartyKey(self.kind, self.id)


class PartyRows(Protocol):
    """Where party rows are kept. Keys come in one fixed order, so that rows can be locked without deadlock."""

    def get(self, keys: Sequence[PartyKey]) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key."""
        ...

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        ...


class MemoryRows:
    """Party rows in a dict, for replaying a history."""

    def __init__(self) -> None:
        self._states: dict[PartyKey, PartyState] = {}

    def get(self, keys: Sequence[PartyKey]) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, by key."""
        states = self._states
        return {key: states[key] for key in keys if key in states}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._states.update((state.key, state) for state in states)

    def __iter__(self) -> Iterator[PartyState]:
        """All rows in order of their keys."""
        return (self._states[key] for key in sorted(self._states))


LONG_HALF_LIFE = timedelta(days=365)
"""Of the sums over years."""

Seeds = Mapping[PartyKey, PartyState]
"""A snapshot as it was read: what a party starts from that the rows have not seen."""

_INSTANTS = ("arrived_at", "recorded_at")
_SUMS = (
    "arrivals",
    "shelves",
    "empty",
    "closing",
    "late",
    "wanted",
    "usual",
    "outcomes",
    "breaches",
    "resolved",
    "resolution",
    "outcomes_long",
    "breaches_long",
    "outcomes_short",
    "breaches_short",
    "shelf_outcomes",
    "stockouts",
    "shelf_outcomes_lately",
    "stockouts_lately",
    "granted",
)


def snapshot(rows: Iterable[PartyState]) -> list[dict[str, Any]]:
    """The rows as JSON values, exact to the bit. Ids are those the sender gave, customers' pseudonymous."""
    return [_to_json(state) for state in rows]


def read_snapshot(rows: Iterable[Mapping[str, Any]]) -> Seeds:
    """A snapshot's rows by key. Read it once per bundle: it can be large."""
    return {state.key: state for state in map(_from_json, rows)}


def _to_json(state: PartyState) -> dict[str, Any]:
    told = {name: value for name, value in state._asdict().items() if value}
    return {name: value.isoformat() if name in _INSTANTS else value for name, value in told.items()}


def _from_json(row: Mapping[str, Any]) -> PartyState:
    # JSON writes 1.0 as 1, and sums are to be floats wherever they come from.
    told: dict[str, Any] = {name: datetime.fromisoformat(row[name]) for name in _INSTANTS if name in row}
    told |= {name: float(row[name]) for name in _SUMS if name in row}
    causes = {cause: float(value) for cause, value in row.get("causes", {}).items()}
    return PartyState(row["kind"], row["id"], causes=causes, **told)


class SeededRows:
    """Rows over a bundle's snapshot: a party the rows have not seen starts from the snapshot.

    What is remembered over years is taken from the snapshot where that knows more: a row may have been begun by a
    shorter history, or before there was such a memory.
    """

    def __init__(self, rows: PartyRows, seeds: Seeds) -> None:
        self._rows = rows
        self._seeds = seeds

    def get(self, keys: Sequence[PartyKey]) -> Mapping[PartyKey, PartyState]:
        """The rows that exist or are seeded, by key."""
        seeds = {key: self._seeds[key] for key in keys if key in self._seeds}
        kept = self._rows.get(keys)
        return {**seeds, **{key: _reminded(state, seeds.get(key)) for key, state in kept.items()}}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._rows.put(states)


def _reminded(state: PartyState, seed: PartyState | None) -> PartyState:
    if seed is None or not seed.outcomes_long:
        return state
    at = state.recorded_at or seed.recorded_at
    left = 1.0 if at is None else fade(seed.recorded_at, at, LONG_HALF_LIFE)
    outcomes, breaches = seed.outcomes_long * left, seed.breaches_long * left
    if outcomes <= state.outcomes_long:
        return state
    return state._replace(recorded_at=at, outcomes_long=outcomes, breaches_long=breaches)


class ScratchRows:
    """Rows that change in memory alone: what is kept is read, and stays as it is."""

    def __init__(self, rows: PartyRows) -> None:
        self._rows = rows
        self._changed = MemoryRows()

    def get(self, keys: Sequence[PartyKey]) -> Mapping[PartyKey, PartyState]:
        """The rows that exist, changed ones as they were changed."""
        return {**self._rows.get(keys), **self._changed.get(keys)}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows, in memory."""
        self._changed.put(states)
