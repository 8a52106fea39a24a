"""The sentences of an answer: what happened, what to do, what each option costs, for people who read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.actions import CATALOGUE
from data.amounts import amount
from data.prediction import RiskPrediction
from data.record import Amount, Unit, money_text
from data.vocabulary import UNRECOGNISED, Disposition, Role
from policies.choose import Prospect
from policies.decide import Decision, Weighed

_TELLING = ("node", "carrier", "supplier", "sku", "system", "amount")
"""The parameters people need to see, the most telling first."""

ALREADY_BROKEN = "promise already broken"
"""What every sentence says of a promise that has passed: no action changes it."""


def headline(view: Prospect, decision: Decision) -> str:
    """One sentence of what happened and what to do."""
    option = decision.first
    broken = f", {ALREADY_BROKEN}" if view.predictions.sla_breach.settled else ""
    what = f"{_what_happened(view)}{broken}: {_what_to_do(option)}"
    match decision.disposition:
        case Disposition.HOLD:
            return f"{what}, once {' and '.join(option.verdict.held_until)}."
        case Disposition.REVIEW:
            return f"{what}, if {roles_in_words(option.verdict.roles)} {_agrees(option.verdict.roles)}."
        case _:
            return f"{what}."


def _what_happened(view: Prospect) -> str:
    kind, cause = view.predictions.exception_type, view.predictions.root_cause
    if kind.label is None:
        return "Nothing tells what kind of exception this is"
    if kind.label == UNRECOGNISED:
        likeliest = kind.runner_up[0].replace("_", " ") if kind.runner_up else "unknown"
        return f"Not recognised for certain, perhaps {likeliest}"
    name = kind.label.replace("_", " ").capitalize()
    if cause.label is None or cause.probability is None:
        return f"{name}, cause unknown"
    likely = "probably" if cause.probability >= 0.5 else "perhaps"
    return f"{name}, {likely} from {cause.label.replace('_', ' ')} ({amount(cause.probability, Unit.RATIO)})"


def _what_to_do(option: Weighed) -> str:
    return f"{CATALOGUE[option.candidate.action].says}{_place(option.candidate.shown)}"


def _place(told: Mapping[str, Any]) -> str:
    """The most telling parameter, in brackets."""
    named = next((told[name] for name in _TELLING if name in told), None)
    return f" ({named})" if named is not None else ""


def option_says(option: Weighed, price: Amount | None, breach: RiskPrediction) -> str:
    """An option in one line: the action, its price, what it does to the promise."""
    cost = f"{money_text(price.amount)} {price.currency} expected" if price else "not priced"
    return f"{_what_to_do(option)}: {cost}{_promise(option.price.breach_probability, breach)}"


def _promise(after: float | None, breach: RiskPrediction) -> str:
    if breach.settled:
        return f", {ALREADY_BROKEN}"
    return "" if after is None else f", promise breaks with {amount(after, Unit.RATIO)}"


def roles_in_words(roles: tuple[Role, ...]) -> str:
    """Who must agree: `store finance and returns desk`."""
    return " and ".join(role.value.replace("_", " ") for role in roles)


def _agrees(roles: tuple[Role, ...]) -> str:
    return "agree" if len(roles) > 1 else "agrees"
