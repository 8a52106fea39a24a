"""What was known of a case's parties at its moment: one class replays a history and is the service's live update.

Sums decay exponentially: an event loses half its weight every half-life (Cormode, Shkapenyuk, Srivastava and Xu,
"Forward decay", ICDE 2009). A sum is stored with the instant it was last changed and brought forward when read, so
reading changes nothing and the same changes in the same order give the same bits, live or replayed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import digest_of
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import EMPTY, AttributeSchema, party_words
from features.decay import counted, fade, sum_left
from features.demand import ShelfReport, shelf_report
from features.party_rows import (
    LONG_HALF_LIFE,
    MemoryRows,
    PartyKey,
    PartyRows,
    PartyState,
    ScratchRows,
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
    "ScratchRows",
    "SeededRows",
    "Seeds",
    "Sighting",
    "StandingKeeper",
    "brought_forward",
    "party_key",
    "read_snapshot",
    "replay",
    "replay_seen",
    "snapshot",
]

ARRIVAL_HALF_LIFE = timedelta(hours=6)
OUTCOME_HALF_LIFE = timedelta(days=30)
SHORT_HALF_LIFE = timedelta(hours=6)
"""Of the sums over hours: what holds up many cases at once shows here first."""
LATELY_HALF_LIFE = timedelta(days=3)
RETAILER = "retailer"
"""The party every outcome belongs to: what is usual everywhere, and the prior of the others."""
_LONGEST_ID = 128
_NOTHING = ShelfReport(empty=0.0, closing=0.0, late=0.0, wanted=0.0, usual=0.0)
_CAUSES = {cause.value: cause for cause in RootCause}

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


def _regional(case: Case) -> str | None:
    sku = _product(case)
    return None if sku is None or case.region is None else f"{sku}@{case.region}"


PARTIES: dict[str, Named] = {
    "supplier": lambda case: case.supplier.id if case.supplier else None,
    "carrier": lambda case: case.carrier.id if case.carrier else None,
    "node": _node,
    "customer": lambda case: case.customer.id if case.customer else None,
    "sku": _shelf,
    "product": _product,
    "regional": _regional,
}
"""`sku` is an article in its node, `regional` the article in the region, `product` the article everywhere."""


def party_key(kind: str, id: str) -> PartyKey:
    """The key; what is no identifier, being empty, too long or unprintable, goes by its digest."""
    fits = 0 < len(id) <= _LONGEST_ID and id.isprintable() and id[0] != " "
    return PartyKey(kind, id if fits else digest_of(id.encode()))


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one


class Lesson(NamedTuple):
    """What an outcome adds to the sums of its parties."""

    recorded_at: datetime
    breached: bool | None
    stockout: bool | None
    cause: RootCause | None
    granted: float
    resolution: float | None
    """log(1 + hours) from the exception to its resolution."""

    @staticmethod
    def of(case: Case, outcome: Outcome, due_at: datetime | None) -> Lesson:
        """What this outcome of a case teaches, given when the promise was due.

        No outcome is known before its case: one that says so counts from the case's moment on.
        """
        known = max(outcome.recorded_at, case.event.time)
        granted = float(outcome.granted or 0)
        breached, resolution = outcome.breached(due_at), _resolution(case.event.time, outcome.resolved_at)
        return Lesson(known, breached, outcome.stockout, outcome.root_cause, granted, resolution)


def _resolution(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else math.log1p(max(0.0, (end - start).total_seconds() / 3600.0))


class Sighting(NamedTuple):
    """The rows of a case's parties at its moment: what its standing is made of, when somebody asks for it."""

    states: tuple[PartyState, ...]
    at: datetime

    def standing(self) -> Standing:
        """What was known of the parties, brought forward to the moment."""
        return Standing(as_of=self.at, parties=tuple(brought_forward(each, self.at) for each in self.states))


class StandingKeeper:
    """Keeps the standing of all parties in rows: replay and live are the same calls.

    For every case: `of`, then, where it is the first of its exception, `arrive`: an exception arrives once, however
    many events tell of it. So a case never counts itself, but for what it tells of its shelf's past day. For every
    outcome, when it is recorded: `record`. Live, both happen in the transaction of what they belong to.

    Without `arrivals` a replay counts none: where all cases carry one moment that is made up, how many came before one
    is a place in a file.
    """

    def __init__(self, rows: PartyRows, attributes: AttributeSchema = EMPTY, arrivals: bool = True) -> None:
        self._rows = rows
        self._arrivals = arrivals
        self._attributes = attributes
        self._named = tuple({**PARTIES, **party_words(attributes)}.items())

    def keys(self, case: Case) -> tuple[PartyKey, ...]:
        """The parties a case names, in a fixed order, with the retailer at the end."""
        named = [(kind, named(case)) for kind, named in self._named]
        return (*(party_key(kind, id) for kind, id in named if id is not None), PartyKey(RETAILER, RETAILER))

    def of(self, case: Case, at: datetime) -> Standing:
        """What is known of the case's parties at a moment, its own shelf's report included; an unseen one is absent."""
        return self._sight(self.keys(case), at, shelf_report(case)).standing()

    def arrive(self, case: Case, at: datetime) -> None:
        """Count the case among its parties' arrivals, and what it tells of its shelf.

        The retailer's are not counted: that one row would be written by every request.
        """
        met = self.keys(case)[:-1]
        self._tell(met, at, shelf_report(case))
        self._arrive(met, at)

    def of_shelves(self, cases: Sequence[Case], at: datetime) -> list[Standing]:
        """What is known for shelves that are asked about together, each after the reports of all; nothing is kept.

        As in a history of such questions: every shelf of the question tells of its day before one is answered.
        """
        asked = StandingKeeper(ScratchRows(self._rows), self._attributes)
        return [seen.standing() for seen, _ in asked.meet_together([(case, True) for case in cases], at)]

    def record(self, case: Case, outcome: Outcome, due_at: datetime | None) -> None:
        """Count what is known of the outcome, at its `recorded_at` and never before its case."""
        self.teach(self.keys(case), Lesson.of(case, outcome, due_at))

    def meet_together(
        self, cases: Iterable[tuple[Case, bool]], at: datetime
    ) -> Iterator[tuple[Sighting, tuple[PartyKey, ...]]]:
        """What is seen of cases of one moment, with their parties: all tell of their shelves, then each is met.

        Beside each case stands whether it is the first of its exception: only that one is counted.
        """
        met = [(self.keys(case), shelf_report(case), first) for case, first in cases]
        for keys, report, first in met:
            if first:
                self._tell(keys[:-1], at, report)
        for keys, report, first in met:
            yield self._sight(keys, at, None if first else report), keys
            if first:
                self._arrive(keys[:-1], at)

    def teach(self, keys: Sequence[PartyKey], lesson: Lesson) -> None:
        """Count a lesson for the parties of these keys."""
        found = self._rows.get(keys)
        self._rows.put([_taught(found.get(key) or PartyState(*key), lesson) for key in keys])

    def _sight(self, keys: tuple[PartyKey, ...], at: datetime, report: ShelfReport | None) -> Sighting:
        """What is seen of parties, as if a report that is not counted had been."""
        found = self._rows.get(keys)
        told = (
            {}
            if report is None
            else {key: _reported(found.get(key) or PartyState(*key), at, report) for key in keys[:-1]}
        )
        return _seen({**found, **told}, keys, at)

    def _tell(self, met: Sequence[PartyKey], at: datetime, report: ShelfReport | None) -> None:
        if report is not None:
            found = self._rows.get(met)
            self._rows.put([_reported(found.get(key) or PartyState(*key), at, report) for key in met])

    def _arrive(self, met: Sequence[PartyKey], at: datetime) -> None:
        if not self._arrivals:
            return
        found = self._rows.get(met)
        self._rows.put([_arrived(found.get(key) or PartyState(*key), at) for key in met])


def _seen(found: Mapping[PartyKey, PartyState], keys: Sequence[PartyKey], at: datetime) -> Sighting:
    return Sighting(tuple(found[key] for key in keys if key in found), at)


def _met(state: PartyState, at: datetime, arrivals: float, report: ShelfReport | None) -> PartyState:
    """The row with what happened at a moment; what comes late counts as faded already, so its order hardly matters."""
    start = state.arrived_at
    left = fade(start, at, ARRIVAL_HALF_LIFE)
    weight = 1.0 if start is None else fade(at, start, ARRIVAL_HALF_LIFE)
    told = report or _NOTHING
    return state._replace(
        arrived_at=_later(start, at),
        arrivals=state.arrivals * left + weight * arrivals,
        shelves=state.shelves * left + weight * (report is not None),
        empty=state.empty * left + weight * told.empty,
        closing=state.closing * left + weight * told.closing,
        late=state.late * left + weight * told.late,
        wanted=state.wanted * left + weight * told.wanted,
        usual=state.usual * left + weight * told.usual,
    )


def _arrived(state: PartyState, at: datetime) -> PartyState:
    return _met(state, at, 1.0, None)


def _reported(state: PartyState, at: datetime, report: ShelfReport) -> PartyState:
    return _met(state, at, 0.0, report)


def _taught(state: PartyState, lesson: Lesson) -> PartyState:
    start, at = state.recorded_at, lesson.recorded_at
    (left, weight), (brief, just), (soon, lately), (long, lasting) = (
        (fade(start, at, half_life), 1.0 if start is None else fade(at, start, half_life))
        for half_life in (OUTCOME_HALF_LIFE, SHORT_HALF_LIFE, LATELY_HALF_LIFE, LONG_HALF_LIFE)
    )
    told, empty = float(lesson.stockout is not None), float(bool(lesson.stockout))
    return state._replace(
        recorded_at=_later(start, at),
        outcomes=state.outcomes * left + weight * (lesson.breached is not None),
        breaches=state.breaches * left + weight * bool(lesson.breached),
        resolved=state.resolved * left + weight * (lesson.resolution is not None),
        resolution=state.resolution * left + weight * (lesson.resolution or 0.0),
        outcomes_long=state.outcomes_long * long + lasting * (lesson.breached is not None),
        breaches_long=state.breaches_long * long + lasting * bool(lesson.breached),
        outcomes_short=state.outcomes_short * brief + just * (lesson.breached is not None),
        breaches_short=state.breaches_short * brief + just * bool(lesson.breached),
        shelf_outcomes=state.shelf_outcomes * left + weight * told,
        stockouts=state.stockouts * left + weight * empty,
        shelf_outcomes_lately=state.shelf_outcomes_lately * soon + lately * told,
        stockouts_lately=state.stockouts_lately * soon + lately * empty,
        granted=state.granted * left + weight * lesson.granted,
        causes=counted(state.causes, left, lesson.cause and lesson.cause.value, weight),
    )


def brought_forward(state: PartyState, at: datetime) -> PartyStanding:
    """What a party's row says at a moment."""
    left = fade(state.recorded_at, at, OUTCOME_HALF_LIFE)
    brief = fade(state.recorded_at, at, SHORT_HALF_LIFE)
    soon = fade(state.recorded_at, at, LATELY_HALF_LIFE)
    long = fade(state.recorded_at, at, LONG_HALF_LIFE)
    lately = fade(state.arrived_at, at, ARRIVAL_HALF_LIFE)
    return PartyStanding(
        kind=state.kind,
        id=state.id,
        arrivals=sum_left(state.arrivals, lately),
        shelves=sum_left(state.shelves, lately),
        empty=sum_left(state.empty, lately),
        closing=sum_left(state.closing, lately),
        late=sum_left(state.late, lately),
        wanted=sum_left(state.wanted, lately),
        usual=sum_left(state.usual, lately),
        outcomes=sum_left(state.outcomes, left),
        breaches=sum_left(state.breaches, left),
        resolved=sum_left(state.resolved, left),
        resolution=sum_left(state.resolution, left),
        outcomes_long=sum_left(state.outcomes_long, long),
        breaches_long=sum_left(state.breaches_long, long),
        outcomes_short=sum_left(state.outcomes_short, brief),
        breaches_short=sum_left(state.breaches_short, brief),
        causes={_CAUSES[cause]: sum_left(state.causes[cause], left) for cause in sorted(state.causes)},
        shelf_outcomes=sum_left(state.shelf_outcomes, left),
        stockouts=sum_left(state.stockouts, left),
        shelf_outcomes_lately=sum_left(state.shelf_outcomes_lately, soon),
        stockouts_lately=sum_left(state.stockouts_lately, soon),
        granted=sum_left(state.granted, left),
    )


class _Pending(NamedTuple):
    """An outcome not yet recorded at the replay's moment, in the order in which it will be."""

    recorded_at: datetime
    event_id: str
    position: int
    keys: tuple[PartyKey, ...]
    lesson: Lesson


def replay(
    lines: Iterable[HistoryLine], keeper: StandingKeeper, settle: bool = True
) -> Iterator[tuple[HistoryLine, Standing]]:
    """Each line with the standing at its case's moment; see `replay_seen`."""
    return ((line, seen.standing()) for line, seen in replay_seen(lines, keeper, settle))


def replay_seen(
    lines: Iterable[HistoryLine], keeper: StandingKeeper, settle: bool = True
) -> Iterator[tuple[HistoryLine, Sighting]]:
    """Each line with what is seen of it at its case's moment, from outcomes recorded by then and nothing later.

    Lines come in order of their event's time, their cases carrying the promise that counts. Outcomes are applied in
    the order (recorded_at or the case's moment if that is later, event id). After the last line the keeper knows every
    outcome of the history, unless it is not to `settle`: then only those that were recorded by then.

    Raises:
        ValueError: where a line is earlier than the one before it.
    """
    pending: list[_Pending] = []
    met: set[str] = set()
    latest: datetime | None = None
    position = 0
    for now, together in groupby(lines, key=lambda line: line.case.event.time):
        if latest is not None and now < latest:
            raise ValueError(f"line {position + 1} is earlier than the one before it: sort the history by event time")
        latest = now
        while pending and pending[0].recorded_at <= now:
            _teach_next(pending, keeper)
        told = list(together)
        cases = [(line.case, _is_first(line, met)) for line in told]
        for line, (seen, keys) in zip(told, keeper.meet_together(cases, now), strict=True):
            yield line, seen
            if line.outcome is not None:
                heapq.heappush(pending, _pending(line, line.outcome, position, keys))
            position += 1
    while settle and pending:
        _teach_next(pending, keeper)


def _is_first(line: HistoryLine, met: set[str]) -> bool:
    """Whether no line before told of its exception; notes it."""
    before = len(met)
    met.add(line.case.exception_id)
    return len(met) > before


def _pending(line: HistoryLine, outcome: Outcome, position: int, keys: tuple[PartyKey, ...]) -> _Pending:
    due_at = line.case.promise.due_at if line.case.promise else None
    lesson = Lesson.of(line.case, outcome, due_at)
    return _Pending(lesson.recorded_at, line.case.event.id, position, keys, lesson)


def _teach_next(pending: list[_Pending], keeper: StandingKeeper) -> None:
    due = heapq.heappop(pending)
    keeper.teach(due.keys, due.lesson)
