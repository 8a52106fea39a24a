"""What outcomes teach of their parties, and the lessons that wait for the moment at which they are known.

A history tells outcomes that became known after its last case. Its snapshot cannot count them yet, so they are kept
beside it, and whoever goes on from the snapshot counts each once its moment has come: a replay all of them in turn, the
service in each party's row when it reads it. Both in the order (known at, event id), so that both give the same bits.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from data.case import Case
from data.outcome import Outcome
from data.record import canonical, digest_of
from data.vocabulary import RootCause
from features.decay import counted, fade
from features.party_rows import (
    LATELY_HALF_LIFE,
    LONG_HALF_LIFE,
    OPEN_HALF_LIFE,
    OUTCOME_HALF_LIFE,
    SHORT_HALF_LIFE,
    PartyKey,
    PartyState,
    Until,
    later,
)

PENDING = "pending"
"""The kind of a snapshot's rows that are lessons; no party is of this kind."""
_STRIDE = 16
"""Every so many lessons of a party what they come to is kept, so that no reading counts them all again."""


class Lesson(NamedTuple):
    """What an outcome adds to the sums of its parties."""

    recorded_at: datetime
    breached: bool | None = None
    stockout: bool | None = None
    cause: RootCause | None = None
    granted: float = 0.0
    resolution: float | None = None
    """log(1 + hours) from the exception to its resolution."""
    ends: float = 0.0
    """What was left of its case among those that are open."""

    @property
    def tells(self) -> bool:
        """Whether it is of an outcome that somebody told, and not only of when a case usually ends."""
        told = (self.breached, self.stockout, self.cause, self.resolution)
        return bool(self.granted) or any(each is not None for each in told)

    @staticmethod
    def of(case: Case, outcome: Outcome, due_at: datetime | None, ends: bool = True) -> Lesson:
        """What this outcome of a case teaches, given when the promise was due.

        No outcome is known before its case: one that says so counts from the case's moment on. It `ends` the case's
        exception where no other outcome did.
        """
        known = max(outcome.recorded_at, case.event.time)
        granted = float(outcome.granted or 0)
        breached, resolution = outcome.breached(due_at), _resolution(case.event.time, outcome.resolved_at)
        left = fade(case.event.time, known, OPEN_HALF_LIFE) if ends and stays_open(case) else 0.0
        return Lesson(known, breached, outcome.stockout, outcome.root_cause, granted, resolution, left)


def stays_open(case: Case) -> bool:
    """Whether the case is open until its outcome is known; of a shelf alone the next day asks again."""
    return not case.stock or case.reported_type is not None or case.order is not None


def _resolution(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else math.log1p(max(0.0, (end - start).total_seconds() / 3600.0))


class Pending(NamedTuple):
    """A lesson whose moment has not come, in the order in which lessons are counted."""

    recorded_at: datetime
    event_id: str
    position: int
    """Among lessons of one moment and one event id, which comes first."""
    keys: tuple[PartyKey, ...]
    lesson: Lesson
    exception_id: str


def taught(state: PartyState, lesson: Lesson) -> PartyState:
    """The row with a lesson; what comes late counts as faded already."""
    start, at = state.recorded_at, lesson.recorded_at
    (left, weight), (brief, just), (soon, lately), (long, lasting), (open_left, ending) = (
        (fade(start, at, half_life), 1.0 if start is None else fade(at, start, half_life))
        for half_life in (OUTCOME_HALF_LIFE, SHORT_HALF_LIFE, LATELY_HALF_LIFE, LONG_HALF_LIFE, OPEN_HALF_LIFE)
    )
    told, empty = float(lesson.stockout is not None), float(bool(lesson.stockout))
    return state._replace(
        recorded_at=later(start, at),
        ended=state.ended * open_left + ending * lesson.ends,
        outcomes=state.outcomes * left + weight * (lesson.breached is not None),
        breaches=state.breaches * left + weight * bool(lesson.breached),
        resolved=state.resolved * left + weight * (lesson.resolution is not None),
        resolution=state.resolution * left + weight * (lesson.resolution or 0.0),
        outcomes_long=state.outcomes_long * long + lasting * (lesson.breached is not None),
        breaches_long=state.breaches_long * long + lasting * bool(lesson.breached),
        resolved_long=state.resolved_long * long + lasting * (lesson.resolution is not None),
        resolution_long=state.resolution_long * long + lasting * (lesson.resolution or 0.0),
        resolution_squares=state.resolution_squares * long + lasting * (lesson.resolution or 0.0) ** 2,
        outcomes_short=state.outcomes_short * brief + just * (lesson.breached is not None),
        breaches_short=state.breaches_short * brief + just * bool(lesson.breached),
        shelf_outcomes=state.shelf_outcomes * left + weight * told,
        stockouts=state.stockouts * left + weight * empty,
        shelf_outcomes_lately=state.shelf_outcomes_lately * soon + lately * told,
        stockouts_lately=state.stockouts_lately * soon + lately * empty,
        granted=state.granted * left + weight * lesson.granted,
        causes=counted(state.causes, left, lesson.cause and lesson.cause.value, weight),
    )


class Lessons:
    """The pending lessons of one snapshot, and how far each party's row has counted them.

    A row that began from the snapshot names it by `lessons` and says in `heard` how many of its party's lessons it
    holds: so each counts once, whoever reads or writes the row, and whatever serves meanwhile.
    """

    def __init__(self, pending: Iterable[Pending] = ()) -> None:
        self.pending = tuple(sorted(pending))
        self._by_key: dict[PartyKey, list[Pending]] = {}
        for each in self.pending:
            for key in each.keys:
                self._by_key.setdefault(key, []).append(each)
        self._known_at = {
            (key, each.exception_id): each.recorded_at
            for key in self._by_key
            for each in self.of(key)
            if each.lesson.tells
        }
        self._came_to: dict[PartyKey, tuple[PartyState, dict[int, PartyState]]] = {}

    @cached_property
    def digest(self) -> str:
        """What a row calls them by: the digest of their rows, and so of a bundle's file of them."""
        return digest_of(canonical(pending_rows(self.pending)))

    def __contains__(self, key: object) -> bool:
        """Whether any is of this party."""
        return key in self._by_key

    @property
    def keys(self) -> Iterable[PartyKey]:
        """The parties they are of."""
        return self._by_key.keys()

    def of(self, key: PartyKey) -> Sequence[Pending]:
        """Those of a party, in their order."""
        return self._by_key.get(key, ())

    def tell(self, key: PartyKey, exception_id: str) -> bool:
        """Whether one of the party's lessons is of this exception."""
        return (key, exception_id) in self._known_at

    def begun(self, state: PartyState) -> PartyState:
        """A row of the snapshot as one that waits for its lessons; as it is where its party has none."""
        return state._replace(lessons=self.digest, heard=0) if state.key in self else state

    def heard(self, state: PartyState, until: Until) -> PartyState:
        """A row that waits for these lessons, with those that are known by then."""
        told = self.of(state.key)
        due = _due(told, until)
        if due - state.heard < _STRIDE:
            return _counted(state, told, due) if due > state.heard else state
        return self._counted_often(state, told, due)

    def foretell(self, key: PartyKey, case: Case) -> bool:
        """Whether one of the party's lessons is of the exception of this case: its outcome is counted by that one.

        An exception of the same name that is noticed once that outcome is known is another one.
        """
        known_at = self._known_at.get((key, case.exception_id))
        return known_at is not None and case.event.time <= known_at

    def _counted_often(self, state: PartyState, told: Sequence[Pending], due: int) -> PartyState:
        """As `_counted`, by rows that are kept on the way there: whichever thread keeps one, keeps the same."""
        began, came_to = self._came_to.get(state.key, (None, {}))
        if began != state:
            came_to = {}
            self._came_to[state.key] = state, came_to
        row = state
        for number in range(state.heard + _STRIDE, due + 1, _STRIDE):
            if number not in came_to:
                came_to[number] = _counted(row, told, number)
            row = came_to[number]
        return _counted(row, told, due)


def _counted(state: PartyState, told: Sequence[Pending], due: int) -> PartyState:
    """The row with the lessons up to this number."""
    row = state
    for each in told[state.heard : due]:
        row = taught(row, each.lesson)
    return row._replace(heard=due)


NO_LESSONS = Lessons()


def _due(told: Sequence[Pending], until: Until) -> int:
    """How many come before: known by a moment, or where an event is named, before its own outcome."""
    if until.event_id is None:
        return bisect_right(told, until.at, key=lambda each: each.recorded_at)
    return bisect_left(told, (until.at, until.event_id), key=lambda each: (each.recorded_at, each.event_id))


def pending_rows(pending: Iterable[Pending]) -> list[dict[str, Any]]:
    """The lessons as JSON values, in their order. Ids are those the sender gave, customers' pseudonymous."""
    return [_to_json(each) for each in sorted(pending)]


def read_lessons(rows: Iterable[Mapping[str, Any]]) -> Lessons:
    """The pending lessons among a snapshot's rows."""
    told = [row for row in rows if row["kind"] == PENDING]
    return Lessons(_from_json(row, position - len(told)) for position, row in enumerate(told))


def _to_json(each: Pending) -> dict[str, Any]:
    lesson = {name: value for name, value in each.lesson._asdict().items() if value is not None and value != 0.0}
    lesson |= {name: told for name in ("breached", "stockout") if (told := getattr(each.lesson, name)) is False}
    return {
        "kind": PENDING,
        "id": each.event_id,
        "exception": each.exception_id,
        "parties": [[*key] for key in each.keys],
        **lesson,
        "recorded_at": each.recorded_at.isoformat(),
    }


def _from_json(row: Mapping[str, Any], position: int) -> Pending:
    """Positions are below those of a history that goes on: at one moment and id the earlier lesson comes first."""
    known, cause, resolution = datetime.fromisoformat(row["recorded_at"]), row.get("cause"), row.get("resolution")
    lesson = Lesson(
        known,
        row.get("breached"),
        row.get("stockout"),
        None if cause is None else RootCause(cause),
        float(row.get("granted", 0.0)),
        None if resolution is None else float(resolution),
        float(row.get("ends", 0.0)),
    )
    keys = tuple(PartyKey(kind, id) for kind, id in row["parties"])
    return Pending(known, row["id"], position, keys, lesson, row["exception"])
