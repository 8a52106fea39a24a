"""Recorded stock: the position at stake, other nodes that could help, and what the shelf sold lately."""

from __future__ import annotations

from data.simulator import demand
from data.simulator.clock import DAY, date_text, stamp
from data.simulator.dice import Dice, Wheel
from data.simulator.facts import Facts, amount, known, lose
from data.simulator.markets import CATEGORIES, REGIONS
from data.simulator.truth import Truth
from data.simulator.world import Node, World

_HELPERS = Wheel({0: 0.2, 1: 0.25, 2: 0.25, 3: 0.15, 4: 0.1, 5: 0.05})
_HISTORY_DAYS = 28


def stock_facts(world: World, dice: Dice, truth: Truth, with_history: bool) -> list[Facts]:
    """The stock positions a sender knows, the one at stake first."""
    at_stake = _at_stake(world, dice, truth)
    if with_history:
        at_stake["history"] = _history(world, dice, truth)
    return [at_stake, *(_helper(world, dice, truth) for _ in range(dice.spin(_HELPERS)))]


def _at_stake(world: World, dice: Dice, truth: Truth) -> Facts:
    shelf, sku, node = truth.shelf, truth.sku, truth.node
    day = int(truth.at / DAY)
    coming = shelf.inbound > 0
    facts = known(
        category=CATEGORIES[sku.category].id,
        on_hand=shelf.recorded,
        reserved=shelf.reserved,
        safety_stock=shelf.safety,
        inbound=shelf.inbound if coming or dice.chance(0.5) else None,
        inbound_due_at=stamp(shelf.inbound_due_at) if coming else None,
        case_pack=sku.case_pack,
        unit_margin=amount(sku.price * REGIONS[node.region].price_level * sku.margin),
        as_of=stamp(shelf.as_of),
        counted_at=stamp(shelf.counted_at) if dice.chance(0.8) else None,
        promotion_ahead=demand.promotion(world, node.region, sku.category, day + 1) > 0,
        holiday_ahead=demand.holiday(node.region, day + 1),
    )
    return {"sku": sku.id, "node": node.id, **lose(dice, facts, 0.06)}


def _helper(world: World, dice: Dice, truth: Truth) -> Facts:
    node = _neighbour(world, dice, truth.node)
    far = dice.spread(1.0, 0.5)
    facts = known(
        on_hand=dice.count(truth.shelf.rate / truth.node.size * node.size * 2.5 + 0.5),
        reserved=dice.count(0.5),
        transfer_minutes=round(110.0 * far),
        transfer_cost=amount(5.2 * far * REGIONS[node.region].price_level),
    )
    return {"sku": truth.sku.id, "node": node.id, **lose(dice, facts, 0.05)}


def _neighbour(world: World, dice: Dice, node: Node) -> Node:
    for _ in range(20):
        other = dice.pick(world.nodes)
        if other.region == node.region and other is not node:
            return other
    return node


def _history(world: World, dice: Dice, truth: Truth) -> list[Facts]:
    today = int(truth.at / DAY)
    return [_past_day(world, dice, truth, day) for day in range(today - _HISTORY_DAYS, today)]


def _past_day(world: World, dice: Dice, truth: Truth, day: int) -> Facts:
    sku, node = truth.sku, truth.node
    wanted = demand.units_wanted(dice, sku, demand.units_per_day(world, sku, node, day, truth.shelf.drift))
    empty_hours = round(dice.uniform(1.0, 10.0), 1) if dice.chance(_emptiness(truth)) else 0.0
    sold = round(wanted * (1.0 - empty_hours / 13.0))
    facts: Facts = {"day": date_text(day), "sold": sold, "stockout_hours": empty_hours}
    if demand.promotion(world, node.region, sku.category, day) > 0:
        facts["promotion"] = True
    if demand.holiday(node.region, day):
        facts["holiday"] = True
    return facts


def _emptiness(truth: Truth) -> float:
    return min(0.5, 0.05 * truth.node.inaccuracy + 0.03 * truth.slipping)
