"""What was known of parties before every day's questions: the sums of `features.standing`, for all days at once.

The same sums by the same half-lives: a day's questions share one moment, so each sum is carried from day to day and
grows by what that moment brings. A test holds that replaying the cases one by one gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.standing import PartyStanding
from features.party_rows import PartyKey, PartyState
from features.standing import ARRIVAL_HALF_LIFE, LATELY_HALF_LIFE, OUTCOME_HALF_LIFE, RETAILER, party_key
from training.daily.grid import Grid

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY = timedelta(days=1)
DECIMALS = 9
ARRIVING = ("arrivals", "shelves", "empty", "closing", "wanted", "usual")
RECORDED = ("shelf_outcomes", "stockouts")
LATELY = ("shelf_outcomes_lately", "stockouts_lately")


@dataclass(frozen=True)
class Reports:
    """What the questions of each day tell of the shelves' last day: float64[s, t], 0 where not `told`."""

    told: Bools
    empty: Floats
    closing: Floats
    wanted: Floats
    usual: Floats


@dataclass(frozen=True)
class PartySums:
    """The sums of one kind of party before each day's questions: float64[parties, t] by name."""

    kind: str
    ids: tuple[str, ...]
    shelf: NDArray[np.int64]
    """The party of each shelf, -1 where it has none."""
    sums: Mapping[str, Floats]

    def at(self, shelves: NDArray[np.int64], days: NDArray[np.int64]) -> dict[str, Floats]:
        """The sums of some questions' parties, as a standing rounds them; 0 where a shelf has no such party."""
        party = self.shelf[shelves]
        return {
            name: np.where(party >= 0, np.round(sums[party, days], DECIMALS), 0.0) for name, sums in self.sums.items()
        }


def party_sums(kind: str, named: NDArray[np.object_], grid: Grid, reports: Reports) -> PartySums:
    """The sums of one kind: `named` object[s] is the party's id of each shelf, None where it has none."""
    ids, shelf = _numbered(named)
    answered = grid.answered()
    empty = np.where(answered, np.nan_to_num(grid.empty), 0.0).astype(np.float64)
    has_arrivals = kind != RETAILER
    arrivals = {
        "arrivals": _before(_grouped(grid.exists.astype(np.float64), shelf, len(ids))) * _left(ARRIVAL_HALF_LIFE),
        "shelves": _grouped(reports.told.astype(np.float64), shelf, len(ids)),
        "empty": _grouped(reports.empty, shelf, len(ids)),
        "closing": _grouped(reports.closing, shelf, len(ids)),
        "wanted": _grouped(reports.wanted, shelf, len(ids)),
        "usual": _grouped(reports.usual, shelf, len(ids)),
    }
    known, ran = (_before(_grouped(each, shelf, len(ids))) for each in (answered.astype(np.float64), empty))
    sums = {name: _carried(each * has_arrivals, ARRIVAL_HALF_LIFE) for name, each in arrivals.items()}
    sums |= {name: _carried(each, OUTCOME_HALF_LIFE) for name, each in zip(RECORDED, (known, ran), strict=True)}
    sums |= {name: _carried(each, LATELY_HALF_LIFE) for name, each in zip(LATELY, (known, ran), strict=True)}
    return PartySums(kind, ids, shelf, sums)


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

    Outcomes recorded after them are not known yet.
    """
    last = grid.shape[1] - 1
    moment = grid.moment(last)
    rows = [
        PartyState(
            *party_key(party.kind, id),
            arrived_at=None if party.kind == RETAILER else moment,
            recorded_at=moment,
            **_with_last_arrivals(party, place, last, grid),
        )
        for party in parties.values()
        for place, id in enumerate(party.ids)
    ]
    return sorted(rows, key=lambda row: PartyKey(row.kind, row.id))


def _with_last_arrivals(party: PartySums, place: int, last: int, grid: Grid) -> dict[str, Any]:
    sums = {name: float(each[place, last]) for name, each in party.sums.items()}
    if party.kind != RETAILER:
        sums["arrivals"] += float(grid.exists[party.shelf == place, last].sum())
    return sums


def _numbered(named: NDArray[np.object_]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    ids = sorted({each for each in named.tolist() if each is not None})
    place = {id: number for number, id in enumerate(ids)}
    return tuple(ids), np.array([-1 if each is None else place[each] for each in named.tolist()], np.int64)


def _grouped(values: Floats, shelf: NDArray[np.int64], parties: int) -> Floats:
    """The values of the shelves summed by party: float64[parties, t]."""
    has = shelf >= 0
    order = np.argsort(shelf[has], kind="stable")
    sorted_shelf = shelf[has][order]
    starts = np.searchsorted(sorted_shelf, np.arange(parties))
    return np.asarray(np.add.reduceat(values[has][order], starts, axis=0), np.float64)


def _before(values: Floats) -> Floats:
    """What a day brings, known before the next day's questions."""
    return np.hstack([np.zeros((len(values), 1)), values[:, :-1]])


def _carried(values: Floats, half_life: timedelta) -> Floats:
    """Each day's sum: what is left of the day before's, and what the day brings."""
    sums = values.copy()
    for day in range(1, values.shape[1]):
        sums[:, day] += _left(half_life) * sums[:, day - 1]
    return sums


def _left(half_life: timedelta) -> float:
    """The share of a sum that is left a day later."""
    return float(0.5 ** (DAY / half_life))
