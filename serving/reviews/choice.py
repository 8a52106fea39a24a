"""What a decision is about: the action under decision, or another one that passes its own gates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection

from data.actions import CATALOGUE, ActionId
from data.case import Case
from data.recommendation import Recommendation
from data.record import plain
from data.review import ReviewRequestBody, ReviewState
from data.standing import Standing
from data.vocabulary import Disposition, ReviewVerdict, Role
from policies.override import ActionNotAllowedError, assess
from policies.policy import Policy
from serving.bodies import invalid
from serving.errors import Fault, InvalidRequest
from serving.recommendations import reading
from serving.store import documents, verdicts
from serving.store.decisions import Decision
from serving.store.verdicts import Verdict

UNDECIDED: Final = ReviewState.OPEN
"""The one state in which people may decide."""


@dataclass(frozen=True)
class Choice:
    """The action a person decides on, with what its gates say: who must agree and what must clear first."""

    action: ActionId
    parameters: dict[str, Any]
    disposition: Disposition
    roles: tuple[Role, ...]
    held_until: tuple[str, ...]
    overrides: bool
    """Whether it is another action than the recommended one."""


def of(
    connection: Connection,
    decision: Decision,
    before: Verdict,
    body: ReviewRequestBody,
    policy: Policy,
    now: datetime,
) -> Choice:
    """The choice a body makes. Raises InvalidRequest for an override that is no other action with its parameters."""
    if body.action is not None:
        return _another(connection, decision, before, body, body.action, policy, now)
    earlier = verdicts.reviews_of(connection, before.recommendation_id)
    return Choice(
        action=before.action or ActionId.INVESTIGATE,
        parameters=before.parameters,
        disposition=before.disposition,
        roles=before.roles,
        held_until=before.held_until,
        overrides=any(review.verdict is ReviewVerdict.OVERRIDE for review in earlier),
    )


def verdict_after(before: Verdict, verdict: ReviewVerdict, chosen: Choice, roles: Iterable[Role]) -> Verdict:
    """Where the recommendation stands once somebody with these roles has decided."""
    if verdict is ReviewVerdict.REJECT:
        return replace(before, state=ReviewState.REJECTED, version=before.version + 1, roles=())
    held = frozenset(roles)
    waiting = tuple(role for role in chosen.roles if role not in held)
    agreed = ReviewState.OVERRIDDEN if chosen.overrides else ReviewState.APPROVED
    return replace(
        before,
        state=UNDECIDED if waiting else agreed,
        version=before.version + 1,
        roles=waiting,
        action=chosen.action,
        parameters=chosen.parameters,
        disposition=chosen.disposition,
        held_until=chosen.held_until,
    )


def _another(
    connection: Connection,
    decision: Decision,
    before: Verdict,
    body: ReviewRequestBody,
    action: ActionId,
    policy: Policy,
    now: datetime,
) -> Choice:
    recommendation = reading.recommendation_of(connection, decision)
    parameters = _parameters(action, body.parameters, recommendation)
    if (action, parameters) == (before.action, before.parameters):
        raise InvalidRequest("This action is the one under decision.", faults=[Fault("/action", "another action")])
    case = Case.model_validate_json(documents.get(connection, decision.input))
    standing = Standing.model_validate_json(documents.get(connection, decision.standing))
    try:
        option = assess(case, standing, recommendation, action, parameters, policy, now)
    except ActionNotAllowedError as error:
        allowed = ", ".join(each.value for each in error.allowed)
        raise InvalidRequest(
            "The policy does not allow this action here.", faults=[Fault("/action", allowed)]
        ) from None
    return Choice(action, option.parameters, option.disposition, option.roles, option.held_until, overrides=True)


def _parameters(action: ActionId, given: dict[str, Any] | None, recommendation: Recommendation) -> dict[str, Any]:
    """The parameters as the catalogue's schema has them; those of the priced option where none were given."""
    if given is None:
        given = next((option.parameters for option in recommendation.options if option.action is action), {})
    schema = CATALOGUE[action].parameters
    try:
        return plain(schema.model_validate_json(json.dumps(given)))
    except ValidationError as error:
        problem = invalid(schema, error.errors(include_url=False, include_input=False))
        faults = [Fault(f"/parameters{fault.pointer}", fault.expected) for fault in problem.faults]
        raise InvalidRequest(f"The parameters do not fit the action {action.value}.", faults=faults) from None
