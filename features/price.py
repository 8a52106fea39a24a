"""Prices that do not agree."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, feature, number, relative_gap, since


@feature(
    Unit.RATIO,
    "the price charged is {value} over the shelf's",
    below_zero="the price charged is {value} under the shelf's",
    lever=True,
)
def price_over_shelf(case: Case, standing: Standing) -> Value:
    """How far the price charged lies over the shelf's."""
    return relative_gap(case.price.charged, case.price.shelf) if case.price else None


@feature(
    Unit.RATIO,
    "the price charged is {value} over the one online",
    below_zero="the price charged is {value} under the one online",
    lever=True,
)
def price_over_online(case: Case, standing: Standing) -> Value:
    """How far the price charged lies over the one online."""
    return relative_gap(case.price.charged, case.price.online) if case.price else None


@feature(
    Unit.RATIO,
    "the shelf's price is {value} over the one online",
    below_zero="the shelf's price is {value} under the one online",
    lever=True,
)
def shelf_over_online(case: Case, standing: Standing) -> Value:
    """How far the shelf's price lies over the one online."""
    return relative_gap(case.price.shelf, case.price.online) if case.price else None


@feature(Unit.MONEY, "the price gap is worth {value} in all")
def price_exposure(case: Case, standing: Standing) -> Value:
    """What the price gap is worth in all."""
    price = case.price
    others = [each for each in (price.shelf, price.online) if each is not None] if price else []
    if price is None or price.charged is None or not others:
        return None
    return float(abs(price.charged - min(others)) * (1 if price.units is None else price.units))


@feature(Unit.EACH, "{value} [unit was|units were] sold at the price charged")
def price_units(case: Case, standing: Standing) -> Value:
    """The number of units sold at the price charged."""
    return number(case.price.units) if case.price else None


@feature(Unit.MINUTE, "prices were last synchronised {value} ago", lever=True)
def minutes_since_price_sync(case: Case, standing: Standing) -> Value:
    """When prices were last synchronised."""
    return since(case.price.synced_at, case) if case.price else None


@feature(Unit.FLAG, "a promotion is {value}", words=("not in force", "in force"))
def promotion_in_force(case: Case, standing: Standing) -> Value:
    """Whether a promotion is in force."""
    return None if case.price is None else float(case.price.promotion_id is not None)
