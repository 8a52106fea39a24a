"""How many units to bring to a shelf that may run empty, and whether somebody must agree."""

from __future__ import annotations

import math
from datetime import datetime

from data.actions import CATALOGUE, ActionId, Replenishment
from data.case import StockPosition
from data.recommendation import Option
from data.record import plain
from data.vocabulary import Disposition, Role, most_cautious
from policies.policy import Policy
from policies.situation import available, daily_demand
from policies.tables.table import TableResult

MOST_UNITS = 1_000_000
"""A larger order is a mistake in the facts, never a need."""


def suggest(position: StockPosition, probability: float | None, policy: Policy, now: datetime) -> Option | None:
    """The refill the policy suggests for a position; None where there is no need or no way to tell how much.

    `probability` is P(the shelf runs empty within the horizon), None where nothing could tell.
    """
    result = _asked(position, probability, policy, now)
    refill = _refill(position, result, now)
    if refill is None or result.hit is None:
        return None
    said = [Disposition(str(result.hit.outputs["disposition"]))]
    lacking = [Disposition.REVIEW for _ in result.not_evaluable]
    asked = [result.hit.outputs.get("role"), *(row.outputs.get("role") for row in result.not_evaluable)]
    roles = {Role(str(role)) for role in asked if role is not None}
    return Option(
        rank=1,
        action=ActionId.REPLENISH,
        parameters=plain(refill),
        disposition=most_cautious((*said, *lacking)),
        roles=tuple(role for role in Role if role in roles),
        says=f"{CATALOGUE[ActionId.REPLENISH].says} with {refill.quantity} units: {result.hit.says}",
    )


def refill(
    position: StockPosition | None, probability: float | None, policy: Policy, now: datetime
) -> Replenishment | None:
    """The parameters of a refill; None where nothing is needed or known."""
    return None if position is None else _refill(position, _asked(position, probability, policy, now), now)


def _asked(position: StockPosition, probability: float | None, policy: Policy, now: datetime) -> TableResult:
    age = None if position.as_of is None else (now - position.as_of).total_seconds() / 60
    facts = {"stockout_probability": probability, "stock_age": age, "available": available(position)}
    return policy.ask("replenishment", facts)


def _refill(position: StockPosition, result: TableResult, now: datetime) -> Replenishment | None:
    days = result.hit.outputs["target_days"] if result.hit else None
    if not isinstance(days, float) or days == 0:
        return None
    quantity = units_needed(position, days)
    return Replenishment(node=position.node, sku=position.sku, quantity=quantity) if quantity else None


def units_needed(position: StockPosition, days: float) -> int:
    """Whole packs that make the shelf last `days` at its usual pace, above what it holds and what is on its way.

    Without a known pace one pack; 0 where the shelf lasts already, or where what it holds is not known.
    """
    there, demand, pack = available(position), daily_demand(position), position.case_pack or 1
    if there is None:
        return 0
    if demand is None:
        return pack
    lacking = min(demand * days, MOST_UNITS) - there - (position.inbound or 0)
    return min(math.ceil(lacking / pack) * pack, MOST_UNITS) if lacking > 0 else 0
