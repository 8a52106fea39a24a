"""A person's own choice: checked against the catalogue and the table, then priced and gated like any other option."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from data.actions import CATALOGUE, ActionId
from data.case import Case
from data.recommendation import Option, Recommendation
from data.record import Record, to_milliseconds
from data.standing import Standing
from data.vocabulary import UNRECOGNISED, ExceptionType
from policies.answer import option_of
from policies.candidates import Candidate
from policies.choose import prospect, weigh
from policies.decide import Decision
from policies.facts import case_facts
from policies.passed import as_of
from policies.policy import Policy
from policies.promise import with_promise
from policies.situation import Situation


class ActionNotAllowedError(ValueError):
    """The policy does not allow this action for this exception; `allowed` lists what it does."""

    def __init__(self, action: ActionId, allowed: tuple[ActionId, ...]) -> None:
        self.action, self.allowed = action, allowed
        super().__init__(f"{action} is not allowed here: choose one of {', '.join(allowed)}")


class InvalidParametersError(ValueError):
    """The parameters do not fit the action; `pointer` (RFC 6901) names the first that does not."""

    def __init__(self, action: ActionId, pointer: str, expected: str) -> None:
        self.action, self.pointer, self.expected = action, pointer, expected
        super().__init__(f"the parameters of {action} at {pointer or 'the whole'}: {expected}")


def assess(
    case: Case,
    standing: Standing,
    recommendation: Recommendation,
    action: ActionId,
    parameters: Mapping[str, Any] | None,
    policy: Policy,
    now: datetime,
) -> Option:
    """The option a person chose instead, under the recommendation's own predictions and the gates of its own action.

    A promise that has passed since the recommendation counts as broken.

    Raises `ActionNotAllowedError` and `InvalidParametersError`.
    """
    chosen = _parameters(action, parameters)
    _check_line(action, chosen, case)
    promised = with_promise(case, recommendation.predictions.sla_breach.due_at)
    situation = Situation(promised, standing, to_milliseconds(now), policy.exchange(case.currency))
    view = prospect(situation, case_facts(situation), as_of(situation, recommendation.predictions), policy)
    allowed = allowed_for(recommendation, policy)
    if action not in allowed:
        raise ActionNotAllowedError(action, allowed)
    weighed = weigh(view, Candidate(action, chosen))
    return option_of(view, Decision((weighed,)), weighed, 1).model_copy(update={"regret": None})


def allowed_for(recommendation: Recommendation, policy: Policy) -> tuple[ActionId, ...]:
    """The recommendation's own options, and whatever the table allows for its type or the reported one, any cause."""
    allowed = {option.action for option in recommendation.options} | {ActionId.INVESTIGATE}
    kinds = {recommendation.predictions.exception_type.label, recommendation.reported_type}
    if UNRECOGNISED in kinds or kinds == {None}:
        kinds |= set(ExceptionType)
    rows = policy.tables["candidates"].rows
    for row in rows:
        by_type = [each for each in row.conditions if each.column.name == "exception_type"]
        if all(any(each.decide(kind) for kind in kinds if kind) for each in by_type):
            allowed.add(ActionId(str(row.outputs["action"])))
    return tuple(action for action in ActionId if action in allowed)


def _parameters(action: ActionId, parameters: Mapping[str, Any] | None) -> Record:
    schema = CATALOGUE[action].parameters
    try:
        return schema.model_validate_json(json.dumps(parameters or {}, allow_nan=False))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InvalidParametersError(action, _pointer(first["loc"]), first["msg"]) from None
    except (TypeError, ValueError, RecursionError):
        raise InvalidParametersError(action, "", "expected JSON values") from None


def _check_line(action: ActionId, chosen: Record, case: Case) -> None:
    """A line that is named is one of the order's."""
    line = getattr(chosen, "line_id", None)
    if line is not None and line not in {each.line_id for each in (case.order.lines if case.order else ())}:
        raise InvalidParametersError(action, "/line_id", "a line of the case's order")


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in location)
