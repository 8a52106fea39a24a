"""What choosing an action instead would mean, told before it is chosen.

Money is of the moment of the answer, so that it compares with the options beside it; the gates speak as they would
when the choice is posted now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from data.actions import ActionId
from data.recommendation import Option, Recommendation
from policies.override import ActionNotAllowedError, InvalidParametersError, assess
from policies.policy import Policy
from serving.recommendations.schemas import CaseFile

Foresee = Callable[[ActionId, Mapping[str, Any]], Option | None]
"""An action with parameters as the option it would be; None where these parameters are not yet enough."""


def foresight(file: CaseFile, policy: Policy, now: datetime) -> Foresee:
    """What the policy in force says of any action for this case."""
    return partial(_foreseen, file, policy, now)


def with_gates_of(option: Option, now: Option | None) -> Option:
    """A recorded option with what the gates say of it now; as recorded where they cannot be asked."""
    return option if now is None else option.model_copy(update=_gates(now))


def _foreseen(
    file: CaseFile, policy: Policy, now: datetime, action: ActionId, parameters: Mapping[str, Any]
) -> Option | None:
    told = file.recommendation
    try:
        then = assess(file.case, file.standing, told, action, parameters, policy, told.issued_at)
        gated = assess(file.case, file.standing, told, action, parameters, policy, now)
    except (ActionNotAllowedError, InvalidParametersError):
        return None
    return then.model_copy(update={**_gates(gated), "regret": _regret(then, told)})


def _gates(option: Option) -> dict[str, Any]:
    return {"disposition": option.disposition, "roles": option.roles, "held_until": option.held_until}


def _regret(option: Option, told: Recommendation) -> Decimal | None:
    """Expected cost over the cheapest recorded option's; below zero where this one would be cheaper."""
    costs = [each.expected_cost.amount for each in told.options if each.expected_cost]
    return option.expected_cost.amount - min(costs) if option.expected_cost and costs else None
