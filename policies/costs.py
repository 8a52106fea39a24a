"""What an option is expected to cost: the promise that may break, the work that may stay unsolved, the action itself.

    expected cost = P(promise breaks with this option) x cost of a broken promise
                  + share of the risk that remains     x cost of work that stays unsolved
                  + labour + cash + money given up + goodwill of the action itself
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
from policies.ladder import DECIMALS
from policies.money import in_cents, known
from policies.policy import Policy
from policies.situation import Situation
from policies.tables.rows import Hit
from policies.targets import Target

HOUR = Decimal(60)

Parts = Mapping[str, Decimal | None]
"""Summands by name in the case's currency; None where one is not known."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake in a case, whatever is done: amounts in the case's currency, None without a price."""

    breach_probability: float | None
    minutes_left: float | None
    broken_promise: Decimal | None
    unsolved: Decimal | None


@dataclass(frozen=True, slots=True)
class Remains:
    """The share of the risk that remains once an action is done: 0 settles it, 1 changes nothing."""

    likely: float
    """If the cause is the likeliest one."""
    otherwise: float
    """If it is a cause nobody knows."""
    expected: float
    """Over the likely causes."""

    def of_share(self, share: float) -> Remains:
        """What remains of the whole where the action settles only a share of it: the rest stays as it was."""
        left = (round(1.0 - share * (1.0 - each), DECIMALS) for each in (self.likely, self.otherwise, self.expected))
        return Remains(*left)


@dataclass(frozen=True, slots=True)
class Work:
    """What an action itself takes and leaves, whoever must agree to it."""

    minutes: float
    """From the order until it is done."""
    remains: Remains
    parts: Parts


@dataclass(frozen=True, slots=True)
class Price:
    """What one option is expected to cost, and what that came from."""

    expected: Decimal | None
    breach_probability: float | None
    remains: Remains | None
    parts: Mapping[str, Decimal]
    """The known summands by name, in cents."""
    minutes: float
    """Until it is done, waiting for a person included."""
    missing: tuple[str, ...] = ()
    """The summands that are not known: they leave the option unpriced."""


UNPRICED = Price(None, None, None, {}, 0.0, ("row",))
"""The price of an action without a row of its own."""


def stakes(situation: Situation, predictions: Predictions, facts: Mapping[str, Any], policy: Policy) -> Stakes:
    """What a broken promise and unsolved work cost in this case."""
    hit = policy.ask("breach_costs", facts).hit
    probability, left = predictions.sla_breach.probability, situation.minutes_left
    if hit is None:
        return Stakes(probability, left, None, None)
    to_case = situation.exchange.to_case
    margin = known(situation.case.order.margin) if situation.case.order else None
    lost = max(Decimal(0), margin or Decimal(0)) * _number(hit, "margin_lost")
    penalty = to_case(_money(hit, "penalty"))
    broken = None if penalty is None else penalty + lost
    return Stakes(probability, left, broken, to_case(_money(hit, "unsolved")))


def work(situation: Situation, predictions: Predictions, target: Target, policy: Policy) -> Work | None:
    """What the action takes and leaves in this case; None where the tables have no row for it."""
    customer, cause = situation.case.customer, predictions.root_cause
    asked = {"action": target.action, "root_cause": cause.label, "customer_tier": customer.tier if customer else None}
    hit = policy.ask("action_costs", asked).hit
    remains = remaining_risk(target.action, predictions.exception_type.label, cause, policy)
    if hit is None or remains is None:
        return None
    travel = target.travel_minutes(situation.now)
    minutes = float(_number(hit, "minutes")) + (float(_number(hit, "travel_minutes")) if travel is None else travel)
    return Work(minutes, remains.of_share(target.share), _parts_of_action(situation, target, hit, policy))


def price(situation: Situation, at_stake: Stakes, done: Work | None, policy: Policy, *, reviewed: bool) -> Price:
    """The expected cost of one option; `reviewed` where a person must agree first."""
    if done is None:
        return UNPRICED
    minutes = done.minutes + (_wait(policy) if reviewed else 0.0)
    breach = breach_after(at_stake, done.remains.expected, minutes, float(policy.settings.time.slack))
    parts: Parts = {
        "promise": Decimal(0) if breach is None else _times(at_stake.broken_promise, breach),
        "unsolved": _times(at_stake.unsolved, done.remains.expected),
        **done.parts,
        "review": _reviewer(situation, policy) if reviewed else Decimal(0),
    }
    missing = tuple(name for name, part in parts.items() if part is None)
    told = {name: in_cents(part) for name, part in parts.items() if part is not None}
    expected = None if missing else known(sum(told.values(), Decimal(0)))
    return Price(expected, breach, done.remains, told, minutes, missing)


def breach_after(at_stake: Stakes, remains: float, minutes: float, slack: float) -> float | None:
    """P(promise breaks) when an action that takes this long is done.

    An action that takes no more than `slack` of the time left has its full effect; beyond, the effect shrinks in a
    straight line, and an action that takes all the time left comes too late to change anything. Once the promise has
    passed every action does: its cost is sunk and the same for every option. None where there is no promise to break.
    """
    if at_stake.breach_probability is None or at_stake.minutes_left is None:
        return None
    late = lateness(minutes, at_stake.minutes_left, slack)
    share = remains + max(0.0, 1.0 - remains) * late
    return round(min(1.0, at_stake.breach_probability * share), DECIMALS)


def lateness(minutes: float, left: float, slack: float) -> float:
    """0 while an action takes no more than `slack` of the time left, 1 where it takes all of it."""
    if left <= 0 or minutes >= left:
        return 1.0
    return max(0.0, (minutes / left - slack) / (1.0 - slack)) if slack < 1 else 0.0


def remaining_risk(action: ActionId, kind: str | None, cause: LabelPrediction, policy: Policy) -> Remains | None:
    """What the action leaves of the risk; None without a row.

    What an action is worth depends on the cause, and the cause is only likely: the likeliest counts with its
    probability, the next with its own, the rest as a cause nobody knows.
    """
    shares: list[tuple[float, float]] = []
    for label, weight in _cause_weights(cause):
        hit = policy.ask("effects", {"action": action, "exception_type": kind, "root_cause": label}).hit
        if hit is None:
            return None
        shares.append((float(_number(hit, "remains")), weight))
    expected = round(sum(share * weight for share, weight in shares), DECIMALS)
    return Remains(likely=shares[0][0], otherwise=shares[-1][0], expected=expected)


def _cause_weights(cause: LabelPrediction) -> list[tuple[str | None, float]]:
    likely = [(cause.label, cause.probability), *([cause.runner_up] if cause.runner_up else [])]
    weights = [(label, weight) for label, weight in likely if label is not None and weight is not None]
    return [*weights, (None, max(0.0, 1.0 - sum(weight for _, weight in weights)))]


def _wait(policy: Policy) -> float:
    return float(policy.settings.review.wait_minutes + policy.settings.review.minutes)


def _parts_of_action(situation: Situation, target: Target, hit: Hit, policy: Policy) -> Parts:
    rate = policy.settings.labour[str(hit.outputs["labour"])]
    cash = known(target.outlay)
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
    if target.loss is not None:
        return known(target.loss)
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
