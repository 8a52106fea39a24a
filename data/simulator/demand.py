"""What customers want: expected units a day of one article in one node, and what the shelf then sells."""

from __future__ import annotations

from functools import lru_cache
from math import cos, exp, pi

from data.simulator.clock import date_of
from data.simulator.dice import Dice
from data.simulator.episodes import promoted
from data.simulator.markets import CATEGORIES
from data.simulator.world import Node, Sku, World

WEEKDAY = (0.84, 0.82, 0.88, 0.96, 1.16, 1.38, 0.96)
"""Monday to Sunday, around 1."""

_PROMOTED_MORE = {"promotional": 1.9, "steady": 0.8, "seasonal": 1.0, "intermittent": 0.6}
_HOLIDAYS = (
    frozenset({(1, 1), (5, 1), (12, 25), (12, 26)}),
    frozenset({(1, 1), (12, 25), (12, 26)}),
    frozenset({(1, 1), (7, 4), (11, 26), (12, 25)}),
)


@lru_cache(maxsize=8192)
def holiday(region: int, day: int) -> bool:
    """Whether shops of the region keep a holiday on this day."""
    local = date_of(day)
    return (local.month, local.day) in _HOLIDAYS[region]


@lru_cache(maxsize=4096)
def weekday(day: int) -> float:
    """How busy the day of the week is, around 1."""
    return WEEKDAY[date_of(day).weekday()]


def promotion(world: World, region: int, category: int, day: int) -> float:
    """How strongly the category is promoted in the region on this day; 0 where it is not."""
    return promoted(world.seed, (day + 3) // 7)[region].get(category, 0.0)


@lru_cache(maxsize=8192)
def season(category: int, day: int) -> float:
    """The category's season, around 1, highest on its peak day of the year."""
    kind = CATEGORIES[category]
    return exp(kind.season * cos(2.0 * pi * (day % 365.25 - kind.peak_day) / 365.25))


def units_per_day(world: World, sku: Sku, node: Node, day: int, drift: float) -> float:
    """Expected units on this day; `drift` is the article's slow change of demand, as a logarithm."""
    lift = promotion(world, node.region, sku.category, day) * CATEGORIES[sku.category].elasticity
    lift *= _PROMOTED_MORE[sku.pattern]
    before_holiday = 0.45 if holiday(node.region, day + 1) else 0.0
    seasonal: float = season(sku.category, day) ** (1.6 if sku.pattern == "seasonal" else 1.0)
    return sku.demand * node.size * weekday(day) * seasonal * exp(drift + 0.75 * lift + before_holiday)


def units_wanted(dice: Dice, sku: Sku, expected: float) -> int:
    """Units wanted in a period in which `expected` are expected: lumpier for some articles."""
    return dice.count(expected * dice.spread(exp(-0.5 * sku.lumpiness**2), sku.lumpiness))
