"""The node's day: orders, the people planned and present, and the queue that grows between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data.simulator import demand
from data.simulator.clock import offset_hours
from data.simulator.dice import generator
from data.simulator.episodes import HOURS, Kind, during, promoted
from data.simulator.world import Floats, World, drift_at

PICKS_PER_HOUR = 5.5
"""Tasks one person finishes in an hour."""

_TRAFFIC = 3
_ORDERS_PER_HOUR = 6.0
_LONGEST_QUEUE_HOURS = 5.0
"""Beyond this, other nodes take the work."""

_ONLINE = np.array([2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 11, 13, 15, 16, 16, 14, 10, 5], dtype=float)
_SHOP = np.array([0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 14, 18, 22, 20, 18, 19, 22, 26, 24, 14, 4, 0, 0, 0], dtype=float)
_PROFILE = 0.35 * _ONLINE / _ONLINE.mean() + 0.65 * _SHOP / _SHOP.mean()


@dataclass(frozen=True)
class Traffic:
    """Orders and people of one day, each float64[node, hour in UTC]."""

    usual: Floats
    orders: Floats
    planned: Floats
    staff: Floats


@lru_cache(maxsize=4)
def traffic_of(world: World, day: int) -> Traffic:
    """The orders that come and the people who came on this day."""
    source = generator(world.seed, _TRAFFIC, day)
    count = len(world.nodes)
    usual = _ORDERS_PER_HOUR * world.of_nodes("size")[:, None] * demand.weekday(day) * _local(world, day, _PROFILE)
    usual += 0.05
    bustle = np.exp(source.normal(0.0, 0.16, (count, 1)) + source.normal(0.0, 0.12, (count, HOURS)))
    expected = usual * _promotion_pressure(world, day)[:, None]
    orders = expected * bustle * (1.0 + 1.1 * _by_node(world, day, Kind.CROWD))
    planned = np.ceil(expected * 1.18 / PICKS_PER_HOUR)
    absent = _absence(world, day, source)
    staff = np.maximum(1.0, np.round(planned * (1.0 - absent) + source.normal(0.0, 0.25, (count, HOURS))))
    return Traffic(usual, orders, planned, staff)


def queue_of(world: World, day: int) -> Floats:
    """Tasks waiting at the end of each hour, float64[node, hour]; what yesterday left is still there."""
    days = (traffic_of(world, day - 1), traffic_of(world, day))
    arriving = np.concatenate([each.orders for each in days], axis=1)
    capacity = np.concatenate([each.staff for each in days], axis=1) * PICKS_PER_HOUR
    waiting = np.zeros(arriving.shape[0])
    lengths = np.empty_like(arriving)
    for hour in range(arriving.shape[1]):
        backlog = waiting + arriving[:, hour] - capacity[:, hour]
        waiting = np.clip(backlog, 0.25 * arriving[:, hour], _LONGEST_QUEUE_HOURS * capacity[:, hour])
        lengths[:, hour] = waiting
    return lengths[:, HOURS:]


def shop_hours(world: World, day: int) -> Floats:
    """How busy the counters are, float64[node, hour], around 1 over the day."""
    return _local(world, day, _SHOP / _SHOP.mean())


def _local(world: World, day: int, profile: Floats) -> Floats:
    ahead = np.array([offset_hours(node.zone, day) for node in world.nodes])
    curve: Floats = profile[(np.arange(HOURS)[None, :] + ahead[:, None]) % HOURS]
    return curve


def _promotion_pressure(world: World, day: int) -> Floats:
    lifts = np.array([sum(each.values()) for each in promoted(world.seed, (day + 3) // 7)])
    pressure: Floats = 1.0 + 0.09 * lifts[world.regions]
    return pressure


def _absence(world: World, day: int, source: np.random.Generator) -> Floats:
    chronic = world.of_nodes("chronic") + drift_at(world.drift["node"], day) * 0.3
    flu = 0.05 * np.sin(2.0 * np.pi * (day - 15) / 182.6)
    today = source.gamma(1.2, 0.05, len(world.nodes))
    sick = 0.38 * _by_node(world, day, Kind.SICKNESS)
    absent: Floats = np.clip((chronic + flu + today)[:, None] + sick, 0.0, 0.75)
    return absent


def _by_node(world: World, day: int, kind: Kind) -> Floats:
    level = np.zeros((len(world.nodes), HOURS))
    for each in during(world, day):
        if each.kind is kind:
            level[each.subject] += each.severity * each.hours_of(day)
    return level
