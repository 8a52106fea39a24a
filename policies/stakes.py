"""What a wrong prediction may cost, by the policy's own table: the price tag of a model that has become worse."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from data.vocabulary import Task
from policies.policy import Policy

DEFAULT_ALARM = Decimal(0)


def stake(task: Task, facts: Mapping[str, Any], policy: Policy) -> Decimal | None:
    """What hangs on one prediction, in the policy's currency; None where the table does not tell.

    Of the promise: what is lost when it breaks, penalty and margin. Of the others: work that stays unsolved.
    """
    hit = policy.ask("breach_costs", facts).hit
    if hit is None:
        return None
    if task is not Task.SLA_BREACH:
        return _amount(hit.outputs.get("unsolved"))
    penalty = _amount(hit.outputs.get("penalty"))
    margin, share = _amount(facts.get("order_margin")), _amount(hit.outputs.get("margin_lost"))
    return None if penalty is None else penalty + max(Decimal(0), margin or Decimal(0)) * (share or Decimal(0))


def alarm_from(policy: Policy) -> Decimal:
    """The loss per 1,000 cases from which a drift is an alarm, in the policy's currency."""
    return policy.settings.drift.alarm_from if policy.settings.drift else DEFAULT_ALARM


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
