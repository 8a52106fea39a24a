"""What an option is expected to cost: the promise that may break, the work that may stay unsolved, and the action itself.

    expected cost = P(promise breaks with this option) x cost of a broken promise
                  + share of the risk that remains     x cost of work that stays unsolved
                  + labour + cash + goodwill of the action itself
                  + the reviewer's time, where somebody must agree

Waiting for a person takes time like any work does, so it raises P(promise breaks) too. Amounts are in the case's
currency. Without a rate for it, or without a row for the action, the option is unpriced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from data.actions import ActionId
from data.prediction import LabelPrediction, Predictions
from data.record import Record
from policies.ladder import DECIMALS
from policies.money import in_cents, known
from policies.policy import Policy
from policies.rows import Hit
from policies.situation import Situation
from policies.targets import Target, outlay, travel_minutes

HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake in a case, whatever is done: amounts in the case's currency, None without a price."""

    breach_probability: float | None
    minutes_left: float | None
    broken_promise: Decimal | None
    unsolved: Decimal | None
    row: str | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What one option is expected to cost, and what that came from."""

    expected: Decimal | None
    breach_probability: float | None
    remains: float | None
    """The share of the risk that remains once the action is done, over the likely causes."""
    parts: Mapping[str, Decimal]
    """The summands by name."""
    minutes: float
    """Until it is done, waiting for a person included."""
    missing: tuple[str, ...] = ()


def stakes(situation: Situation, predictions: Predictions, facts: Mapping[str, Any], policy: Policy) -> Stakes:
    """What a broken promise and unsolved work cost in this case."""
    hit = policy.ask("breach_costs", facts).hit
    probability, left = predictions.sla_breach.probability, situation.minutes_left
    if hit is None:
        return Stakes(probability, left, None, None, None)
    margin = situation.case.order.margin if situation.case.order else None
    penalty = situation.exchange.to_case(_money(hit, "penalty"))
    lost = max(Decimal(0), known(margin) or Decimal(0)) * _number(hit, "margin_lost")
    return Stakes(
        breach_probability=probability,
        minutes_left=left,
        broken_promise=None if penalty is None else penalty + lost,
        unsolved=situation.exchange.to_case(_money(hit, "unsolved")),
        row=hit.row,
        missing=("order.margin",) if margin is None else (),
    )


def price(
    situation: Situation,
    predictions: Predictions,
    at_stake: Stakes,
    action: ActionId,
    parameters: Record,
    policy: Policy,
    *,
    reviewed: bool,
) -> Price:
    """The expected cost of one option; `reviewed` where a person must agree first."""
    hit = policy.ask("action_costs", _cause_facts(action, predictions.root_cause.label)).hit
    remaining = remaining_risk(action, predictions.root_cause, policy)
    if hit is None or remaining is None:
        return Price(None, None, remaining, {}, 0.0, ("cost row",))
    target = Target(situation.case, parameters)
    minutes = _minutes(situation, action, target, hit) + (_wait(policy) if reviewed else 0.0)
    breach = breach_after(at_stake, remaining, minutes, float(policy.settings.time.slack))
    parts = {
        **_parts_of_risk(at_stake, remaining, breach),
        **_parts_of_action(situation, action, target, hit, policy),
        "review": _reviewer(situation, policy) if reviewed else Decimal(0),
    }
    missing = tuple(name for name, part in parts.items() if part is None)
    told = {name: in_cents(part) for name, part in parts.items() if part is not None}
    expected = None if missing else known(sum(told.values(), Decimal(0)))
    return Price(expected, breach, remaining, told, minutes, missing)


def breach_after(at_stake: Stakes, remaining: float, minutes: float, slack: float) -> float | None:
    """P(promise breaks) when an action that takes this long is done.

    The risk shrinks to the share that remains. An action that takes no more than `slack` of the time left adds no
    risk of its own; beyond, the risk grows in a straight line until it is certain where the action takes all the
    time left. None where there is no promise to break.
    """
    if at_stake.breach_probability is None or at_stake.minutes_left is None:
        return None
    reduced = min(1.0, at_stake.breach_probability * remaining)
    late = lateness(minutes, at_stake.minutes_left, slack)
    return round(reduced + (1.0 - reduced) * late, DECIMALS)


def lateness(minutes: float, left: float, slack: float) -> float:
    """0 while an action takes no more than `slack` of the time left, 1 where it takes all of it."""
    if left <= 0 or minutes >= left:
        return 1.0
    return max(0.0, (minutes / left - slack) / (1.0 - slack)) if slack < 1 else 0.0


def remaining_risk(action: ActionId, cause: LabelPrediction, policy: Policy) -> float | None:
    """The share of the risk that remains, averaged over the likely causes; None without a row.

    What an action is worth depends on the cause, and the cause is only likely: the likeliest counts with its
    probability, the next with its own, the rest as a cause nobody knows.
    """
    weights = _cause_weights(cause)
    effects = [(weight, _effect(action, label, policy)) for label, weight in weights]
    if any(effect is None for _, effect in effects):
        return None
    return round(sum(weight * effect for weight, effect in effects if effect is not None), DECIMALS)


def _cause_weights(cause: LabelPrediction) -> list[tuple[str | None, float]]:
    known_causes = [(cause.label, cause.probability), *([cause.runner_up] if cause.runner_up else [])]
    weights = [(label, weight) for label, weight in known_causes if label is not None and weight is not None]
    return [*weights, (None, max(0.0, 1.0 - sum(weight for _, weight in weights)))]


def _effect(action: ActionId, cause: str | None, policy: Policy) -> float | None:
    hit = policy.ask("effects", _cause_facts(action, cause)).hit
    return None if hit is None else float(_number(hit, "remains"))


def _cause_facts(action: ActionId, cause: str | None) -> dict[str, Any]:
    return {"action": action.value, "root_cause": cause}


def _minutes(situation: Situation, action: ActionId, target: Target, hit: Hit) -> float:
    travel = travel_minutes(action, target, situation)
    return float(_number(hit, "minutes")) + (float(_number(hit, "travel_minutes")) if travel is None else travel)


def _wait(policy: Policy) -> float:
    return float(policy.settings.review.wait_minutes + policy.settings.review.minutes)


def _parts_of_risk(at_stake: Stakes, remaining: float, breach: float | None) -> dict[str, Decimal | None]:
    return {
        "promise": Decimal(0) if breach is None else _times(at_stake.broken_promise, breach),
        "unsolved": _times(at_stake.unsolved, remaining),
    }


def _parts_of_action(
    situation: Situation, action: ActionId, target: Target, hit: Hit, policy: Policy
) -> dict[str, Decimal | None]:
    rate = policy.settings.labour[str(hit.outputs["labour"])]
    cash = known(outlay(action, target))
    to_case = situation.exchange.to_case
    return {
        "labour": to_case(_number(hit, "labour_minutes") / HOUR * rate),
        "cash": to_case(_money(hit, "outlay")) if cash is None else cash,
        "amount": _amount_lost(target, _number(hit, "amount_lost")),
        "goodwill": to_case(_money(hit, "goodwill")),
    }


def _amount_lost(target: Target, share: Decimal) -> Decimal | None:
    if share == 0:
        return Decimal(0)
    amount = known(target.amount)
    return None if amount is None else amount * share


def _reviewer(situation: Situation, policy: Policy) -> Decimal | None:
    review = policy.settings.review
    return situation.exchange.to_case(review.minutes / HOUR * policy.settings.labour[review.labour])


def _times(amount: Decimal | None, share: float) -> Decimal | None:
    return None if amount is None else amount * Decimal(repr(share))


def _money(hit: Hit, name: str) -> Decimal:
    value = hit.outputs.get(name)
    return value if isinstance(value, Decimal) else Decimal(0)


def _number(hit: Hit, name: str) -> Decimal:
    value = hit.outputs.get(name)
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(0)
