"""What a decision is about: the action under decision, or another one that passes its own gates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection

from data.actions import CATALOGUE, ActionId
from data.recommendation import Option, Recommendation
from data.record import plain
from data.review import Review, ReviewRequestBody, ReviewState
from data.standing import Standing
from data.vocabulary import Disposition, ReviewVerdict, Role, most_cautious
from policies.override import ActionNotAllowedError, InvalidParametersError, assess
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


@dataclass(frozen=True)
class Matter:
    """What people decide on: a decision as it stands, under the policy in force now."""

    connection: Connection
    decision: Decision
    before: Verdict
    policy: Policy
    now: datetime

    def choice(self, body: ReviewRequestBody) -> Choice:
        """The choice a body makes.

        An approval passes the gates again where the policy has changed since: they may have become more cautious.
        Raises InvalidRequest for an override that is no other action with its parameters.
        """
        if body.action is not None:
            return self._another(body.action, body.parameters)
        earlier = verdicts.reviews_of(self.connection, self.before.recommendation_id)
        stands = self._as_it_stands(earlier)
        if body.verdict is ReviewVerdict.REJECT or self.policy.digest == self.decision.policy:
            return stands
        return _more_cautious(stands, earlier, self._assessed(stands.action, stands.parameters))

    @cached_property
    def _recommendation(self) -> Recommendation:
        return reading.recommendation_of(self.connection, self.decision)

    def _as_it_stands(self, earlier: Iterable[Review]) -> Choice:
        before = self.before
        return Choice(
            action=before.action or ActionId.INVESTIGATE,
            parameters=before.parameters,
            disposition=before.disposition,
            roles=before.roles,
            held_until=before.held_until,
            overrides=any(review.verdict is ReviewVerdict.OVERRIDE for review in earlier),
        )

    def _another(self, action: ActionId, given: dict[str, Any] | None) -> Choice:
        parameters = _parameters(action, given, self._recommendation)
        if (action, parameters) == (self.before.action, self.before.parameters):
            raise InvalidRequest("This action is the one under decision.", faults=[Fault("/action", "another action")])
        option = self._assessed(action, parameters)
        return Choice(action, option.parameters, option.disposition, option.roles, option.held_until, overrides=True)

    def _assessed(self, action: ActionId, parameters: dict[str, Any]) -> Option:
        """What the gates in force say of an action now. Raises InvalidRequest where it cannot be done so."""
        case = reading.case_of(self.connection, self.decision)
        standing = Standing.model_validate_json(documents.get(self.connection, self.decision.standing))
        try:
            return assess(case, standing, self._recommendation, action, parameters, self.policy, self.now)
        except ActionNotAllowedError as error:
            faults = [Fault("/action", "one of " + ", ".join(each.value for each in error.allowed))]
            raise InvalidRequest("The policy does not allow this action here.", faults=faults) from None
        except InvalidParametersError as error:
            faults = [Fault(f"/parameters{error.pointer}", error.expected)]
            raise InvalidRequest("The action cannot be done with these parameters.", faults=faults) from None


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


def _more_cautious(stands: Choice, earlier: Iterable[Review], option: Option) -> Choice:
    """The choice with what the gates ask beyond it; who agreed to this action before need not agree again."""
    same = [review for review in earlier if (review.action, review.parameters) == (stands.action, stands.parameters)]
    agreed = {role for review in same for role in review.roles}
    asked = {*stands.roles, *(role for role in option.roles if role not in agreed)}
    return replace(
        stands,
        disposition=most_cautious((stands.disposition, option.disposition)),
        roles=tuple(role for role in Role if role in asked),
        held_until=tuple(dict.fromkeys((*stands.held_until, *option.held_until))),
    )


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
