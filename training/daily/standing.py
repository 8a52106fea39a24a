"""What was known of parties before every day's questions: the sums of `features.standing`, for all days at once.

The same sums by the same half-lives, added in the same order, so that they are the same numbers to the last bit: a
day's questions share one moment, a sum fades from the moment at which it last grew, and the shelves are counted one
after another. A test holds that replaying the cases one by one gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.standing import PartyStanding
from features.lessons import Lesson, Pending
from features.party_rows import PartyKey, PartyState
from features.standing import ARRIVAL_HALF_LIFE, LATELY_HALF_LIFE, OUTCOME_HALF_LIFE, RETAILER, party_key
from training.daily.grid import Grid

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

DAY = timedelta(days=1)
DECIMALS = 9
ARRIVING = ("arrivals", "shelves", "empty", "closing", "late", "wanted", "usual")
RECORDED = ("shelf_outcomes", "stockouts")
LATELY = ("shelf_outcomes_lately", "stockouts_lately")


@dataclass(frozen=True)
class Reports:
    """What the questions of each day tell of the shelves' last day: float64[s, t], 0 where not `told`."""

    told: Bools
    empty: Floats
    closing: Floats
    late: Floats
    wanted: Floats
    usual: Floats


@dataclass(frozen=True)
class Events:
    """What the moments of the days bring, a row a day: bool[t, s] whether anything, and float64[t, s] each sum's share.

    A case `arrives` with its reports; a day's answers are `recorded` as the next day begins.
    """

    arrives: Bools
    recorded: Bools
    brings: Mapping[str, Floats]


def events_of(grid: Grid, reports: Reports) -> Events:
    """What happens to the shelves of a grid."""
    answered = grid.answered()
    known, ran = _next_day(answered), _next_day(answered & (grid.empty == 1.0))
    told = {"arrivals": grid.exists, "shelves": reports.told, "empty": reports.empty, "closing": reports.closing}
    told |= {"late": reports.late, "wanted": reports.wanted, "usual": reports.usual}
    brings = {name: _by_day(each) for name, each in told.items()}
    brings |= {
        name: _by_day(each) for names in (RECORDED, LATELY) for name, each in zip(names, (known, ran), strict=True)
    }
    return Events(np.ascontiguousarray(grid.exists.T), np.ascontiguousarray(known.T), brings)


@dataclass(frozen=True)
class PartySums:
    """The sums of one kind of party: before each day's questions, float64[parties, t] by name, and as they are kept.

    `kept` float64[parties] by name are as of the day on which they last grew: `arrived_on` for those of arrivals,
    `recorded_on` for those of outcomes; -1 where they never did.
    """

    kind: str
    ids: tuple[str, ...]
    shelf: Places
    """The party of each shelf, -1 where it has none."""
    sums: Mapping[str, Floats]
    kept: Mapping[str, Floats]
    arrived_on: Places
    recorded_on: Places

    def at(self, shelves: Places, days: Places) -> dict[str, Floats]:
        """The sums of some questions' parties, as a standing rounds them; 0 where a shelf has no such party."""
        party = self.shelf[shelves]
        return {
            name: np.where(party >= 0, np.round(sums[party, days], DECIMALS), 0.0) for name, sums in self.sums.items()
        }


def party_sums(kind: str, named: NDArray[np.object_], events: Events) -> PartySums:
    """The sums of one kind: `named` object[s] is the party's id of each shelf, None where it has none."""
    ids, shelf = _numbered(named)
    met = _grown(events.arrives & (kind != RETAILER), shelf, len(ids))
    taught = _grown(events.recorded, shelf, len(ids))
    sums: dict[str, Floats] = {}
    kept: dict[str, Floats] = {}
    for names, grown, half_life in (
        (ARRIVING, met, ARRIVAL_HALF_LIFE),
        (RECORDED, taught, OUTCOME_HALF_LIFE),
        (LATELY, taught, LATELY_HALF_LIFE),
    ):
        for name in names:
            sums[name], kept[name] = _carried(
                events.brings[name], shelf, grown, half_life, seen_first=name == "arrivals"
            )
    return PartySums(kind, ids, shelf, sums, kept, _last(met), _last(taught))


def standing_of(parties: Mapping[str, PartySums], shelf: int, day: int) -> tuple[PartyStanding, ...]:
    """The standing of one question, its parties in the order given; a party never heard of is absent."""
    found = []
    for party in parties.values():
        sums = {name: float(each[0]) for name, each in party.at(np.array([shelf]), np.array([day])).items()}
        place = party.shelf[shelf]
        if place >= 0 and any(sums.values()):
            key = party_key(party.kind, party.ids[place])
            found.append(PartyStanding.model_validate({"kind": key.kind, "id": key.id, **sums}))
    return tuple(found)


def states(parties: Mapping[str, PartySums], grid: Grid) -> list[PartyState]:
    """The rows that go on from the last day's questions, in the order of their keys.

    Outcomes recorded after them are not known yet: see `waiting`.
    """

    def moment(day: int) -> datetime | None:
        return None if day < 0 else grid.moment(day)

    rows = [
        PartyState(
            *party_key(party.kind, id),
            arrived_at=moment(int(party.arrived_on[place])),
            recorded_at=moment(int(party.recorded_on[place])),
            **_kept(party, place),
        )
        for party in parties.values()
        for place, id in enumerate(party.ids)
    ]
    return sorted(rows, key=lambda row: PartyKey(row.kind, row.id))


def waiting(parties: Mapping[str, PartySums], grid: Grid, events: Sequence[str]) -> Iterator[Pending]:
    """What the last day's questions came to, known as the next day begins; `events` names each shelf's question."""
    last = grid.shape[1] - 1
    known_at = grid.moment(last + 1)
    for shelf in np.flatnonzero(grid.answered()[:, last]).tolist():
        keys = [
            party_key(each.kind, each.ids[each.shelf[shelf]]) for each in parties.values() if each.shelf[shelf] >= 0
        ]
        lesson = Lesson(known_at, stockout=bool(grid.empty[shelf, last] == 1.0))
        yield Pending(known_at, events[shelf], shelf, tuple(keys), lesson, events[shelf])


def _kept(party: PartySums, place: int) -> dict[str, Any]:
    return {name: float(each[place]) for name, each in party.kept.items()}


def _numbered(named: NDArray[np.object_]) -> tuple[tuple[str, ...], Places]:
    ids = sorted({each for each in named.tolist() if each is not None})
    place = {id: number for number, id in enumerate(ids)}
    return tuple(ids), np.array([-1 if each is None else place[each] for each in named.tolist()], np.int64)


def _by_day(values: NDArray[Any]) -> Floats:
    """A row a day, so that a day's values lie side by side."""
    return np.ascontiguousarray(values.T, np.float64)


def _next_day(happened: Bools) -> Bools:
    """What a day's questions are answered with, known before the next day's: bool[s, t]."""
    return np.hstack([np.zeros((len(happened), 1), bool), happened[:, :-1]])


def _grown(happens: Bools, shelf: Places, parties: int) -> Bools:
    """Whether anything happens to a party at the moment of a day: bool[t, parties]."""
    grown = np.zeros((len(happens), parties), bool)
    for day, each in enumerate(happens):
        grown[day, shelf[each & (shelf >= 0)]] = True
    return grown


def _last(grown: Bools) -> Places:
    """The last day on which each party's sums grew, -1 where they never did."""
    return np.where(grown.any(axis=0), len(grown) - 1 - np.argmax(grown[::-1], axis=0), -1).astype(np.int64)


def _carried(
    brings: Floats, shelf: Places, grown: Bools, half_life: timedelta, seen_first: bool
) -> tuple[Floats, Floats]:
    """A sum of every party as each day's questions find it, float64[parties, t], and as it is kept, float64[parties].

    What a day brings counts for its own questions, unless it is `seen_first`. A sum fades when it grows and, for those
    who read it, in between; the shelves are added one by one in their order, as the cases come.
    """
    days, parties = grown.shape
    sums, total, since = np.zeros((parties, days)), np.zeros(parties), np.zeros(parties, np.int64)
    if not grown.any():  # Nobody counts what arrives at the retailer.
        return sums, total
    left = np.array([_left(gap, half_life) for gap in range(days + 1)])
    for day in range(days):
        faded = total * left[since]
        total = np.where(grown[day], faded, total)
        more = np.flatnonzero((brings[day] != 0.0) & (shelf >= 0))
        if seen_first:
            sums[:, day] = faded
        np.add.at(total, shelf[more], brings[day, more])
        if not seen_first:
            sums[:, day] = np.where(grown[day], total, faded)
        since = np.where(grown[day], 0, since) + 1
    return sums, total


def _left(days: int, half_life: timedelta) -> float:
    """The share of a sum that is left days later."""
    return float(0.5 ** (days * DAY / half_life))
