"""What is wrong beyond the node: carriers that fail, suppliers that slip, systems that lag, approvals that wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.clock import date_of
from data.simulator.dice import generator
from data.simulator.episodes import HOURS, SYSTEMS, Episode, Kind
from data.simulator.markets import CATEGORIES, REGIONS
from data.simulator.world import Floats, World, drift_at

_APPROVALS = 7
_OUTAGE, _DISRUPTION = 9.0, 4.0
_ALWAYS_MISPRICED = 0.012


@dataclass(frozen=True)
class Hazards:
    """One day's hazards.

    `failing` float64[carrier, region, hour], `slipping` float64[supplier], `lagging` float64[system, region, hour],
    `mispriced` float64[category, region, hour], `waiting` (approvals open) float64[region, hour].
    """

    failing: Floats
    slipping: Floats
    lagging: Floats
    mispriced: Floats
    waiting: Floats


def hazards_of(world: World, day: int, episodes: tuple[Episode, ...]) -> Hazards:
    """The hazards of a day in which these episodes go on."""
    return Hazards(
        failing=_failing(world, day, episodes),
        slipping=_slipping(world, day, episodes),
        lagging=_by_region(day, episodes, Kind.INCIDENT, len(SYSTEMS)),
        mispriced=_by_region(day, episodes, Kind.PRICE_RUN, len(CATEGORIES)) + _ALWAYS_MISPRICED,
        waiting=_waiting(world, day),
    )


def _failing(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    usual = np.exp(np.array([each.fragility for each in world.carriers]) + drift_at(world.drift["carrier"], day))
    outages = _by_region(day, episodes, Kind.OUTAGE, len(world.carriers))
    hazard: Floats = 0.25 * usual[:, None, None] + _OUTAGE * outages
    return hazard


def _slipping(world: World, day: int, episodes: tuple[Episode, ...]) -> Floats:
    hazard = np.exp(np.array([each.slowness for each in world.suppliers]) + drift_at(world.drift["supplier"], day))
    for each in episodes:
        if each.kind is Kind.DISRUPTION:
            hazard[each.subject] *= 1.0 + _DISRUPTION * each.severity * float(each.hours_of(day).mean())
    working: Floats = hazard * np.array([day >= each.joined for each in world.suppliers])
    return working


def _waiting(world: World, day: int) -> Floats:
    """More wait at the end of a month, at weekends and in the afternoon."""
    local = date_of(day)
    source = generator(world.seed, _APPROVALS, day)
    closing = 1.9 if local.day >= 27 or local.day <= 2 else 1.0
    weekend = 1.5 if local.weekday() >= 5 else 1.0
    slow = np.array([1.0 + 0.5 * np.sin(2.0 * np.pi * day / (38.0 + 9.0 * index)) for index in range(len(REGIONS))])
    base = 6.0 * closing * weekend * slow * source.lognormal(0.0, 0.25, len(REGIONS))
    hours = 1.0 + 0.35 * np.sin(2.0 * np.pi * (np.arange(HOURS) - 9.0) / HOURS)
    waiting: Floats = base[:, None] * hours[None, :]
    return waiting


def _by_region(day: int, episodes: tuple[Episode, ...], kind: Kind, subjects: int) -> Floats:
    level = np.zeros((subjects, len(REGIONS), HOURS))
    for each in episodes:
        if each.kind is kind:
            level[each.subject, each.region] += each.severity * each.hours_of(day)
    return level
