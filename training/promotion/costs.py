"""What each case would have cost had somebody acted on the probability alone: a simple rule, the same for both.

    risk    act where probability x cost of the event > cost of acting.
            Acting costs what `prioritise_pick` (a breach) or `replenish` (a stock-out) costs in the policy and is
            taken to prevent the event; not acting costs the stake (`policies.stakes`) where the event happens: the
            `penalty` of a broken promise, work that stays `unsolved` of a shelf that runs empty.
    labels  a wrong label costs one `investigate`, a right one nothing.

Amounts are in the policy's currency. Margins that are lost with a promise are left out: they depend on the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from data.actions import ActionId
from data.case import Case
from data.vocabulary import Task
from policies.policy import Policy
from policies.stakes import stake

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

ACTING = {Task.SLA_BREACH: ActionId.PRIORITISE_PICK, Task.STOCKOUT: ActionId.REPLENISH}
ASKING = ActionId.INVESTIGATE


class Prices:
    """The policy's amounts for a task."""

    def __init__(self, task: Task, policy: Policy) -> None:
        self.currency = policy.settings.currency.reference
        self.acting = _price(ACTING.get(task, ASKING), policy)
        self._task, self._policy = task, policy
        self._known: dict[tuple[object, ...], float] = {}

    def events(self, cases: Sequence[Case]) -> Floats:
        """What the event costs in each case."""
        return np.array([self._event(case) for case in cases], np.float64)

    def _event(self, case: Case) -> float:
        asked = {
            "customer_tier": case.customer.tier if case.customer else None,
            "channel": case.channel,
            "exception_type": case.reported_type,
        }
        key = tuple(asked.values())
        if key not in self._known:
            lost = stake(self._task, asked, self._policy)
            self._known[key] = self.acting if lost is None else float(lost)
        return self._known[key]


def per_case(truth: Truth, probabilities: Floats, events: Floats, acting: float) -> Floats:
    """The cost of each case, float64[n]."""
    if probabilities.shape[1] > 1:
        return np.asarray(np.where(probabilities.argmax(axis=1) == truth, 0.0, acting))
    acts = probabilities[:, 0] * events > acting
    return np.asarray(np.where(acts, acting, truth * events))


def _price(action: ActionId, policy: Policy) -> float:
    hit = policy.ask("action_costs", {"action": action, "root_cause": None, "customer_tier": None}).hit
    if hit is None:
        return 0.0
    told = {name: hit.outputs.get(name) or 0 for name in ("labour_minutes", "outlay", "goodwill")}
    hour = policy.settings.labour.get(str(hit.outputs.get("labour")), Decimal(0))
    return float(hour) * float(told["labour_minutes"]) / 60 + float(told["outlay"]) + float(told["goodwill"])
