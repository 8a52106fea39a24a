"""The promise in force: the sender's, else the policy's by what was reported, in the calendar and zone of the place."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from data.case import Case, Promise
from data.explanation import CheckStep
from data.record import instant_text, to_milliseconds
from data.standing import Standing
from policies.facts import case_facts
from policies.opening_hours import zone_of
from policies.policy import Policy
from policies.situation import Situation, told
from policies.tables.rows import Hit
from policies.tables.table import TableResult


class PromiseInForce(NamedTuple):
    """When the promise breaks, None where there is none, and the step that says why."""

    due_at: datetime | None
    step: CheckStep


def due_at(case: Case, policy: Policy) -> PromiseInForce:
    """The sender's `due_at`; else the table's open minutes after the event; else none."""
    if case.promise and case.promise.due_at:
        return PromiseInForce(case.promise.due_at, _given(case.promise.due_at, policy))
    nobody = Standing(as_of=case.event.time)
    facts = case_facts(Situation(case, nobody, case.event.time, policy.exchange(case.currency)))
    result = policy.ask("promise", facts)
    if result.hit is None:
        return PromiseInForce(None, _none(result, "no promise was given, and the policy makes none here"))
    return _counted(case, policy, result, result.hit)


def under_promise(case: Case, policy: Policy) -> tuple[Case, PromiseInForce]:
    """The case that everything is predicted on, live and in training, and the promise that it is under."""
    promise = due_at(case, policy)
    return with_promise(case, promise.due_at), promise


def promised(case: Case, policy: Policy) -> Case:
    """The case of `under_promise` alone; the case itself where it carries its promise or there is none."""
    given = case.promise.due_at if case.promise else None
    return case if given else under_promise(case, policy)[0]


def with_promise(case: Case, promised: datetime | None) -> Case:
    """A copy of the case that carries the promise in force, so that every feature and rule reads the same one."""
    if promised is None or (case.promise and case.promise.due_at):
        return case
    promise = case.promise or Promise()
    return case.model_copy(update={"promise": promise.model_copy(update={"due_at": promised})})


def _given(instant: datetime, policy: Policy) -> CheckStep:
    text = instant_text(instant)
    return CheckStep(
        kind="promise",
        id="promise.given",
        version=policy.version,
        saw={"due_at": text},
        concluded=text,
        says="the sender gave the promise",
    )


def _counted(case: Case, policy: Policy, result: TableResult, hit: Hit) -> PromiseInForce:
    name = str(hit.outputs["calendar"])
    calendar = policy.settings.calendars[name]
    zone = case.node.zone if case.node else None
    found = calendar.after(case.event.time, float(hit.outputs["promise_minutes"] or 0), zone_of(zone))
    if found is None:
        says = f"the {name} calendar needs the time zone of the node: no promise can be counted"
        return PromiseInForce(None, _none(result, says, missing=("node.zone",)))
    instant = to_milliseconds(found)
    step = CheckStep(
        kind="promise",
        id=f"promise.{hit.row}",
        version=result.version,
        saw=told({**hit.saw, "event.time": instant_text(case.event.time), "calendar": name, "zone": zone}),
        concluded=instant_text(instant),
        says=hit.says,
    )
    return PromiseInForce(instant, step)


def _none(result: TableResult, says: str, missing: tuple[str, ...] = ()) -> CheckStep:
    lacking = {name: None for row in result.not_evaluable for name in row.missing}
    return CheckStep(
        kind="promise",
        id="promise.none",
        version=result.version,
        saw=told(result.saw),
        concluded=None,
        says=says,
        missing=(*missing, *lacking),
    )
