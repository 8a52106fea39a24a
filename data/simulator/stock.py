"""The shelf behind a case: true units beside what the record says, what is coming, and what customers will want."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from data.simulator import demand
from data.simulator.causes import DayState
from data.simulator.clock import DAY, HOUR, MINUTE
from data.simulator.dice import Dice
from data.simulator.episodes import SYSTEMS
from data.simulator.world import CATEGORIES, Node, Sku, World
from data.vocabulary import ExceptionType, RootCause, System

_C, _T = RootCause, ExceptionType

_COVER = {
    _C.INVENTORY_MISMATCH: 0.75,
    _C.SUPPLIER_DELAY: 0.7,
    _C.DEMAND_SURGE: 0.8,
}
"""How many days of demand lie on the shelf, against other causes."""

_MEDIAN_COVER, _COVER_SPREAD = 2.6, 0.85


@dataclass(frozen=True, slots=True)
class Shelf:
    """One article in one node. `units` and `wanted` (the next day's demand) are true, the rest is recorded.

    `rate` is the expected demand a day without what today alone brings; moments are seconds since 1970.
    """

    units: int
    wanted: int
    arriving: int
    recorded: int
    reserved: int
    safety: int
    inbound: int
    inbound_due_at: float
    as_of: float
    counted_at: float
    rate: float
    drift: float

    @property
    def runs_out(self) -> bool:
        """Whether the next day empties the shelf: reserved units leave it too."""
        return self.units + self.arriving - self.reserved - self.wanted <= 0


def shelf_of(
    world: World, state: DayState, dice: Dice, cause: RootCause, kind: ExceptionType, sku: Sku, node: Node, at: float
) -> Shelf:
    """The shelf of this article at this moment, true and recorded."""
    drift = float(state.sku_drift[sku.index])
    rate = demand.units_per_day(world, sku, node, state.day, drift)
    tomorrow = demand.units_per_day(world, sku, node, state.day + 1, drift)
    share_left = 1.0 - (at - state.day * DAY) / DAY
    ahead = (share_left * rate + (1.0 - share_left) * tomorrow) * _bustle(state, node, at)
    units = _units(dice, cause, kind, rate, sku)
    counted_at, error = _record_error(state, dice, cause, sku, node, rate, at)
    as_of = at - _lag_minutes(state, dice, node, at) * MINUTE
    sold_since = dice.count(rate * (at - as_of) / DAY)
    inbound, due_at, arriving = _inbound(state, dice, cause, sku, rate, at)
    recorded = max(0, units + sold_since + error)
    if kind is _T.UNAVAILABLE_INVENTORY and cause is _C.INVENTORY_MISMATCH:
        recorded = max(recorded, 1)
    return Shelf(
        units=units,
        wanted=demand.units_wanted(dice, sku, ahead),
        arriving=arriving,
        recorded=recorded,
        reserved=min(units, dice.count(0.12 * units + 0.2)),
        safety=ceil(0.6 * sku.demand * node.size * dice.spread(1.0, 0.15)),
        inbound=inbound,
        inbound_due_at=due_at,
        as_of=as_of,
        counted_at=counted_at,
        rate=rate,
        drift=drift,
    )


def _bustle(state: DayState, node: Node, at: float) -> float:
    hour = min(23, int((at - state.day * DAY) / HOUR))
    busy = float(state.traffic.orders[node.index, hour] / state.traffic.usual[node.index, hour])
    return 1.0 + 0.5 * (busy - 1.0)


def _units(dice: Dice, cause: RootCause, kind: ExceptionType, rate: float, sku: Sku) -> int:
    cover = _MEDIAN_COVER * _COVER.get(cause, 1.0) * dice.spread(1.0, _COVER_SPREAD)
    if kind is _T.UNAVAILABLE_INVENTORY:
        cover *= 0.7
    return dice.count(rate * cover + (1.2 if sku.pattern == "intermittent" else 0.4))


def _record_error(
    state: DayState, dice: Dice, cause: RootCause, sku: Sku, node: Node, rate: float, at: float
) -> tuple[float, int]:
    days = (state.day + node.count_phase) % node.count_every + dice.uniform(0.2, 1.0)
    moved = rate * days
    lost = moved * CATEGORIES[sku.category].shrink * node.inaccuracy * 2.5
    error = dice.normal(lost, node.inaccuracy * (0.18 * moved) ** 0.5)
    if cause is _C.INVENTORY_MISMATCH:
        error += 1.0 + dice.count(0.5 * rate + 1.0)
    return at - days * DAY, round(error)


def _lag_minutes(state: DayState, dice: Dice, node: Node, at: float) -> float:
    hour = min(23, int((at - state.day * DAY) / HOUR))
    behind = float(state.lagging[SYSTEMS.index(System.WMS), node.region, hour])
    behind += float(state.lagging[SYSTEMS.index(System.OMS), node.region, hour])
    return dice.spread(11.0 + 55.0 * min(behind, 3.0), 0.6)


def _inbound(state: DayState, dice: Dice, cause: RootCause, sku: Sku, rate: float, at: float) -> tuple[int, float, int]:
    if not dice.chance(0.3 if cause is _C.SUPPLIER_DELAY else 0.5):
        return 0, 0.0, 0
    packs = ceil(rate * dice.uniform(0.8, 3.0) / sku.case_pack)
    due_at = at + dice.spread(20.0, 0.8) * HOUR
    late = dice.spread(3.0 * float(state.slipping[sku.supplier]) ** 0.7, 0.8) * HOUR
    arrives = due_at + late * (3.0 if cause is _C.SUPPLIER_DELAY else 1.0)
    units = packs * sku.case_pack
    return units, due_at, units if arrives < at + 0.7 * DAY else 0
