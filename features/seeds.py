"""A bundle's snapshot of the parties, as rows, and how a replay and the service go on from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from data.case import Case
from features.decay import fade
from features.lessons import NO_LESSONS, PENDING, Lessons, Pending, pending_rows
from features.party_rows import LONG_HALF_LIFE, NOW, PartyKey, PartyRows, PartyState, Until

Seeds = Mapping[PartyKey, PartyState]
"""A snapshot's parties as they were read: what a party starts from that the rows have not seen."""
Earlier = Callable[[str], Lessons]
"""The lessons of an earlier snapshot, by their digest; none where they are gone."""

_INSTANTS = ("arrived_at", "recorded_at")
_SUMS = (
    "arrivals",
    "opened",
    "shelves",
    "empty",
    "closing",
    "late",
    "wanted",
    "usual",
    "ended",
    "outcomes",
    "breaches",
    "resolved",
    "resolution",
    "outcomes_long",
    "breaches_long",
    "resolved_long",
    "resolution_long",
    "resolution_squares",
    "outcomes_short",
    "breaches_short",
    "shelf_outcomes",
    "stockouts",
    "shelf_outcomes_lately",
    "stockouts_lately",
    "granted",
)
_OVER_YEARS = (("outcomes_long", "breaches_long"), ("resolved_long", "resolution_long", "resolution_squares"))
"""Sums that are told together, what counts them first."""


def snapshot(rows: Iterable[PartyState], pending: Iterable[Pending] = ()) -> list[dict[str, Any]]:
    """The rows as JSON values, exact to the bit, then the lessons that wait for their moment.

    Ids are those the sender gave, customers' pseudonymous.
    """
    return [*(_to_json(state) for state in rows), *pending_rows(pending)]


def read_snapshot(rows: Iterable[Mapping[str, Any]]) -> Seeds:
    """A snapshot's parties by key. Read it once per bundle: it can be large."""
    return {state.key: state for state in (_from_json(row) for row in rows if row["kind"] != PENDING)}


def _to_json(state: PartyState) -> dict[str, Any]:
    told = {name: value for name, value in state._asdict().items() if value}
    return {name: value.isoformat() if name in _INSTANTS else value for name, value in told.items()}


def _from_json(row: Mapping[str, Any]) -> PartyState:
    # JSON writes 1.0 as 1, and sums are to be floats wherever they come from.
    told: dict[str, Any] = {name: datetime.fromisoformat(row[name]) for name in _INSTANTS if name in row}
    told |= {name: float(row[name]) for name in _SUMS if name in row}
    causes = {cause: float(value) for cause, value in row.get("causes", {}).items()}
    return PartyState(row["kind"], row["id"], causes=causes, **told)


def no_lessons(digest: str) -> Lessons:
    """That no earlier snapshot is kept."""
    return NO_LESSONS


class SeededRows:
    """Rows over a bundle's snapshot: a party the rows have not seen starts from the snapshot.

    Each row is read with the lessons of its snapshot that are known by then, also where it began from an `earlier` one.

    What is remembered over years is taken from the snapshot where that knows more: a row may have been begun by a
    shorter history, or before there was such a memory.
    """

    def __init__(
        self, rows: PartyRows, seeds: Seeds, lessons: Lessons = NO_LESSONS, earlier: Earlier = no_lessons
    ) -> None:
        self._rows = rows
        self._seeds = seeds
        self._lessons = lessons
        self._earlier = earlier

    def get(self, keys: Sequence[PartyKey], until: Until = NOW) -> Mapping[PartyKey, PartyState]:
        """The rows that exist or are seeded, by key; a party of which lessons wait has one, blank as it may be."""
        kept = self._rows.get(keys)
        told = {key: self._kept(kept[key], until) if key in kept else self._seed(key, until) for key in keys}
        return {key: state for key, state in told.items() if state is not None}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._rows.put(states)

    def foretell(self, state: PartyState, case: Case) -> bool:
        """Whether a lesson that the row holds or waits for is of the exception of this case."""
        return self._lessons_of(state).foretell(state.key, case)

    def _seed(self, key: PartyKey, until: Until) -> PartyState | None:
        seed = self._seeds.get(key)
        if key not in self._lessons:
            return seed
        return self._lessons.heard(self._lessons.begun(seed or PartyState(*key)), until)

    def _kept(self, state: PartyState, until: Until) -> PartyState:
        heard = self._lessons_of(state).heard(state, until)
        began_here = state.lessons is not None and state.lessons == self._lessons.digest
        return heard if began_here else _reminded(heard, self._seed(state.key, until))

    def _lessons_of(self, state: PartyState) -> Lessons:
        if state.lessons is None:
            return NO_LESSONS
        return self._lessons if state.lessons == self._lessons.digest else self._earlier(state.lessons)


def _reminded(state: PartyState, seed: PartyState | None) -> PartyState:
    """The row with what the seed remembers over years, where the seed knows more of it."""
    if seed is None:
        return state
    at = state.recorded_at or seed.recorded_at
    left = 1.0 if at is None else fade(seed.recorded_at, at, LONG_HALF_LIFE)
    more: dict[str, Any] = {}
    for together in _OVER_YEARS:
        theirs = {name: getattr(seed, name) * left for name in together}
        if theirs[together[0]] > getattr(state, together[0]):
            more |= theirs
    return state._replace(recorded_at=at, **more) if more else state
