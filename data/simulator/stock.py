"""The shelf behind a case: true units beside what the record says, what is coming, and what customers will want."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from data.simulator import demand
from data.simulator.causes import DayState
from data.simulator.clock import DAY, HOUR, MINUTE
from data.simulator.dice import Dice
from data.simulator.episodes import SYSTEMS
from data.simulator.markets import CATEGORIES
from data.simulator.world import Node, Sku, Supplier, World
from data.vocabulary import ExceptionType, RootCause, System

_C, _T = RootCause, ExceptionType

_COVER = {
    _C.INVENTORY_MISMATCH: 0.75,
    _C.SUPPLIER_DELAY: 0.7,
    _C.DEMAND_SURGE: 0.8,
}
"""How many days of demand lie on the shelf, against other causes."""

_MEDIAN_COVER, _COVER_SPREAD = 4.6, 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Which article of whom, where and when (seconds since 1970), in what kind of trouble."""

    cause: RootCause
    type: ExceptionType
    sku: Sku
    supplier: Supplier
    node: Node
    at: float


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


def shelf_of(world: World, state: DayState, dice: Dice, scene: Scene) -> Shelf:
    """The shelf of this article at this moment, true and recorded."""
    sku, node, at = scene.sku, scene.node, scene.at
    drift = float(state.sku_drift[sku.index])
    rate = demand.units_per_day(world, sku, node, state.day, drift)
    units = _units(dice, scene, rate)
    counted_at, error = _record_error(state, dice, scene, rate)
    as_of = at - _lag_minutes(state, dice, node, at) * MINUTE
    inbound, due_at, arriving = _inbound(state, dice, scene, rate)
    recorded = max(0, units + error + dice.count(rate * (at - as_of) / DAY))
    if scene.type is _T.UNAVAILABLE_INVENTORY and scene.cause is _C.INVENTORY_MISMATCH:
        recorded = max(recorded, 1)
    return Shelf(
        units=units,
        wanted=demand.units_wanted(dice, sku, _day_ahead(world, state, scene, rate, drift)),
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


def _day_ahead(world: World, state: DayState, scene: Scene, rate: float, drift: float) -> float:
    tomorrow = demand.units_per_day(world, scene.sku, scene.node, state.day + 1, drift)
    share_left = 1.0 - (scene.at - state.day * DAY) / DAY
    return (share_left * rate + (1.0 - share_left) * tomorrow) * _bustle(state, scene.node, scene.at)


def _bustle(state: DayState, node: Node, at: float) -> float:
    here = (node.index, state.hour_of(at))
    return 1.0 + 0.8 * (float(state.traffic.orders[here] / state.traffic.usual[here]) - 1.0)


def _units(dice: Dice, scene: Scene, rate: float) -> int:
    cover = _MEDIAN_COVER * _COVER.get(scene.cause, 1.0) * dice.spread(1.0, _COVER_SPREAD)
    if scene.type is _T.UNAVAILABLE_INVENTORY:
        cover *= 0.7
    return dice.count(rate * cover + (1.2 if scene.sku.pattern == "intermittent" else 0.4))


def _record_error(state: DayState, dice: Dice, scene: Scene, rate: float) -> tuple[float, int]:
    """When the shelf was counted, and by how many units the record exceeds the shelf since."""
    node = scene.node
    days = (state.day + node.count_phase) % node.count_every + dice.uniform(0.2, 1.0)
    moved = rate * days
    lost = moved * CATEGORIES[scene.sku.category].shrink * node.inaccuracy * 6.0
    error = dice.normal(lost, node.inaccuracy * (0.08 * moved) ** 0.5)
    if scene.cause is _C.INVENTORY_MISMATCH:
        error += 1.0 + dice.count(0.5 * rate + 1.0)
    return scene.at - days * DAY, round(error)


def _lag_minutes(state: DayState, dice: Dice, node: Node, at: float) -> float:
    hour = state.hour_of(at)
    behind = float(state.hazards.lagging[SYSTEMS.index(System.WMS), node.region, hour])
    behind += float(state.hazards.lagging[SYSTEMS.index(System.OMS), node.region, hour])
    return dice.spread(11.0 + 55.0 * min(behind, 3.0), 0.6)


def _inbound(state: DayState, dice: Dice, scene: Scene, rate: float) -> tuple[int, float, int]:
    """Units on their way, when they are due, and how many of them come within the day."""
    held_up = scene.cause is _C.SUPPLIER_DELAY
    if not dice.chance(0.3 if held_up else 0.5):
        return 0, 0.0, 0
    units = scene.sku.case_pack * ceil(rate * dice.uniform(0.8, 3.0) / scene.sku.case_pack)
    due_at = scene.at + dice.spread(20.0, 0.8) * HOUR
    late = dice.spread(3.0 * float(state.hazards.slipping[scene.supplier.index]) ** 0.7, 0.6) * HOUR
    arrives = due_at + late * (3.0 if held_up else 1.0)
    return units, due_at, units if arrives < scene.at + 0.7 * DAY else 0
