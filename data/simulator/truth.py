"""One exception as it truly is: what caused it, whom it concerns, how much room there is. Never emitted as such."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from data.simulator.causes import DayState
from data.simulator.clock import HOUR, MINUTE, date_of, offset_hours
from data.simulator.dice import Dice, Wheel
from data.simulator.episodes import SYSTEMS, Episode, Kind, promoted
from data.simulator.markets import CATEGORIES
from data.simulator.stock import Scene, Shelf, shelf_of
from data.simulator.symptoms import channel_of, step_of, type_of
from data.simulator.traffic import PICKS_PER_HOUR
from data.simulator.world import SKUS, Carrier, Customer, Node, Sku, Supplier, World, supplier_of
from data.vocabulary import Channel, ExceptionType, RootCause, System

T = TypeVar("T")
_T, _C = ExceptionType, RootCause
_ALL = range(len(CATEGORIES))
_KINDRED = SKUS // len(CATEGORIES)
_APPEAL = Wheel({index: each.appeal for index, each in enumerate(CATEGORIES)})
_SHRINK = Wheel({index: 0.006 + each.shrink for index, each in enumerate(CATEGORIES)})

_SLACK: dict[ExceptionType, float] = {
    _T.SPLIT_SHIPMENT: 460.0,
    _T.UNAVAILABLE_INVENTORY: 330.0,
    _T.DELAYED_SUPPLIER_CONFIRMATION: 2300.0,
    _T.SUSPICIOUS_RETURN: 1700.0,
    _T.PRICING_MISMATCH: 420.0,
    _T.FAILED_DELIVERY_HANDOFF: 700.0,
    _T.LATE_PICKUP_READINESS: 95.0,
    _T.REFUND_RECONCILIATION_GAP: 2600.0,
}
"""Median minutes between an exception and its promise."""

_HURRY = {Channel.BOPIS: 0.75, Channel.IN_STORE: 0.85, Channel.MARKETPLACE: 1.1, Channel.SHIP_TO_STORE: 1.2}
_STILL_UNKNOWN_LAG = 0.006
_RING_SIZE = 6


@dataclass(frozen=True, slots=True)
class Work:
    """The node at the moment: people, orders and how long a task waits for a pair of hands."""

    staff: int
    planned: int
    queue: int
    orders: int
    usual: float
    wait_minutes: float
    approvals: int
    local_hour: float
    weekend: bool

    @property
    def gap(self) -> float:
        """Share of the planned people who are missing."""
        return max(0.0, 1.0 - self.staff / max(1, self.planned))


@dataclass(frozen=True, slots=True)
class Truth:
    """One exception as it is. `left` are the minutes until the episode behind it ends, 0 where there is none."""

    cause: RootCause
    type: ExceptionType
    at: float
    node: Node
    channel: Channel
    step: str
    work: Work
    sku: Sku
    quantity: int
    customer: Customer
    carrier: Carrier
    supplier: Supplier
    slipping: float
    system: System | None
    left: float
    slack: float
    shelf: Shelf

    @property
    def due_at(self) -> float:
        """When the promise breaks, in seconds since 1970."""
        return self.at + self.slack * MINUTE


def draw_truth(world: World, state: DayState, dice: Dice, cause: RootCause, node: Node, at: float) -> Truth:
    """What truly happened at this node at this moment, given its cause."""
    hour = state.hour_of(at)
    system = _system(dice, state, node, hour) if cause is _C.SYSTEM_LATENCY else None
    kind = type_of(dice, cause, system)
    channel = channel_of(dice, kind, node.kind)
    sku, supplier = _goods(world, state, dice, cause, node, at)
    carrier = _carrier(world, state, dice, cause, node, hour)
    return Truth(
        cause=cause,
        type=kind,
        at=at,
        node=node,
        channel=channel,
        step=step_of(dice, kind, cause),
        work=work_at(state, dice, node, at),
        sku=sku,
        quantity=1 + dice.count(0.7),
        customer=_customer(world, state, dice, cause, node, at),
        carrier=carrier,
        supplier=supplier,
        slipping=float(state.hazards.slipping[supplier.index]),
        system=system,
        left=_left(state, node, at, _subject(cause, carrier, system, sku)),
        slack=_slack(dice, kind, channel),
        shelf=shelf_of(world, state, dice, Scene(cause, kind, sku, supplier, node, at)),
    )


def work_at(state: DayState, dice: Dice, node: Node, at: float) -> Work:
    """How the node works at this moment of the day."""
    hour = state.hour_of(at)
    here, traffic = (node.index, hour), state.traffic
    staff, queue = int(traffic.staff[here]), float(state.queue[here])
    ahead = offset_hours(node.zone, state.day)
    local = at / HOUR + ahead
    return Work(
        staff=staff,
        planned=int(traffic.planned[here]),
        queue=dice.count(queue),
        orders=dice.count(float(traffic.orders[here])),
        usual=round(float(traffic.usual[here]), 1),
        wait_minutes=60.0 * queue / (staff * PICKS_PER_HOUR) * dice.spread(1.0, 0.25),
        approvals=dice.count(float(state.hazards.waiting[node.region, hour])),
        local_hour=local % 24.0,
        weekend=date_of(int(local // 24)).weekday() >= 5,
    )


def _slack(dice: Dice, kind: ExceptionType, channel: Channel) -> float:
    if dice.chance(0.03):
        return -dice.uniform(2.0, 90.0)
    return _SLACK[kind] * _HURRY.get(channel, 1.0) * dice.spread(1.0, 0.8)


def _system(dice: Dice, state: DayState, node: Node, hour: int) -> System:
    lagging = (state.hazards.lagging[:, node.region, hour] + _STILL_UNKNOWN_LAG).tolist()
    return _weighted(dice, SYSTEMS, lagging)


def _carrier(world: World, state: DayState, dice: Dice, cause: RootCause, node: Node, hour: int) -> Carrier:
    weights = state.shares[node.index]
    if cause is _C.CARRIER_FAILURE:
        weights = weights * state.hazards.failing[:, node.region, hour]
    return _weighted(dice, world.carriers, weights.tolist())


def _goods(world: World, state: DayState, dice: Dice, cause: RootCause, node: Node, at: float) -> tuple[Sku, Supplier]:
    if cause is _C.SUPPLIER_DELAY:
        volumes = [slow * len(skus) for slow, skus in zip(state.hazards.slipping.tolist(), world.supplied, strict=True)]
        supplier = _weighted(dice, world.suppliers, volumes)
        return world.skus[dice.pick(world.supplied[supplier.index])], supplier
    sku = world.skus[_category(world, state, dice, cause, node, at) + len(CATEGORIES) * dice.below(_KINDRED)]
    return sku, supplier_of(world, sku, state.day)


def _category(world: World, state: DayState, dice: Dice, cause: RootCause, node: Node, at: float) -> int:
    match cause:
        case _C.PRICE_SYNC_ERROR:
            return _weighted(dice, _ALL, state.hazards.mispriced[:, node.region, state.hour_of(at)].tolist())
        case _C.FRAUD_PATTERN:
            ring = _ring(state, node, at)
            return ring.subject if ring and dice.chance(0.6) else dice.spin(_APPEAL)
        case _C.INVENTORY_MISMATCH:
            return dice.spin(_SHRINK)
        case _C.DEMAND_SURGE if dice.chance(0.5):
            return dice.pick(tuple(promoted(world.seed, (state.day + 3) // 7)[node.region]))
    return dice.below(len(CATEGORIES))


def _customer(world: World, state: DayState, dice: Dice, cause: RootCause, node: Node, at: float) -> Customer:
    here, abusers = world.customers[node.region], world.abusers[node.region]
    if cause is _C.FRAUD_PATTERN and dice.chance(0.75):
        ring = _ring(state, node, at)
        member = int(ring.start) + dice.below(_RING_SIZE) if ring else dice.below(len(abusers))
        return abusers[member % len(abusers)]
    if cause is _C.ADDRESS_PROBLEM:
        return min((dice.pick(here) for _ in range(6)), key=lambda each: each.address)
    return dice.pick(here)


def _ring(state: DayState, node: Node, at: float) -> Episode | None:
    rings = (each for each in state.episodes if each.kind is Kind.RING and node.index in each.nodes)
    return next((each for each in rings if each.holds(at)), None)


def _subject(cause: RootCause, carrier: Carrier, system: System | None, sku: Sku) -> tuple[Kind, int] | None:
    match cause:
        case _C.CARRIER_FAILURE:
            return Kind.OUTAGE, carrier.index
        case _C.SYSTEM_LATENCY if system:
            return Kind.INCIDENT, SYSTEMS.index(system)
        case _C.PRICE_SYNC_ERROR:
            return Kind.PRICE_RUN, sku.category
    return None


def _left(state: DayState, node: Node, at: float, subject: tuple[Kind, int] | None) -> float:
    ends = [
        each.end
        for each in state.episodes
        if (each.kind, each.subject) == subject and each.region == node.region and each.holds(at)
    ]
    return max(0.0, max(ends, default=at) - at) / MINUTE


def _weighted(dice: Dice, items: Sequence[T], weights: Sequence[float]) -> T:
    edges = list(accumulate(weights))
    return items[min(bisect_right(edges, dice.unit() * edges[-1]), len(items) - 1)]
