"""What was known of a case's parties at its moment: one class replays a history and is the service's live update.

Sums decay exponentially: an event loses half its weight every half-life (Cormode, Shkapenyuk, Srivastava and Xu,
"Forward decay", ICDE 2009). A sum is stored with the instant it was last changed and brought forward when read, so
reading changes nothing and the same changes in the same order give the same bits, live or replayed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import digest_of
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import EMPTY, AttributeSchema, party_words

ARRIVAL_HALF_LIFE = timedelta(hours=6)
OUTCOME_HALF_LIFE = timedelta(days=30)
RETAILER = "retailer"
"""The party every outcome belongs to: what is usual everywhere, and the prior of the others."""
_LONGEST_ID = 128
_DECIMALS = 9


Named = Callable[[Case], str | None]
"""The id of the case's party of a kind; None where the case names none."""


class PartyKey(NamedTuple):
    """The kind of a party and its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class PartyState:
    """A party's stored row: sums as of the instant they were last changed.

    `arrivals` are as of `arrived_at`; all other sums as of `recorded_at`. See `data.standing.PartyStanding`.
    """

    kind: str
    id: str
    arrived_at: datetime | None = None
    arrivals: float = 0.0
    recorded_at: datetime | None = None
    outcomes: float = 0.0
    breaches: float = 0.0
    shelf_outcomes: float = 0.0
    stockouts: float = 0.0
    granted: float = 0.0
    causes: Mapping[str, float] = field(default_factory=dict)

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
        return {key: self._states[key] for key in keys if key in self._states}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._states.update((state.key, state) for state in states)

    def __iter__(self) -> Iterator[PartyState]:
        """All rows in order of their keys."""
        return (self._states[key] for key in sorted(self._states))


def snapshot(rows: Iterable[PartyState]) -> list[dict[str, Any]]:
    """The rows as JSON values, exact to the bit; ids are those the sender gave, customers' pseudonymous."""
    return [_to_json(state) for state in rows]


def _to_json(state: PartyState) -> dict[str, Any]:
    told = {name: value for name, value in asdict(state).items() if value}
    for name in ("arrived_at", "recorded_at"):
        if name in told:
            told[name] = told[name].isoformat()
    return told


def _from_json(row: Mapping[str, Any]) -> PartyState:
    instants = {name: datetime.fromisoformat(row[name]) for name in ("arrived_at", "recorded_at") if name in row}
    return PartyState(**{**row, **instants})


class SeededRows:
    """Rows over a bundle's snapshot: a party the rows have not seen starts from the snapshot."""

    def __init__(self, rows: PartyRows, seeds: Iterable[Mapping[str, Any]]) -> None:
        self._rows = rows
        self._seeds = {state.key: state for state in map(_from_json, seeds)}

    def get(self, keys: Sequence[PartyKey]) -> Mapping[PartyKey, PartyState]:
        """The rows that exist or are seeded, by key."""
        return {**{key: self._seeds[key] for key in keys if key in self._seeds}, **self._rows.get(keys)}

    def put(self, states: Sequence[PartyState]) -> None:
        """Insert or replace rows."""
        self._rows.put(states)


def _node(case: Case) -> str | None:
    return case.node.id if case.node else (case.at_stake.node if case.at_stake else None)


def _sku(case: Case) -> str | None:
    lines = case.affected_lines
    return case.at_stake.sku if case.at_stake else (lines[0].sku if lines else None)


def _shelf(case: Case) -> str | None:
    node = case.at_stake.node if case.at_stake else _node(case)
    sku = _sku(case)
    return None if sku is None or node is None else f"{sku}@{node}"


PARTIES: dict[str, Named] = {
    "supplier": lambda case: case.supplier.id if case.supplier else None,
    "carrier": lambda case: case.carrier.id if case.carrier else None,
    "node": _node,
    "customer": lambda case: case.customer.id if case.customer else None,
    "sku": _shelf,
    "product": _sku,
}
"""`sku` is an article in its node, `product` the article everywhere."""


def _named(kind: str, id: str | None) -> PartyKey | None:
    """The key; an id that is empty or longer than an identifier may be goes by its digest."""
    if id is None:
        return None
    fits = 0 < len(id) <= _LONGEST_ID and id.isprintable() and not id[0].isspace()
    return PartyKey(kind, id if fits else digest_of(id.encode()))


def _faded(value: float, start: datetime | None, end: datetime, half_life: timedelta) -> float:
    """A sum brought forward; one changed after `end` is not brought back."""
    if start is None or end <= start or not value:
        return value
    return float(value * 0.5 ** ((end - start) / half_life))


def _added(value: float, start: datetime | None, amount: float, at: datetime, half_life: timedelta) -> float:
    """The sum after an amount; an amount that comes late counts as faded, so the order hardly matters."""
    if start is None:
        return value + amount
    return _faded(value, start, at, half_life) + _faded(amount, at, start, half_life)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one


class StandingKeeper:
    """Keeps the standing of all parties in rows: replay and live are the same calls.

    For every case: `of`, then `arrive`, so a case never counts itself; for every outcome, when it is recorded:
    `record`. Live, both happen in the transaction of what they belong to.
    """

    def __init__(self, rows: PartyRows, attributes: AttributeSchema = EMPTY) -> None:
        self._rows = rows
        self._readers = {**PARTIES, **party_words(attributes)}

    def keys(self, case: Case) -> tuple[PartyKey, ...]:
        """The parties a case names, in a fixed order, with the retailer at the end."""
        named = (_named(kind, read(case)) for kind, read in self._readers.items())
        return (*(key for key in named if key is not None), PartyKey(RETAILER, RETAILER))

    def of(self, case: Case, at: datetime) -> Standing:
        """What is known of the case's parties at a moment; a party never seen is absent."""
        keys = self.keys(case)
        found = self._rows.get(keys)
        return Standing(as_of=at, parties=tuple(_standing(found[key], at) for key in keys if key in found))

    def arrive(self, case: Case, at: datetime) -> None:
        """Count the case among its parties' arrivals.

        The retailer's are not counted: that one row would be written by every request.
        """
        self._change(self.keys(case)[:-1], lambda state: _arrived(state, at))

    def record(self, case: Case, outcome: Outcome, due_at: datetime | None) -> None:
        """Count what is known of the outcome, at its `recorded_at`."""
        self.apply(self.keys(case), Lesson.of(outcome, due_at))

    def apply(self, keys: Sequence[PartyKey], lesson: Lesson) -> None:
        """Count a lesson for the parties of these keys."""
        self._change(keys, lambda state: _taught(state, lesson))

    def _change(self, keys: Sequence[PartyKey], change: Callable[[PartyState], PartyState]) -> None:
        found = self._rows.get(keys)
        self._rows.put([change(found.get(key) or PartyState(*key)) for key in keys])


class Lesson(NamedTuple):
    """What an outcome adds to the sums of its parties."""

    recorded_at: datetime
    breached: bool | None
    stockout: bool | None
    cause: RootCause | None
    granted: float

    @staticmethod
    def of(outcome: Outcome, due_at: datetime | None) -> Lesson:
        """What this outcome teaches, given when the promise was due."""
        granted = float(outcome.granted or 0)
        return Lesson(outcome.recorded_at, outcome.breached(due_at), outcome.stockout, outcome.root_cause, granted)


def _arrived(state: PartyState, at: datetime) -> PartyState:
    arrivals = _added(state.arrivals, state.arrived_at, 1.0, at, ARRIVAL_HALF_LIFE)
    return replace(state, arrivals=arrivals, arrived_at=_later(state.arrived_at, at))


def _taught(state: PartyState, lesson: Lesson) -> PartyState:
    at, start = lesson.recorded_at, state.recorded_at

    def add(value: float, amount: float) -> float:
        return _added(value, start, amount, at, OUTCOME_HALF_LIFE)

    causes = {cause: add(value, 0.0) for cause, value in state.causes.items()}
    if lesson.cause is not None:
        causes[str(lesson.cause)] = add(state.causes.get(lesson.cause, 0.0), 1.0)
    return replace(
        state,
        recorded_at=_later(start, at),
        outcomes=add(state.outcomes, float(lesson.breached is not None)),
        breaches=add(state.breaches, float(bool(lesson.breached))),
        shelf_outcomes=add(state.shelf_outcomes, float(lesson.stockout is not None)),
        stockouts=add(state.stockouts, float(bool(lesson.stockout))),
        granted=add(state.granted, lesson.granted),
        causes=causes,
    )


def _standing(state: PartyState, at: datetime) -> PartyStanding:
    def now(value: float) -> float:
        return round(_faded(value, state.recorded_at, at, OUTCOME_HALF_LIFE), _DECIMALS)

    return PartyStanding(
        kind=state.kind,
        id=state.id,
        arrivals=round(_faded(state.arrivals, state.arrived_at, at, ARRIVAL_HALF_LIFE), _DECIMALS),
        outcomes=now(state.outcomes),
        breaches=now(state.breaches),
        causes={RootCause(cause): now(state.causes[cause]) for cause in sorted(state.causes)},
        shelf_outcomes=now(state.shelf_outcomes),
        stockouts=now(state.stockouts),
        granted=now(state.granted),
    )


class _Pending(NamedTuple):
    """An outcome not yet recorded at the replay's moment, in the order in which it will be."""

    recorded_at: datetime
    event_id: str
    position: int
    keys: tuple[PartyKey, ...]
    lesson: Lesson


def replay(lines: Iterable[HistoryLine], keeper: StandingKeeper) -> Iterator[tuple[HistoryLine, Standing]]:
    """Each line with the standing at its case's moment, from outcomes recorded by then and nothing later.

    Lines come in order of their event's time, their cases carrying the promise that counts. Outcomes are applied in
    the order (recorded_at, event id). After the last line the keeper knows every outcome of the history.

    Raises:
        ValueError: where a line is earlier than the one before it.
    """
    pending: list[_Pending] = []
    latest: datetime | None = None
    for position, line in enumerate(lines):
        now = line.case.event.time
        if latest is not None and now < latest:
            raise ValueError(f"line {position + 1} is earlier than the one before it: sort the history by event time")
        latest = now
        while pending and pending[0].recorded_at <= now:
            _record_next(pending, keeper)
        yield line, keeper.of(line.case, now)
        keeper.arrive(line.case, now)
        if line.outcome is not None:
            heapq.heappush(pending, _to_record(line, line.outcome, position, keeper))
    while pending:
        _record_next(pending, keeper)


def _to_record(line: HistoryLine, outcome: Outcome, position: int, keeper: StandingKeeper) -> _Pending:
    due_at = line.case.promise.due_at if line.case.promise else None
    lesson = Lesson.of(outcome, due_at)
    return _Pending(outcome.recorded_at, line.case.event.id, position, keeper.keys(line.case), lesson)


def _record_next(pending: list[_Pending], keeper: StandingKeeper) -> None:
    due = heapq.heappop(pending)
    keeper.apply(due.keys, due.lesson)
