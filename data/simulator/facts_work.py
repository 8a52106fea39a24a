"""The workplace at the moment of the exception, the state of systems, and the retailer's own attributes."""

from __future__ import annotations

from data.simulator.causes import DayState
from data.simulator.clock import MINUTE, stamp
from data.simulator.dice import Dice
from data.simulator.episodes import SYSTEMS
from data.simulator.facts import Facts, known, lose
from data.simulator.truth import Truth, Work
from data.vocabulary import ExceptionType, RootCause, System, SystemState

_T, _C = ExceptionType, RootCause
_ON_THE_FLOOR = frozenset(
    {_T.LATE_PICKUP_READINESS, _T.UNAVAILABLE_INVENTORY, _T.SPLIT_SHIPMENT, _T.FAILED_DELIVERY_HANDOFF}
)
_TOLD = (System.OMS, System.WMS, System.ERP, System.CARRIER, System.PRICING, System.PAYMENTS)


def workflow_facts(dice: Dice, truth: Truth, work: Work, at: float) -> Facts:
    """The step, its queue and its people. One roster in eight still shows the plan as if everyone had come."""
    began = dice.spread(35.0, 0.9) + (at - truth.at) / MINUTE
    facts = known(
        step=truth.step,
        step_started_at=stamp(at - began * MINUTE),
        queue_length=work.queue,
        queue_minutes=round(_queued(dice, truth, work, at), 1),
        staff_on_shift=work.planned if dice.chance(0.13) else work.staff,
        staff_planned=work.planned,
        retries=dice.count(1.1 if truth.cause is _C.SYSTEM_LATENCY else 0.45),
        orders_last_hour=work.orders,
        orders_usual_hour=work.usual,
    )
    if truth.type not in _ON_THE_FLOOR:
        facts = lose(dice, facts, 0.35, "step")
    return {**lose(dice, facts, 0.07), **_approval(dice, truth, work)}


def _queued(dice: Dice, truth: Truth, work: Work, at: float) -> float:
    stuck = 1.5 if truth.cause in (_C.LABOR_SHORTAGE, _C.DEMAND_SURGE) else 1.0
    return work.wait_minutes * stuck * dice.uniform(0.3, 1.3) + (at - truth.at) / MINUTE + dice.spread(4.0, 0.8)


def _approval(dice: Dice, truth: Truth, work: Work) -> Facts:
    blocked = truth.cause is _C.APPROVAL_BOTTLENECK
    if not dice.chance(0.85 if blocked else 0.3 if truth.type not in _ON_THE_FLOOR else 0.06):
        return {}
    waited = dice.spread(260.0 if blocked else 70.0, 0.9)
    return known(
        approvals_open=work.approvals if dice.chance(0.85) else None,
        approval_minutes=round(waited, 0) if dice.chance(0.7) else None,
    )


def dependency_facts(state: DayState, dice: Dice, truth: Truth, at: float) -> list[Facts]:
    """The systems whose state the sender knows; a lagging one often still reads `up`, and some are not told."""
    hour = state.hour_of(at)
    told = [each for each in _TOLD if dice.chance(0.46)]
    if truth.system and truth.system not in told and dice.chance(0.5):
        told.append(truth.system)
    return [_dependency(state, dice, each, truth.node.region, hour, at) for each in told]


def _dependency(state: DayState, dice: Dice, system: System, region: int, hour: int, at: float) -> Facts:
    lag = float(state.hazards.lagging[SYSTEMS.index(system), region, hour])
    noticed = lag > 0.15 and dice.chance(0.7)
    told = SystemState.UP
    if noticed:
        told = SystemState.DOWN if lag > 1.2 and dice.chance(0.5) else SystemState.DEGRADED
    elif dice.chance(0.02):
        told = SystemState.DEGRADED
    minutes = dice.spread(1.5 + 22.0 * (lag if dice.chance(0.82) else 0.0), 0.7)
    facts = known(
        latency_minutes=round(minutes, 1) if dice.chance(0.6) else None,
        as_of=stamp(at - dice.uniform(0.2, 6.0) * MINUTE) if dice.chance(0.6) else None,
    )
    return {"system": system.value, "state": told.value, **facts}


def attribute_facts(dice: Dice, truth: Truth) -> Facts:
    """What this retailer tells besides the canonical facts."""
    wave = f"w{int(truth.work.local_hour // 3) + 1}"
    facts: Facts = {
        "store_format": truth.node.format,
        "wms_release": truth.node.release,
        "fulfilment_wave": wave if dice.chance(0.9) else f"w{dice.below(8) + 1}",
        "basket_weight_kg": round(dice.spread(2.4, 0.8), 2),
    }
    return lose(dice, facts, 0.12)
