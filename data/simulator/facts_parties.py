"""The carrier's and the supplier's side, as far as the retailer's systems see it."""

from __future__ import annotations

from data.simulator.clock import DAY, HOUR, MINUTE, stamp
from data.simulator.dice import Dice
from data.simulator.facts import Facts, amount, known, lose
from data.simulator.truth import Truth
from data.simulator.world import Carrier, Supplier, World
from data.vocabulary import ExceptionType, RootCause, SystemState

_T, _C = ExceptionType, RootCause


def carrier_facts(world: World, dice: Dice, truth: Truth) -> Facts:
    """The hand-off. A carrier's own state is told late: most of an outage still reads `up`."""
    carrier = truth.carrier
    handed = truth.type is _T.FAILED_DELIVERY_HANDOFF
    tries = {_C.ADDRESS_PROBLEM: 1.3, _C.CARRIER_FAILURE: 0.9}.get(truth.cause, 0.4)
    facts = known(
        service=dice.pick(("standard", "standard", "next-day", "evening")),
        state=_state(dice, truth),
        handoff_due_at=stamp(truth.at + dice.normal(-5.0 if handed else 35.0, 90.0) * MINUTE),
        last_scan_at=stamp(truth.at - dice.spread(5.0, 0.9) * HOUR) if dice.chance(0.55 if handed else 0.4) else None,
        attempts=dice.count(tries) + dice.chance(0.42 if handed else 0.2),
        distance_km=round(dice.spread(14.0, 1.0), 1),
        address_score=_address_score(dice, truth),
    )
    options = [_option(dice, truth, each) for each in _others(world, dice, truth)]
    return {"id": carrier.id, **lose(dice, facts, 0.07), **({"alternatives": options} if options else {})}


def _state(dice: Dice, truth: Truth) -> str | None:
    if dice.chance(0.25):
        return None
    troubled = truth.cause is _C.CARRIER_FAILURE and truth.left > 0
    if dice.chance(0.3 if troubled else 0.03):
        return dice.pick((SystemState.DEGRADED, SystemState.DEGRADED, SystemState.DOWN)).value
    return SystemState.UP.value


def _address_score(dice: Dice, truth: Truth) -> float | None:
    score = min(1.0, max(0.0, truth.customer.address + dice.normal(0.0, 0.12)))
    if dice.chance(0.3 if score < 0.6 else 0.12):
        return None
    return round(score, 2)


def _others(world: World, dice: Dice, truth: Truth) -> list[Carrier]:
    day = int(truth.at / DAY)
    return [
        each
        for each in world.carriers
        if each is not truth.carrier and truth.node.region in each.regions and each.joined <= day and dice.chance(0.45)
    ]


def _option(dice: Dice, truth: Truth, carrier: Carrier) -> Facts:
    arrives = truth.at + carrier.hours * dice.uniform(0.8, 1.3) * HOUR
    return {
        "id": carrier.id,
        "service": "standard",
        "cost": amount(carrier.cost * dice.uniform(0.9, 1.3)),
        "arrives_at": stamp(arrives),
        "state": SystemState.UP.value if dice.chance(0.95) else SystemState.DEGRADED.value,
    }


def supplier_facts(world: World, dice: Dice, truth: Truth, number: int) -> Facts:
    """The purchase order that waits."""
    waiting = truth.type is _T.DELAYED_SUPPLIER_CONFIRMATION
    asked = truth.sku.case_pack * (1 + dice.count(4.0))
    late_hours = _late_hours(dice, truth)
    confirmed = dice.chance(0.15 if waiting else 0.42)
    facts = known(
        purchase_order=f"po-{number}",
        confirmation_due_at=stamp(truth.at - late_hours * HOUR),
        confirmed_at=stamp(truth.at - dice.spread(30.0, 0.6) * HOUR) if confirmed else None,
        requested_quantity=asked,
        confirmed_quantity=_confirmed(dice, truth, asked) if confirmed else None,
        lead_days=truth.supplier.lead_days,
        reminders=dice.count(0.9 if waiting and truth.cause is _C.SUPPLIER_DELAY else 0.35),
    )
    options = [_alternative(dice, truth, world.suppliers[index]) for index in truth.sku.others]
    return {"id": truth.supplier.id, **lose(dice, facts, 0.08), **({"alternatives": options} if options else {})}


def _late_hours(dice: Dice, truth: Truth) -> float:
    slow = truth.cause is _C.SUPPLIER_DELAY
    if truth.type is _T.DELAYED_SUPPLIER_CONFIRMATION:
        return dice.spread((9.0 if slow else 5.0) * truth.slipping**0.5, 0.9)
    return dice.normal(3.0 if slow else -10.0, 24.0)


def _confirmed(dice: Dice, truth: Truth, asked: int) -> int:
    short = truth.cause is _C.SUPPLIER_DELAY and dice.chance(0.5)
    return int(asked * dice.uniform(0.2, 0.9)) if short else asked


def _alternative(dice: Dice, truth: Truth, supplier: Supplier) -> Facts:
    extra = truth.sku.price * 0.5 * dice.uniform(0.02, 0.25) * truth.sku.case_pack
    return {"id": supplier.id, "lead_days": supplier.lead_days, "extra_cost": amount(extra)}
