"""Where the work stands, what it waits for and who is there to do it."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, feature, number, ratio, since


@feature(Unit.MINUTE, "the step began {value} ago")
def minutes_in_step(case: Case, standing: Standing) -> Value:
    """When the step began."""
    return since(case.workflow.step_started_at, case) if case.workflow else None


@feature(Unit.MINUTE, "the task has waited {value}", lever=True)
def queue_minutes(case: Case, standing: Standing) -> Value:
    """How long the task has waited."""
    return case.workflow.queue_minutes if case.workflow else None


@feature(Unit.EACH, "{value} [task waits|tasks wait] in the node", lever=True)
def queue_length(case: Case, standing: Standing) -> Value:
    """The number of tasks that wait in the node."""
    return number(case.workflow.queue_length) if case.workflow else None


@feature(Unit.EACH, "{value} [task waits|tasks wait] for every person on shift", lever=True)
def queue_per_person(case: Case, standing: Standing) -> Value:
    """The number of tasks that wait for every person on shift."""
    return ratio(case.workflow.queue_length, case.workflow.staff_on_shift) if case.workflow else None


@feature(Unit.EACH, "{value} [person is|people are] on shift", lever=True)
def staff_on_shift(case: Case, standing: Standing) -> Value:
    """The number of people on shift."""
    return number(case.workflow.staff_on_shift) if case.workflow else None


@feature(
    Unit.RATIO,
    "{value} of the people planned are missing",
    below_zero="{value} more people than planned are on shift",
    lever=True,
)
def staffing_gap(case: Case, standing: Standing) -> Value:
    """The share of the people planned who are missing."""
    work = case.workflow
    if work is None or work.staff_planned is None or work.staff_on_shift is None:
        return None
    return ratio(work.staff_planned - work.staff_on_shift, work.staff_planned)


@feature(Unit.EACH, "{value} [approval waits|approvals wait] before this one", lever=True)
def approvals_open(case: Case, standing: Standing) -> Value:
    """The number of approvals that wait before this one."""
    return number(case.workflow.approvals_open) if case.workflow else None


@feature(Unit.MINUTE, "the approval has waited {value}", lever=True)
def approval_minutes(case: Case, standing: Standing) -> Value:
    """How long the approval has waited."""
    return case.workflow.approval_minutes if case.workflow else None


@feature(Unit.EACH, "the step was tried again {value} [time|times]")
def retries(case: Case, standing: Standing) -> Value:
    """The number of times the step was tried again."""
    return number(case.workflow.retries) if case.workflow else None


@feature(Unit.EACH, "the node received {value} [order|orders] in the last hour")
def orders_last_hour(case: Case, standing: Standing) -> Value:
    """The number of orders the node received in the last hour."""
    return number(case.workflow.orders_last_hour) if case.workflow else None


@feature(Unit.RATIO, "the node received {value} of the orders usual for the hour")
def demand_ratio(case: Case, standing: Standing) -> Value:
    """The node's orders of the last hour as a share of the usual."""
    return ratio(case.workflow.orders_last_hour, case.workflow.orders_usual_hour) if case.workflow else None
