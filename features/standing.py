"""What was known of a case's parties at its moment: one class replays a history and is the service's live update.

Sums decay exponentially: an event loses half its weight every half-life (Cormode, Shkapenyuk, Srivastava and Xu,
"Forward decay", ICDE 2009). A sum is stored with the instant it was last changed and brought forward when read, so
reading changes nothing and the same changes in the same order give the same bits, live or replayed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import digest_of
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import EMPTY, AttributeSchema, party_words
from features.party_rows import (
    MemoryRows,
    PartyKey,
    PartyRows,
    PartyState,
    SeededRows,
    Seeds,
    read_snapshot,
    snapshot,
)

__all__ = [
    "ARRIVAL_HALF_LIFE",
    "OUTCOME_HALF_LIFE",
    "PARTIES",
    "RETAILER",
    "Lesson",
    "MemoryRows",
    "Named",
    "PartyKey",
    "PartyRows",
    "PartyState",
    "SeededRows",
    "Seeds",
    "StandingKeeper",
    "read_snapshot",
    "replay",
    "snapshot",
]

ARRIVAL_HALF_LIFE = timedelta(hours=6)
OUTCOME_HALF_LIFE = timedelta(days=30)
RETAILER = "retailer"
"""The party every outcome belongs to: what is usual everywhere, and the prior of the others."""
_LONGEST_ID = 128
_DECIMALS = 9

Named = Callable[[Case], str | None]
"""The id of the case's party of a kind; None where the case names none."""


def _node(case: Case) -> str | None:
    if case.node is not None:
        return case.node.id
    return case.stock[0].node if case.stock else None


def _product(case: Case) -> str | None:
    if case.stock:
        return case.stock[0].sku
    lines = case.affected_lines
    return lines[0].sku if lines else None


def _shelf(case: Case) -> str | None:
    sku, node = _product(case), case.stock[0].node if case.stock else _node(case)
    return None if sku is None or node is None else f"{sku}@{node}"


PARTIES: dict[str, Named] = {
    "supplier": lambda case: case.supplier.id if case.supplier else None,
    "carrier": lambda case: case.carrier.id if case.carrier else None,
    "node": _node,
    "customer": lambda case: case.customer.id if case.customer else None,
    "sku": _shelf,
    "product": _product,
}
"""`sku` is an article in its node, `product` the article everywhere."""


def _key(kind: str, id: str) -> PartyKey:
    """The key; what is no identifier, being empty, too long or unprintable, goes by its digest."""
    fits = 0 < len(id) <= _LONGEST_ID and id.isprintable() and id[0] != " "
    return PartyKey(kind, id if fits else digest_of(id.encode()))


def _fade(start: datetime | None, end: datetime, half_life: timedelta) -> float:
    """The share of a sum of `start` that is left at `end`; all of it where `end` is earlier."""
    if start is None or end <= start:
        return 1.0
    return float(0.5 ** ((end - start) / half_life))


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one


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


class StandingKeeper:
    """Keeps the standing of all parties in rows: replay and live are the same calls.

    For every case: `of`, then `arrive`, so a case never counts itself; for every outcome, when it is recorded:
    `record`. Live, both happen in the transaction of what they belong to.
    """

    def __init__(self, rows: PartyRows, attributes: AttributeSchema = EMPTY) -> None:
        self._rows = rows
        self._named = tuple({**PARTIES, **party_words(attributes)}.items())

    def keys(self, case: Case) -> tuple[PartyKey, ...]:
        """The parties a case names, in a fixed order, with the retailer at the end."""
        named = [(kind, named(case)) for kind, named in self._named]
        return (*(_key(kind, id) for kind, id in named if id is not None), PartyKey(RETAILER, RETAILER))

    def of(self, case: Case, at: datetime) -> Standing:
        """What is known of the case's parties at a moment; a party never seen is absent."""
        return self._of(self.keys(case), at)

    def arrive(self, case: Case, at: datetime) -> None:
        """Count the case among its parties' arrivals.

        The retailer's are not counted: that one row would be written by every request.
        """
        self._arrive(self.keys(case), at)

    def record(self, case: Case, outcome: Outcome, due_at: datetime | None) -> None:
        """Count what is known of the outcome, at its `recorded_at`."""
        self.teach(self.keys(case), Lesson.of(outcome, due_at))

    def meet(self, case: Case, at: datetime) -> tuple[Standing, tuple[PartyKey, ...]]:
        """`of` and then `arrive` in one step, with the case's parties."""
        keys = self.keys(case)
        standing = self._of(keys, at)
        self._arrive(keys, at)
        return standing, keys

    def teach(self, keys: Sequence[PartyKey], lesson: Lesson) -> None:
        """Count a lesson for the parties of these keys."""
        found = self._rows.get(keys)
        self._rows.put([_taught(found.get(key) or PartyState(*key), lesson) for key in keys])

    def _of(self, keys: Sequence[PartyKey], at: datetime) -> Standing:
        found = self._rows.get(keys)
        return Standing(as_of=at, parties=tuple(_standing(found[key], at) for key in keys if key in found))

    def _arrive(self, keys: Sequence[PartyKey], at: datetime) -> None:
        met = keys[:-1]
        found = self._rows.get(met)
        self._rows.put([_arrived(found.get(key) or PartyState(*key), at) for key in met])


def _arrived(state: PartyState, at: datetime) -> PartyState:
    start = state.arrived_at
    before = 0.0 if start is None else state.arrivals * _fade(start, at, ARRIVAL_HALF_LIFE)
    # An event that comes late counts as faded already, so that the order of arrival hardly matters.
    added = 1.0 if start is None else _fade(at, start, ARRIVAL_HALF_LIFE)
    return PartyState(
        state.kind,
        state.id,
        _later(start, at),
        before + added,
        state.recorded_at,
        state.outcomes,
        state.breaches,
        state.shelf_outcomes,
        state.stockouts,
        state.granted,
        state.causes,
    )


def _taught(state: PartyState, lesson: Lesson) -> PartyState:
    start, at = state.recorded_at, lesson.recorded_at
    left = _fade(start, at, OUTCOME_HALF_LIFE)
    weight = 1.0 if start is None else _fade(at, start, OUTCOME_HALF_LIFE)
    causes = {cause: value * left for cause, value in state.causes.items()}
    if lesson.cause is not None:
        causes[lesson.cause.value] = causes.get(lesson.cause.value, 0.0) + weight
    return PartyState(
        state.kind,
        state.id,
        state.arrived_at,
        state.arrivals,
        _later(start, at),
        state.outcomes * left + weight * (lesson.breached is not None),
        state.breaches * left + weight * bool(lesson.breached),
        state.shelf_outcomes * left + weight * (lesson.stockout is not None),
        state.stockouts * left + weight * bool(lesson.stockout),
        state.granted * left + weight * lesson.granted,
        causes,
    )


def _standing(state: PartyState, at: datetime) -> PartyStanding:
    left = _fade(state.recorded_at, at, OUTCOME_HALF_LIFE)
    return PartyStanding(
        kind=state.kind,
        id=state.id,
        arrivals=round(state.arrivals * _fade(state.arrived_at, at, ARRIVAL_HALF_LIFE), _DECIMALS),
        outcomes=round(state.outcomes * left, _DECIMALS),
        breaches=round(state.breaches * left, _DECIMALS),
        causes={RootCause(cause): round(state.causes[cause] * left, _DECIMALS) for cause in sorted(state.causes)},
        shelf_outcomes=round(state.shelf_outcomes * left, _DECIMALS),
        stockouts=round(state.stockouts * left, _DECIMALS),
        granted=round(state.granted * left, _DECIMALS),
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
            _teach_next(pending, keeper)
        standing, keys = keeper.meet(line.case, now)
        yield line, standing
        if line.outcome is not None:
            heapq.heappush(pending, _pending(line, line.outcome, position, keys))
    while pending:
        _teach_next(pending, keeper)


def _pending(line: HistoryLine, outcome: Outcome, position: int, keys: tuple[PartyKey, ...]) -> _Pending:
    due_at = line.case.promise.due_at if line.case.promise else None
    return _Pending(outcome.recorded_at, line.case.event.id, position, keys, Lesson.of(outcome, due_at))


def _teach_next(pending: list[_Pending], keeper: StandingKeeper) -> None:
    due = heapq.heappop(pending)
    keeper.teach(due.keys, due.lesson)
