"""The order, its customer and its promise, as an order system tells of them."""

from __future__ import annotations

from data.simulator.clock import DAY, HOUR, MINUTE, stamp
from data.simulator.dice import Dice, Wheel
from data.simulator.facts import Facts, amount, known, lose
from data.simulator.markets import CATEGORIES, REGIONS
from data.simulator.truth import Truth
from data.simulator.world import Sku, World
from data.vocabulary import ExceptionType

_MORE_LINES = Wheel({0: 0.45, 1: 0.25, 2: 0.16, 3: 0.09, 5: 0.05})
_T = ExceptionType
_MORE_PARCELS = {
    _T.SPLIT_SHIPMENT: 0.82,
    _T.UNAVAILABLE_INVENTORY: 0.3,
    _T.FAILED_DELIVERY_HANDOFF: 0.18,
    _T.LATE_PICKUP_READINESS: 0.15,
}
"""How often the record shows more parcels than were planned."""


def promise_facts(dice: Dice, truth: Truth) -> Facts:
    """What the customer was promised; one sender in eight leaves the moment to the policy's table."""
    made_at = truth.at - (abs(truth.slack) * dice.uniform(0.2, 1.4) + 20.0) * MINUTE
    due_at = None if dice.chance(0.13) else stamp(truth.due_at)
    return known(due_at=due_at, made_at=stamp(made_at) if dice.chance(0.8) else None)


def order_facts(world: World, dice: Dice, truth: Truth, order_id: str) -> Facts:
    """The order with one affected line and some others."""
    level = REGIONS[truth.node.region].price_level
    others = [dice.pick(world.skus) for _ in range(dice.spin(_MORE_LINES))]
    lines = [_line(world, dice, truth, level)]
    lines += [_other_line(dice, number, sku, level) for number, sku in enumerate(others, start=2)]
    value = sum(float(line["unit_price"]) * line["quantity"] for line in lines)
    margin = sum(
        float(line["unit_price"]) * line["quantity"] * sku.margin
        for line, sku in zip(lines, [truth.sku, *others], strict=True)
    )
    placed_at = truth.at - dice.spread(9.0, 1.1) * HOUR
    parcels = _parcels(dice, truth.type, len(lines))
    facts = known(placed_at=stamp(placed_at), value=amount(value), margin=amount(margin), **parcels)
    if dice.chance(0.15):
        del lines[0]["affected"]
    return {"order_id": order_id, **lose(dice, facts, 0.07), "lines": lines}


def _line(world: World, dice: Dice, truth: Truth, level: float) -> Facts:
    sku = truth.sku
    line = known(
        line_id="1",
        sku=sku.id,
        quantity=truth.quantity,
        unit_price=amount(sku.price * level),
        category=CATEGORIES[sku.category].id if dice.chance(0.9) else None,
        affected=True,
    )
    if sku.substitutes and dice.chance(0.6):
        line["substitutes"] = [_substitute(dice, sku, world.skus[index], level) for index in sku.substitutes]
    return line


def _substitute(dice: Dice, ordered: Sku, other: Sku, level: float) -> Facts:
    difference = (other.price - ordered.price) * level
    return {"sku": other.id, "on_hand": dice.count(5.0), "price_difference": amount(difference)}


def _other_line(dice: Dice, number: int, sku: Sku, level: float) -> Facts:
    return {
        "line_id": str(number),
        "sku": sku.id,
        "quantity": 1 + dice.count(0.4),
        "unit_price": amount(sku.price * level),
        "category": CATEGORIES[sku.category].id,
    }


def _parcels(dice: Dice, kind: ExceptionType, lines: int) -> Facts:
    if kind not in _MORE_PARCELS and dice.chance(0.6):
        return {}
    planned = 1 + (lines > 3)
    more = dice.chance(_MORE_PARCELS.get(kind, 0.08)) + dice.chance(0.05)
    return {"shipments_planned": planned, "shipments_actual": planned + more}


def customer_facts(dice: Dice, truth: Truth) -> Facts:
    """The customer as customer care's records show them."""
    customer = truth.customer
    impatient = 0.9 if truth.slack < 60.0 else 0.3
    facts = known(
        tier=customer.tier.value,
        tenure_days=customer.tenure_days + int(truth.at / DAY) % 182,
        orders_365d=max(0, customer.orders + dice.below(3) - 1),
        returns_365d=customer.returns + (dice.count(1.0) if customer.abusive else dice.below(2)),
        contacts_7d=dice.count(impatient),
    )
    return {"id": customer.id, **lose(dice, facts, 0.1)}
