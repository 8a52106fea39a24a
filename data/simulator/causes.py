"""How often each cause breaks something, per node and hour of one day.

The rates are relative: a history draws its exceptions in proportion. Everything here is hidden truth; snapshots show
what some system recorded of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data.simulator.clock import DAY, HOUR
from data.simulator.episodes import HOURS, SYSTEMS, Episode, Kind, during
from data.simulator.hazards import Hazards, hazards_of
from data.simulator.markets import REGIONS
from data.simulator.traffic import PICKS_PER_HOUR, Traffic, queue_of, shop_hours, traffic_of
from data.simulator.world import Floats, World, carrier_shares, drift_at
from data.vocabulary import NodeKind, RootCause, System

CAUSES = tuple(RootCause)
_RELEASE_LAG = {"6.9": 2.2, "7.2": 1.0, "7.4": 0.6}
_RING = 25.0

_SCALE = {
    RootCause.INVENTORY_MISMATCH: 0.156,
    RootCause.LABOR_SHORTAGE: 1.2,
    RootCause.SYSTEM_LATENCY: 0.543,
    RootCause.APPROVAL_BOTTLENECK: 0.098,
    RootCause.SUPPLIER_DELAY: 0.084,
    RootCause.CARRIER_FAILURE: 0.297,
    RootCause.DEMAND_SURGE: 1.98,
    RootCause.PRICE_SYNC_ERROR: 1.72,
    RootCause.FRAUD_PATTERN: 0.331,
    RootCause.ADDRESS_PROBLEM: 0.034,
}
"""Brings the processes to the shares of causes that an exception desk sees; measured over half a year of days."""


@dataclass(frozen=True)
class DayState:
    """The truth of one day: `queue` is float64[node, hour], `shares` float64[node, carrier], `sku_drift` float64[sku],
    `rates` float64[cause, node, hour].
    """

    day: int
    episodes: tuple[Episode, ...]
    traffic: Traffic
    queue: Floats
    hazards: Hazards
    shares: Floats
    sku_drift: Floats
    rates: Floats

    def hour_of(self, at: float) -> int:
        """The day's hour (0 to 23) of a moment; what comes after the day counts as its last hour."""
        return min(HOURS - 1, int((at - self.day * DAY) / HOUR))


@lru_cache(maxsize=4)
def day_state(world: World, day: int) -> DayState:
    """The truth of one day of this world; the same whenever it is asked for."""
    episodes = during(world, day)
    traffic, queue = traffic_of(world, day), queue_of(world, day)
    hazards, shares = hazards_of(world, day, episodes), carrier_shares(world, day)
    by_cause = {
        RootCause.INVENTORY_MISMATCH: traffic.orders * _inaccuracy(world, day)[:, None],
        RootCause.LABOR_SHORTAGE: _labour(traffic, queue),
        RootCause.SYSTEM_LATENCY: traffic.orders * _lag(world, hazards.lagging),
        RootCause.APPROVAL_BOTTLENECK: traffic.usual * (hazards.waiting[world.regions] / 10.0) ** 1.5,
        RootCause.SUPPLIER_DELAY: traffic.usual * hazards.slipping.mean(),
        RootCause.CARRIER_FAILURE: traffic.orders * _failure(world, shares, hazards.failing),
        RootCause.DEMAND_SURGE: traffic.usual * np.clip(traffic.orders / traffic.usual - 1.3, 0.0, 2.0),
        RootCause.PRICE_SYNC_ERROR: traffic.orders * hazards.mispriced.mean(axis=0)[world.regions],
        RootCause.FRAUD_PATTERN: shop_hours(world, day) * _fraud(world, day, episodes),
        RootCause.ADDRESS_PROBLEM: traffic.orders,
    }
    rates = np.stack([_SCALE[cause] * by_cause[cause] for cause in CAUSES])
    return DayState(day, episodes, traffic, queue, hazards, shares, drift_at(world.drift["sku"], day), rates)


def _labour(traffic: Traffic, queue: Floats) -> Floats:
    """Missing people break little on a quiet day and much before a queue."""
    gap = np.clip(1.0 - traffic.staff / traffic.planned - 0.1, 0.0, 1.0)
    waiting = queue / (traffic.staff * PICKS_PER_HOUR)
    rate: Floats = traffic.usual * gap * (0.4 + waiting)
    return rate


def _inaccuracy(world: World, day: int) -> Floats:
    since_count = (day + world.of_nodes("count_phase")) % world.of_nodes("count_every")
    drifted = world.of_nodes("inaccuracy") * np.exp(drift_at(world.drift["node"], day))
    level: Floats = drifted * (0.5 + since_count / 30.0)
    return level


def _lag(world: World, lagging: Floats) -> Floats:
    """A node on an old release suffers more from a lagging warehouse system."""
    release = np.array([_RELEASE_LAG[node.release] for node in world.nodes])
    warehouse = lagging[SYSTEMS.index(System.WMS)][world.regions]
    rate: Floats = (lagging.sum(axis=0) + 0.05)[world.regions] + warehouse * (release[:, None] - 1.0)
    return rate


def _failure(world: World, shares: Floats, failing: Floats) -> Floats:
    rate = np.empty((len(world.nodes), HOURS))
    for region in range(len(REGIONS)):
        here = world.regions == region
        rate[here] = shares[here] @ failing[:, region, :]
    return rate


def _fraud(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    rings = np.zeros((len(world.nodes), HOURS))
    for each in episodes:
        if each.kind is Kind.RING:
            rings[list(each.nodes)] += _RING * each.severity * each.hours_of(day)
    counters = np.array([node.size if node.kind is NodeKind.STORE else 0.0 for node in world.nodes])
    rate: Floats = counters[:, None] * (1.0 + rings)
    return rate
