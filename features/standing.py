"""What was known of a case's parties at its moment: one class replays a history and is the service's live update.

Sums decay exponentially: an event loses half its weight every half-life (Cormode, Shkapenyuk, Srivastava and Xu,
"Forward decay", ICDE 2009). A sum is stored with the instant it was last changed and brought forward when read, so
reading changes nothing and the same changes in the same order give the same bits, live or replayed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import digest_of
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import EMPTY, AttributeSchema, party_words
from features.decay import fade, sum_left
from features.demand import ShelfReport, shelf_report
from features.lessons import NO_LESSONS, Lesson, Lessons, Pending, read_lessons, stays_open, taught
from features.party_rows import (
    LATELY_HALF_LIFE,
    LONG_HALF_LIFE,
    OPEN_HALF_LIFE,
    OUTCOME_HALF_LIFE,
    SHORT_HALF_LIFE,
    MemoryRows,
    PartyKey,
    PartyRows,
    PartyState,
    ScratchRows,
    Until,
    later,
)
from features.seeds import read_snapshot
from features.unended import Unended

__all__ = [
    "ARRIVAL_HALF_LIFE",
    "LATELY_HALF_LIFE",
    "OUTCOME_HALF_LIFE",
    "PARTIES",
    "RETAILER",
    "SHORT_HALF_LIFE",
    "Lesson",
    "MemoryRows",
    "Named",
    "PartyKey",
    "PartyRows",
    "PartyState",
    "ScratchRows",
    "Sighting",
    "StandingKeeper",
    "brought_forward",
    "going_on",
    "party_key",
    "replay",
    "replay_seen",
]

ARRIVAL_HALF_LIFE = timedelta(hours=6)
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


class Sighting(NamedTuple):
    """The rows of a case's parties at its moment: what its standing is made of, when somebody asks for it."""

    states: tuple[PartyState, ...]
    at: datetime

    def standing(self) -> Standing:
        """What was known of the parties, brought forward to the moment."""
        return Standing(as_of=self.at, parties=tuple(brought_forward(each, self.at) for each in self.states))


Foretold = Callable[[PartyState, Case], bool]
"""Whether a party's row holds or awaits the outcome of the case's exception already."""


def _by_none(state: PartyState, case: Case) -> bool:
    return False


class StandingKeeper:
    """Keeps the standing of all parties in rows: replay and live are the same calls.

    For every case: `of`, then, where it is the first of its exception, `arrive`: an exception arrives once, however
    many events tell of it. So a case never counts itself, but for what it tells of its shelf's past day. For every
    outcome, when it is recorded: `record`. Live, both happen in the transaction of what they belong to.

    An outcome of which a lesson of the snapshot tells already is not counted again: a replay goes on from `lessons`,
    rows over a snapshot say by `foretold` what they wait for.

    Without `arrivals` a replay counts none: where all cases carry one moment that is made up, how many came before one
    is a place in a file.
    """

    def __init__(
        self,
        rows: PartyRows,
        attributes: AttributeSchema = EMPTY,
        arrivals: bool = True,
        *,
        lessons: Lessons = NO_LESSONS,
        foretold: Foretold = _by_none,
    ) -> None:
        self.waiting = list(lessons.pending)
        """What a replay learns when its moment comes, a heap: pending `lessons` that it goes on from, then its own."""
        self.unended = Unended()
        """What a replay leaves open."""
        self._lessons = lessons
        self._foretold = foretold
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
        self._arrive(met, at, case)

    def of_shelves(self, cases: Sequence[Case], at: datetime) -> list[Standing]:
        """What is known for shelves that are asked about together, each after the reports of all; nothing is kept.

        As in a history of such questions: every shelf of the question tells of its day before one is answered.
        """
        asked = StandingKeeper(ScratchRows(self._rows), self._attributes)
        return [seen.standing() for seen, _ in asked.meet_together([(case, True) for case in cases], at)]

    def record(self, case: Case, outcome: Outcome, due_at: datetime | None, ends: bool = True) -> None:
        """Count what is known of the outcome, at its `recorded_at` and never before its case.

        It `ends` the exception where no outcome of it was told before: it is open no more.
        """
        keys, lesson = self.keys(case), Lesson.of(case, outcome, due_at, ends)
        found = self._rows.get(keys, Until(lesson.recorded_at, case.event.id))
        states = [found.get(key) or PartyState(*key) for key in keys]
        self._rows.put([taught(each, lesson) for each in states if not self._foretold(each, case)])

    def untold(self, keys: Sequence[PartyKey], case: Case) -> tuple[PartyKey, ...]:
        """The parties of whom no lesson that a replay goes on from tells the case's exception."""
        return tuple(key for key in keys if not self._lessons.foretell(key, case))

    def meet_together(
        self, cases: Iterable[tuple[Case, bool]], at: datetime
    ) -> Iterator[tuple[Sighting, tuple[PartyKey, ...]]]:
        """What is seen of cases of one moment, with their parties: all tell of their shelves, then each is met.

        Beside each case stands whether it is the first of its exception: only that one is counted.
        """
        met = [(self.keys(case), shelf_report(case), case, first) for case, first in cases]
        for keys, report, _, first in met:
            if first:
                self._tell(keys[:-1], at, report)
        for keys, report, case, first in met:
            yield self._sight(keys, at, None if first else report), keys
            if first:
                self._arrive(keys[:-1], at, case)

    def teach(self, keys: Sequence[PartyKey], lesson: Lesson) -> None:
        """Count a lesson for the parties of these keys."""
        found = self._rows.get(keys, Until(lesson.recorded_at))
        self._rows.put([taught(found.get(key) or PartyState(*key), lesson) for key in keys])

    def _sight(self, keys: tuple[PartyKey, ...], at: datetime, report: ShelfReport | None) -> Sighting:
        """What is seen of parties, as if a report that is not counted had been."""
        found = self._rows.get(keys, Until(at))
        told = (
            {}
            if report is None
            else {key: _reported(found.get(key) or PartyState(*key), at, report) for key in keys[:-1]}
        )
        return _seen({**found, **told}, keys, at)

    def _tell(self, met: Sequence[PartyKey], at: datetime, report: ShelfReport | None) -> None:
        if report is not None:
            found = self._rows.get(met, Until(at))
            self._rows.put([_reported(found.get(key) or PartyState(*key), at, report) for key in met])

    def _arrive(self, met: Sequence[PartyKey], at: datetime, case: Case) -> None:
        if not self._arrivals:
            return
        found = self._rows.get(met, Until(at))
        self._rows.put([_arrived(found.get(key) or PartyState(*key), at, stays_open(case)) for key in met])


def _seen(found: Mapping[PartyKey, PartyState], keys: Sequence[PartyKey], at: datetime) -> Sighting:
    return Sighting(tuple(found[key] for key in keys if key in found and not _is_blank(found[key])), at)


def _is_blank(state: PartyState) -> bool:
    """Whether nothing was heard of the party yet."""
    return state.arrived_at is None and state.recorded_at is None


def _met(state: PartyState, at: datetime, arrivals: float, opened: float, report: ShelfReport | None) -> PartyState:
    """The row with what happened at a moment; what comes late counts as faded already, so its order hardly matters."""
    start = state.arrived_at
    left = fade(start, at, ARRIVAL_HALF_LIFE)
    weight = 1.0 if start is None else fade(at, start, ARRIVAL_HALF_LIFE)
    unclosed = 1.0 if start is None else fade(at, start, OPEN_HALF_LIFE)
    told = report or _NOTHING
    return state._replace(
        arrived_at=later(start, at),
        arrivals=state.arrivals * left + weight * arrivals,
        opened=state.opened * fade(start, at, OPEN_HALF_LIFE) + unclosed * opened,
        shelves=state.shelves * left + weight * (report is not None),
        empty=state.empty * left + weight * told.empty,
        closing=state.closing * left + weight * told.closing,
        late=state.late * left + weight * told.late,
        wanted=state.wanted * left + weight * told.wanted,
        usual=state.usual * left + weight * told.usual,
    )


def _arrived(state: PartyState, at: datetime, opens: bool) -> PartyState:
    return _met(state, at, 1.0, float(opens), None)


def _reported(state: PartyState, at: datetime, report: ShelfReport) -> PartyState:
    return _met(state, at, 0.0, 0.0, report)


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
        open=_open(state, at),
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
        resolved_long=sum_left(state.resolved_long, long),
        resolution_long=sum_left(state.resolution_long, long),
        resolution_squares=sum_left(state.resolution_squares, long),
        outcomes_short=sum_left(state.outcomes_short, brief),
        breaches_short=sum_left(state.breaches_short, brief),
        causes={_CAUSES[cause]: sum_left(state.causes[cause], left) for cause in sorted(state.causes)},
        shelf_outcomes=sum_left(state.shelf_outcomes, left),
        stockouts=sum_left(state.stockouts, left),
        shelf_outcomes_lately=sum_left(state.shelf_outcomes_lately, soon),
        stockouts_lately=sum_left(state.stockouts_lately, soon),
        granted=sum_left(state.granted, left),
    )


def _open(state: PartyState, at: datetime) -> float:
    """What arrived and has not ended: a case that ended takes off exactly what is left of it."""
    opened = state.opened * fade(state.arrived_at, at, OPEN_HALF_LIFE)
    ended = state.ended * fade(state.recorded_at, at, OPEN_HALF_LIFE)
    return sum_left(max(0.0, opened - ended), 1.0)


def going_on(
    rows: MemoryRows, before: Sequence[Mapping[str, Any]], attributes: AttributeSchema, arrivals: bool = True
) -> StandingKeeper:
    """The keeper of a replay that goes on from a snapshot, whose parties it puts into the rows."""
    rows.put(list(read_snapshot(before).values()))
    return StandingKeeper(rows, attributes, arrivals, lessons=read_lessons(before))


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
    outcome of the history, unless it is not to `settle`: then those that were recorded by then, and the others wait.

    Raises:
        ValueError: where a line is earlier than the one before it.
    """
    pending = keeper.waiting
    met: set[str] = set()
    ended: set[str] = set()
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
        for line, (_, first), (seen, keys) in zip(told, cases, keeper.meet_together(cases, now), strict=True):
            yield line, seen
            keeper.unended.hear(line, keys[:-1], first)
            if line.outcome is not None and (untold := keeper.untold(keys, line.case)):
                ends = _is_first(line, ended)
                heapq.heappush(pending, _pending(line, line.outcome, position, untold, ends))
            position += 1
    while settle and pending:
        _teach_next(pending, keeper)


def _is_first(line: HistoryLine, met: set[str]) -> bool:
    """Whether none of those that were noted before is of its exception; notes it."""
    before = len(met)
    met.add(line.case.exception_id)
    return len(met) > before


def _pending(line: HistoryLine, outcome: Outcome, position: int, keys: tuple[PartyKey, ...], ends: bool) -> Pending:
    case = line.case
    lesson = Lesson.of(case, outcome, case.promise.due_at if case.promise else None, ends)
    return Pending(lesson.recorded_at, case.event.id, position, keys, lesson, case.exception_id)


def _teach_next(pending: list[Pending], keeper: StandingKeeper) -> None:
    due = heapq.heappop(pending)
    keeper.teach(due.keys, due.lesson)
