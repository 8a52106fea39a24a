"""One party of whom two histories tell: what the later-read one does not tell stays as the earlier one told it.

A bundle's tasks may learn from different histories, shelves from days and promises from exceptions, that name the same
retailer, nodes and articles. Each history tells some of a party's sums and knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from features.decay import fade
from features.lessons import Lesson, Lessons, Pending, read_lessons
from features.party_rows import LONG_HALF_LIFE, OPEN_HALF_LIFE, PartyState, Until
from features.seeds import Seeds, read_snapshot, snapshot
from features.standing import ARRIVAL_HALF_LIFE, LATELY_HALF_LIFE, OUTCOME_HALF_LIFE, SHORT_HALF_LIFE

_ARRIVED: tuple[tuple[str, ...], ...] = (
    ("arrivals",),
    ("opened",),
    ("shelves", "empty", "closing", "late", "wanted", "usual"),
)
_RECORDED: tuple[tuple[str, ...], ...] = (
    ("outcomes", "breaches", "outcomes_long", "breaches_long", "outcomes_short", "breaches_short"),
    ("resolved", "resolution", "resolved_long", "resolution_long", "resolution_squares"),
    ("shelf_outcomes", "stockouts", "shelf_outcomes_lately", "stockouts_lately"),
    ("granted",),
    ("ended",),
)
"""Sums that are told together, what counts them first: of what nothing was counted, nothing was told."""
_OPENS = {"ended": "opened"}
"""What ended belongs to what had opened: it goes by that."""
_HALF_LIVES: dict[str, timedelta] = {
    "opened": OPEN_HALF_LIFE,
    "ended": OPEN_HALF_LIFE,
    "outcomes_long": LONG_HALF_LIFE,
    "breaches_long": LONG_HALF_LIFE,
    "resolved_long": LONG_HALF_LIFE,
    "resolution_long": LONG_HALF_LIFE,
    "resolution_squares": LONG_HALF_LIFE,
    "outcomes_short": SHORT_HALF_LIFE,
    "breaches_short": SHORT_HALF_LIFE,
    "shelf_outcomes_lately": LATELY_HALF_LIFE,
    "stockouts_lately": LATELY_HALF_LIFE,
}


_NOTHING: Mapping[str, Any] = Lesson._field_defaults
_TEACHES = {
    "breached": "outcomes",
    "resolution": "resolved",
    "stockout": "shelf_outcomes",
    "granted": "granted",
    "cause": "causes",
    "ends": "opened",
}
"""What each part of a lesson counts for: the first of the sums that are told together."""

Rows = list[dict[str, Any]]


def two_snapshots(earlier: Rows, told: Rows) -> Rows:
    """All parties of two histories, and the lessons that wait once both are told; each outcome counts once."""
    before, seeds, waits = read_lessons(earlier), read_snapshot(told), read_lessons(told)
    until = Until(_last(seeds))
    whole = together(_caught_up(read_snapshot(earlier), before, until), seeds)
    kept = [each for one in before.pending if one.recorded_at > until.at for each in _kept(one, seeds, waits)]
    return snapshot((whole[key] for key in sorted(whole)), [*kept, *waits.pending])


def _last(seeds: Seeds) -> datetime:
    """The last moment that a snapshot tells of."""
    instants = [at for state in seeds.values() for at in (state.arrived_at, state.recorded_at) if at is not None]
    return max(instants, default=datetime.min.replace(tzinfo=UTC))


def _caught_up(seeds: Seeds, lessons: Lessons, until: Until) -> Seeds:
    """The parties with the lessons that are known by then."""
    heard = (lessons.heard(seeds.get(key, PartyState(*key)), until) for key in lessons.keys)
    return {**seeds, **{state.key: state._replace(heard=0) for state in heard if state.heard}}


def _kept(one: Pending, told: Seeds, waits: Lessons) -> Iterator[Pending]:
    """What is left of an earlier lesson: for each party what the later-read history does not tell itself."""
    for place, key in enumerate(one.keys):
        if waits.tell(key, one.exception_id):
            continue
        state = told.get(key, PartyState(*key))
        itself = [name for name, sums in _TEACHES.items() if getattr(state, sums)]
        lesson = one.lesson._replace(**{name: _NOTHING[name] for name in itself})
        if any(getattr(lesson, name) != _NOTHING[name] for name in _TEACHES):
            yield one._replace(keys=(key,), lesson=lesson, position=place)


def together(earlier: Seeds, told: Seeds) -> Seeds:
    """All parties of two histories."""
    known = {key: both(earlier[key], state) if key in earlier else state for key, state in told.items()}
    return {**earlier, **known}


def both(earlier: PartyState, told: PartyState) -> PartyState:
    """What is told, and of what is not what was told earlier, faded to the same instant."""
    arrived_at = told.arrived_at or earlier.arrived_at
    recorded_at = told.recorded_at or earlier.recorded_at
    kept: dict[str, Any] = {
        name: _faded(earlier, name, group in _ARRIVED, told)
        for group in (*_ARRIVED, *_RECORDED)
        if not getattr(told, _OPENS.get(group[0], group[0]))
        for name in group
    }
    left = 1.0 if recorded_at is None else fade(earlier.recorded_at, recorded_at, OUTCOME_HALF_LIFE)
    causes = told.causes or {cause: value * left for cause, value in earlier.causes.items()}
    return told._replace(arrived_at=arrived_at, recorded_at=recorded_at, causes=causes, **kept)


def _faded(earlier: PartyState, name: str, arrived: bool, told: PartyState) -> float:
    start = earlier.arrived_at if arrived else earlier.recorded_at
    end = told.arrived_at if arrived else told.recorded_at
    half_life = _HALF_LIVES.get(name, ARRIVAL_HALF_LIFE if arrived else OUTCOME_HALF_LIFE)
    value: float = getattr(earlier, name)
    return value if end is None else value * fade(start, end, half_life)
