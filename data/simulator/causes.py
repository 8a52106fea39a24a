"""The processes under the surface: how often each cause breaks something, per node and hour of one day.

The rates are relative: a history draws its exceptions in proportion. Everything here is hidden truth; snapshots show
what some system recorded of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data.simulator import demand
from data.simulator.clock import DAY, HOUR, date_of, offset_hours
from data.simulator.dice import generator
from data.simulator.episodes import SYSTEMS, Episode, Kind, during, promoted
from data.simulator.world import REGIONS, Floats, World, carrier_shares, drift_at
from data.vocabulary import NodeKind, RootCause, System

CAUSES = tuple(RootCause)
_NOISE = 3
_HOURS = 24
_ORDERS_PER_HOUR = 6.0
_PICKS_PER_HOUR = 5.5
_LONGEST_QUEUE_HOURS = 5.0
"""Beyond this, other nodes take the work."""

_ONLINE = np.array([2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 11, 13, 15, 16, 16, 14, 10, 5], dtype=float)
_SHOP = np.array([0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 14, 18, 22, 20, 18, 19, 22, 26, 24, 14, 4, 0, 0, 0], dtype=float)
_PROFILE = 0.35 * _ONLINE / _ONLINE.mean() + 0.65 * _SHOP / _SHOP.mean()
_RELEASE_LAG = {"6.9": 2.2, "7.2": 1.0, "7.4": 0.6}

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
"""Brings the processes to the shares of causes that an exception desk sees; measured over two years of days."""


@dataclass(frozen=True)
class Traffic:
    """Orders and people of one day, each float64[node, hour in UTC]."""

    usual: Floats
    orders: Floats
    planned: Floats
    staff: Floats


@dataclass(frozen=True)
class DayState:
    """The truth of one day: traffic and `queue` float64[node, hour], hazards, and the rates of every cause.

    `failing` is each carrier's hazard, float64[carrier, region, hour]; `slipping` each supplier's, float64[supplier];
    `lagging` each system's, float64[system, region, hour]; `waiting` the approvals open, float64[region, hour];
    `mispriced` is float64[category, region, hour]; `rates` is float64[cause, node, hour].
    """

    day: int
    episodes: tuple[Episode, ...]
    traffic: Traffic
    queue: Floats
    failing: Floats
    slipping: Floats
    lagging: Floats
    waiting: Floats
    mispriced: Floats
    shares: Floats
    sku_drift: Floats
    rates: Floats


@lru_cache(maxsize=4)
def day_state(world: World, day: int) -> DayState:
    """The truth of one day of this world; the same whenever it is asked for."""
    episodes = during(world, day)
    today = _traffic(world, day)
    queue = _queue(_traffic(world, day - 1), today)
    shares = carrier_shares(world, day)
    failing, slipping = _failing(world, day, episodes), _slipping(world, day, episodes)
    lagging, waiting = _lagging(day, episodes), _waiting(world, day)
    mispriced = _by_region(day, episodes, Kind.PRICE_RUN, 10) + 0.012
    rates = np.empty((len(CAUSES), len(world.nodes), _HOURS))
    regions = np.array([node.region for node in world.nodes])
    rates[_row(RootCause.INVENTORY_MISMATCH)] = today.orders * _inaccuracy(world, day)[:, None]
    rates[_row(RootCause.LABOR_SHORTAGE)] = _labour_rate(today, queue)
    rates[_row(RootCause.SYSTEM_LATENCY)] = today.orders * _lag_rate(world, lagging)[:, :]
    rates[_row(RootCause.APPROVAL_BOTTLENECK)] = today.usual * (waiting[regions] / 10.0) ** 1.5
    rates[_row(RootCause.SUPPLIER_DELAY)] = today.usual * slipping.mean()
    rates[_row(RootCause.CARRIER_FAILURE)] = today.orders * _failure_rate(world, shares, failing)
    rates[_row(RootCause.DEMAND_SURGE)] = today.usual * np.clip(today.orders / today.usual - 1.3, 0.0, 2.0)
    rates[_row(RootCause.PRICE_SYNC_ERROR)] = today.orders * mispriced.mean(axis=0)[regions]
    rates[_row(RootCause.FRAUD_PATTERN)] = _shop_hours(world, day) * _fraud_rate(world, day, episodes)
    rates[_row(RootCause.ADDRESS_PROBLEM)] = today.orders
    rates *= np.array([_SCALE[cause] for cause in CAUSES])[:, None, None]
    return DayState(
        day=day,
        episodes=episodes,
        traffic=today,
        queue=queue,
        failing=failing,
        slipping=slipping,
        lagging=lagging,
        waiting=waiting,
        mispriced=mispriced,
        shares=shares,
        sku_drift=drift_at(world.drift["sku"], day),
        rates=rates,
    )


def _row(cause: RootCause) -> int:
    return CAUSES.index(cause)


@lru_cache(maxsize=4)
def _traffic(world: World, day: int) -> Traffic:
    source = generator(world.seed, _NOISE, day)
    count = len(world.nodes)
    sizes = np.array([node.size for node in world.nodes])
    usual = _ORDERS_PER_HOUR * sizes[:, None] * demand.weekday(day) * _local(world, day, _PROFILE) + 0.05
    bustle = np.exp(source.normal(0.0, 0.16, (count, 1)) + source.normal(0.0, 0.12, (count, _HOURS)))
    crowd = 1.0 + 1.1 * _by_node(world, day, Kind.CROWD)
    expected = usual * _promotion_pressure(world, day)[:, None]
    orders = expected * bustle * crowd
    planned = np.ceil(expected * 1.18 / _PICKS_PER_HOUR)
    absent = _absence(world, day, source)
    staff = np.maximum(1.0, np.round(planned * (1.0 - absent) + source.normal(0.0, 0.25, (count, _HOURS))))
    return Traffic(usual, orders, planned, staff)


def _local(world: World, day: int, profile: Floats) -> Floats:
    ahead = np.array([offset_hours(node.zone, day) for node in world.nodes])
    curve: Floats = profile[(np.arange(_HOURS)[None, :] + ahead[:, None]) % _HOURS]
    return curve


def _shop_hours(world: World, day: int) -> Floats:
    return _local(world, day, _SHOP / _SHOP.mean())


def _promotion_pressure(world: World, day: int) -> Floats:
    lifts = [sum(each.values()) for each in promoted(world.seed, (day + 3) // 7)]
    return np.array([1.0 + 0.09 * lifts[node.region] for node in world.nodes])


def _absence(world: World, day: int, source: np.random.Generator) -> Floats:
    chronic = np.array([node.chronic for node in world.nodes]) + drift_at(world.drift["node"], day) * 0.3
    flu = 0.05 * np.sin(2.0 * np.pi * (day - 15) / 182.6)
    today = source.gamma(1.2, 0.05, len(world.nodes))
    sick = 0.38 * _by_node(world, day, Kind.SICKNESS)
    absent: Floats = np.clip((chronic + flu + today)[:, None] + sick, 0.0, 0.75)
    return absent


def _queue(before: Traffic, today: Traffic) -> Floats:
    arriving = np.concatenate((before.orders, today.orders), axis=1)
    capacity = np.concatenate((before.staff, today.staff), axis=1) * _PICKS_PER_HOUR
    waiting = np.zeros(arriving.shape[0])
    lengths = np.empty_like(arriving)
    for hour in range(arriving.shape[1]):
        backlog = waiting + arriving[:, hour] - capacity[:, hour]
        waiting = np.clip(backlog, 0.25 * arriving[:, hour], _LONGEST_QUEUE_HOURS * capacity[:, hour])
        lengths[:, hour] = waiting
    return lengths[:, _HOURS:]


def _labour_rate(today: Traffic, queue: Floats) -> Floats:
    gap = np.clip(1.0 - today.staff / today.planned - 0.1, 0.0, 1.0)
    waiting = np.minimum(queue / (today.staff * _PICKS_PER_HOUR), 6.0)
    rate: Floats = today.usual * gap * (0.4 + waiting)
    return rate


def _inaccuracy(world: World, day: int) -> Floats:
    since_count = np.array([(day + node.count_phase) % node.count_every for node in world.nodes])
    inaccuracy = np.array([node.inaccuracy for node in world.nodes])
    level: Floats = inaccuracy * (0.5 + since_count / 30.0) * np.exp(drift_at(world.drift["node"], day))
    return level


def _lag_rate(world: World, lagging: Floats) -> Floats:
    whole = lagging.sum(axis=0) + 0.05
    release = np.array([_RELEASE_LAG[node.release] for node in world.nodes])
    wms = lagging[SYSTEMS.index(System.WMS)]
    regions = np.array([node.region for node in world.nodes])
    rate: Floats = whole[regions] + wms[regions] * (release[:, None] - 1.0)
    return rate


def _failure_rate(world: World, shares: Floats, failing: Floats) -> Floats:
    rate = np.empty((len(world.nodes), _HOURS))
    regions = np.array([node.region for node in world.nodes])
    for region in range(len(REGIONS)):
        rate[regions == region] = shares[regions == region] @ failing[:, region, :]
    return rate


def _fraud_rate(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    rings = np.zeros((len(world.nodes), _HOURS))
    for each in episodes:
        if each.kind is Kind.RING:
            rings[list(each.nodes)] += 25.0 * each.severity * _overlap(day, each)
    sizes = np.array([0.0 if node.kind is not NodeKind.STORE else node.size for node in world.nodes])
    rate: Floats = sizes[:, None] * (1.0 + rings)
    return rate


def _failing(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    usual = np.exp(np.array([each.fragility for each in world.carriers]) + drift_at(world.drift["carrier"], day))
    hazard = np.repeat(0.25 * usual[:, None, None], len(REGIONS), axis=1) * np.ones(_HOURS)
    for each in episodes:
        if each.kind is Kind.OUTAGE:
            hazard[each.subject, each.region] += 9.0 * each.severity * _overlap(day, each)
    return hazard


def _slipping(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    hazard = np.exp(np.array([each.slowness for each in world.suppliers]) + drift_at(world.drift["supplier"], day))
    for each in episodes:
        if each.kind is Kind.DISRUPTION:
            hazard[each.subject] *= 1.0 + 4.0 * each.severity * float(_overlap(day, each).mean())
    hazard *= np.array([day >= each.joined for each in world.suppliers])
    return hazard


def _lagging(day: int, episodes: tuple[Episode, ...]) -> Floats:
    return _by_region(day, episodes, Kind.INCIDENT, len(SYSTEMS))


def _waiting(world: World, day: int) -> Floats:
    local = date_of(day)
    source = generator(world.seed, _NOISE, day, 1)
    closing = 1.9 if local.day >= 27 or local.day <= 2 else 1.0
    weekend = 1.5 if local.weekday() >= 5 else 1.0
    slow = np.array([1.0 + 0.5 * np.sin(2.0 * np.pi * day / (38.0 + 9.0 * index)) for index in range(len(REGIONS))])
    base = 6.0 * closing * weekend * slow * source.lognormal(0.0, 0.25, len(REGIONS))
    hours = 1.0 + 0.35 * np.sin(2.0 * np.pi * (np.arange(_HOURS) - 9.0) / _HOURS)
    waiting: Floats = base[:, None] * hours[None, :]
    return waiting


def _by_region(day: int, episodes: tuple[Episode, ...], kind: Kind, subjects: int) -> Floats:
    level = np.zeros((subjects, len(REGIONS), _HOURS))
    for each in episodes:
        if each.kind is kind:
            level[each.subject, each.region] += each.severity * _overlap(day, each)
    return level


def _by_node(world: World, day: int, kind: Kind) -> Floats:
    level = np.zeros((len(world.nodes), _HOURS))
    for each in during(world, day):
        if each.kind is kind:
            level[each.subject] += each.severity * _overlap(day, each)
    return level


def _overlap(day: int, episode: Episode) -> Floats:
    starts = day * DAY + HOUR * np.arange(_HOURS)
    shared: Floats = np.clip(np.minimum(episode.end, starts + HOUR) - np.maximum(episode.start, starts), 0.0, HOUR)
    return shared / HOUR
