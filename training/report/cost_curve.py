"""What a threshold costs: expected cost per 1,000 cases if everything from a probability on is acted upon.

From the policy's own numbers, in its reference currency, and simpler than the answer a case gets:

    a breach    the penalty of the case's row of `breach_costs`; the margin is left out, as not every history tells it
    acting      one of the `candidates` of the case's reported type, its cause unknown: labour, outlay and goodwill of
                its row of `action_costs` (one that loses a share of an amount is left out: the amount is not known)
    what stays  its `remains` of `effects`: the part of the risk that it does not settle

The action is the one that is cheapest where the promise would break. A case acted upon costs the acting and, where the
promise broke, what stays of the penalty; any other costs its penalty where the promise broke. Nobody is asked, nothing
takes time. The curve compares rankings and places a threshold; the answer prices every option by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FeatureSet
from policies.policy import Policy

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

PER = 1_000.0
ASKED = {"customer_tier": "customer_tier", "channel": "channel", "exception_type": "reported_type"}
"""What the tables ask of a case, by the feature that tells it."""


@dataclass(frozen=True)
class Prices:
    """Per case, float64[n] each, in the policy's reference currency: acting, the share of the risk left, a breach."""

    currency: str
    acting: Floats
    remains: Floats
    breach: Floats

    @property
    def acts(self) -> bool:
        """Whether the policy has anything to do about any of the cases."""
        return bool((self.remains < 1.0).any())


@dataclass(frozen=True)
class CostCurve:
    """Cost per 1,000 cases at each threshold, both float64[m]; the last threshold, over 1, acts on nothing."""

    thresholds: Floats
    costs: Floats

    @property
    def cheapest(self) -> tuple[float, float]:
        """The threshold that would have cost least, and what."""
        place = int(np.argmin(self.costs))
        return float(self.thresholds[place]), float(self.costs[place])


def prices(policy: Policy, features: FeatureSet, rows: Floats) -> Prices:
    """The prices of cases given as rows of features; without a candidate, acting costs nothing and changes nothing."""

    @cache
    def priced(*told: str | None) -> tuple[float, float, float]:
        return _priced(policy, dict(zip(ASKED, told, strict=True)))

    words = [_words(features, rows, name) for name in ASKED.values()]
    table = np.array([priced(*told) for told in zip(*words, strict=True)], np.float64).reshape(-1, 3)
    return Prices(policy.settings.currency.reference, *table.T)


def cost_curve(truth: Truth, probabilities: Floats, at: Prices) -> CostCurve:
    """The curve over the thresholds 0, 0.01, … and one over 1; `probabilities` float64[n] are those of the event."""
    thresholds = np.append(np.linspace(0.0, 1.0, 101), 1.01)
    lost = at.breach * truth
    acted = at.acting + at.remains * lost
    costs = [float(np.where(probabilities >= each, acted, lost).mean()) * PER for each in thresholds]
    return CostCurve(thresholds, np.array(costs))


def _priced(policy: Policy, facts: dict[str, str | None]) -> tuple[float, float, float]:
    """Acting, the share of the risk left, a breach."""
    hit = policy.ask("breach_costs", facts).hit
    breach = _number(hit.outputs.get("penalty")) if hit else 0.0
    acting, remains = min(_actions(policy, facts), key=lambda each: each[0] + each[1] * breach, default=(0.0, 1.0))
    return acting, remains, breach


def _actions(policy: Policy, facts: dict[str, str | None]) -> Iterator[tuple[float, float]]:
    for candidate in policy.ask("candidates", {**facts, "root_cause": None}).hits:
        asked = {**facts, "root_cause": None, "action": candidate.outputs["action"]}
        cost, effect = policy.ask("action_costs", asked).hit, policy.ask("effects", asked).hit
        if cost and effect and not _number(cost.outputs.get("amount_lost")):
            yield _own_cost(policy, cost.outputs), _number(effect.outputs["remains"])


def _own_cost(policy: Policy, told: Any) -> float:
    hourly = float(policy.settings.labour[str(told["labour"])])
    labour = _number(told.get("labour_minutes")) / 60.0 * hourly
    return labour + _number(told.get("outlay")) + _number(told.get("goodwill"))


def _number(value: object) -> float:
    return float(value) if isinstance(value, float | int | Decimal) else 0.0


def _words(features: FeatureSet, rows: Floats, name: str) -> list[str | None]:
    """The level of a feature in each row; None where it is not known or the features have none of that name."""
    if name not in features.names:
        return [None] * len(rows)
    column = features.names.index(name)
    levels = features.features[column].levels
    return [None if np.isnan(code) else levels[int(code)] for code in rows[:, column]]
