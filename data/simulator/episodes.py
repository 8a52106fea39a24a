"""What goes wrong for a while: outages, incidents, disruptions, failed price runs, thefts in series, crowds, sickness.

Each day's beginnings depend on the seed and the day alone, so any window of time sees the same past.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from data.simulator.clock import DAY, HOUR
from data.simulator.dice import Dice, Wheel, generator
from data.simulator.markets import CATEGORIES, REGIONS
from data.simulator.world import Floats, World
from data.vocabulary import System

_EPISODES, _PROMOTIONS = 1, 2
LONGEST_DAYS = 14
HOURS = 24
SYSTEMS = tuple(System)
_INCIDENTS = Wheel(
    {
        System.OMS: 1.0,
        System.WMS: 1.6,
        System.ERP: 1.5,
        System.POS: 0.8,
        System.PRICING: 0.7,
        System.PAYMENTS: 1.3,
        System.CARRIER: 1.0,
        System.RETURNS: 0.7,
        System.SUPPLIER_PORTAL: 0.9,
    }
)


class Kind(StrEnum):
    """What an episode is; in brackets what its `subject` names."""

    OUTAGE = "outage"
    """A carrier accepts little or nothing in a region (carrier)."""
    INCIDENT = "incident"
    """A system lags or fails in a region (index in `SYSTEMS`)."""
    DISRUPTION = "disruption"
    """A supplier slips (supplier)."""
    PRICE_RUN = "price_run"
    """A price run of a region failed (category)."""
    RING = "ring"
    """The same people return in the same stores (category)."""
    CROWD = "crowd"
    """Something outside brings a crowd to a store (node)."""
    SICKNESS = "sickness"
    """Many of a store's people are absent (node)."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One thing that goes wrong from `start` to `end` (seconds since 1970), the harder the greater `severity`."""

    kind: Kind
    subject: int
    region: int
    start: float
    end: float
    severity: float
    nodes: frozenset[int] = frozenset()

    def hours_of(self, day: int) -> Floats:
        """How much of each UTC hour of the day it goes on, float64[24] between 0 and 1."""
        starts = day * DAY + HOUR * np.arange(HOURS)
        shared = np.minimum(self.end, starts + HOUR) - np.maximum(self.start, starts)
        share: Floats = np.clip(shared, 0.0, HOUR) / HOUR
        return share

    def holds(self, at: float) -> bool:
        """Whether it goes on at this moment."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class _Plan:
    """How often a kind begins in the whole world per day, how long it lasts, how severe it is."""

    per_day: float
    hours: float
    spread: float
    severity: float


_PLANS = {
    Kind.OUTAGE: _Plan(1.3, 7.0, 0.6, 1.0),
    Kind.INCIDENT: _Plan(2.4, 4.0, 0.7, 1.0),
    Kind.DISRUPTION: _Plan(0.9, 130.0, 0.5, 1.0),
    Kind.PRICE_RUN: _Plan(1.1, 14.0, 0.6, 1.0),
    Kind.RING: _Plan(0.35, 60.0, 0.4, 1.0),
    Kind.CROWD: _Plan(14.0, 7.0, 0.5, 1.0),
    Kind.SICKNESS: _Plan(16.0, 40.0, 0.4, 1.0),
}


@lru_cache(maxsize=64)
def beginning(world: World, day: int) -> tuple[Episode, ...]:
    """The episodes that begin on this day."""
    dice = Dice(generator(world.seed, _EPISODES, day))
    return tuple(episode for kind, plan in _PLANS.items() for episode in _of_kind(dice, world, day, kind, plan))


def during(world: World, day: int) -> tuple[Episode, ...]:
    """The episodes of which some part falls into this day."""
    recent = range(day - LONGEST_DAYS, day + 1)
    return tuple(each for begun in recent for each in beginning(world, begun) if each.end > day * DAY)


def _of_kind(dice: Dice, world: World, day: int, kind: Kind, plan: _Plan) -> Iterator[Episode]:
    for _ in range(dice.count(plan.per_day)):
        start = day * DAY + dice.uniform(0, DAY)
        lasting = min(dice.spread(plan.hours, plan.spread), (LONGEST_DAYS - 1) * 24.0)
        subject, region, nodes = _struck(dice, world, kind)
        severity = dice.spread(plan.severity, 0.4)
        yield Episode(kind, subject, region, start, start + lasting * HOUR, severity, nodes)


def _struck(dice: Dice, world: World, kind: Kind) -> tuple[int, int, frozenset[int]]:
    region = dice.below(len(REGIONS))
    match kind:
        case Kind.OUTAGE:
            here = [each.index for each in world.carriers if region in each.regions]
            return dice.pick(here), region, frozenset()
        case Kind.INCIDENT:
            return SYSTEMS.index(dice.spin(_INCIDENTS)), region, frozenset()
        case Kind.DISRUPTION:
            return dice.below(len(world.suppliers)), region, frozenset()
        case Kind.PRICE_RUN:
            return dice.below(len(CATEGORIES)), region, frozenset()
        case Kind.RING:
            stores = [each.index for each in world.nodes if each.region == region]
            return dice.pick((0, 1, 2, 2, 5)), region, frozenset(dice.pick(stores) for _ in range(8))
        case Kind.CROWD | Kind.SICKNESS:
            struck = dice.pick(world.nodes)
            return struck.index, struck.region, frozenset({struck.index})


@lru_cache(maxsize=512)
def promoted(seed: int, week: int) -> tuple[dict[int, float], ...]:
    """Per region the promoted categories of a week (weeks since 1970) and how strongly they are promoted."""
    dice = Dice(generator(seed, _PROMOTIONS, week))
    return tuple({dice.below(len(CATEGORIES)): dice.uniform(0.5, 1.2) for _ in range(2)} for _ in REGIONS)
