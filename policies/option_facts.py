"""The facts that only exist once something is predicted or proposed: what tables of costs and gates read besides."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from data.actions import CATALOGUE, ActionId
from data.case import Case
from data.prediction import LabelPrediction, Predictions
from data.record import Unit
from data.vocabulary import (
    UNRECOGNISED,
    ExceptionType,
    RootCause,
    ServedBy,
    System,
    SystemState,
)
from policies.situation import MINUTE_PLACES, Situation, available, rounded
from policies.tables.columns import Column, ColumnType
from policies.targets import Target

ANSWERED: Final = ("answered", "not_applicable", "unanswered")
"""Whether a prediction stands: an answer, none wanted (no promise, no stock position), or none to be had."""

_MONEY, _NUMBER, _COUNT, _LABEL = ColumnType.MONEY, ColumnType.NUMBER, ColumnType.COUNT, ColumnType.LABEL
_SHARE: Final = Unit.RATIO.value


PLACES: Final = 4
"""Decimals of a probability as a fact: what a gate's sentence shows is what the gate checked."""


def prediction_columns() -> tuple[Column, ...]:
    """What tables may ask of the predictions."""
    return (
        Column(
            "exception_type", _LABEL, "exception type", None, (*(each.value for each in ExceptionType), UNRECOGNISED)
        ),
        Column("type_probability", _NUMBER, "probability of the exception type", _SHARE),
        Column("type_answer", _LABEL, "prediction of the exception type", None, ANSWERED),
        Column("type_labels", _COUNT, "exception types that cannot be ruled out"),
        Column("type_usual", _LABEL, "whether the exception type is among those", None, ("yes", "no")),
        Column("root_cause", _LABEL, "root cause", None, tuple(each.value for each in RootCause)),
        Column("cause_probability", _NUMBER, "probability of the root cause", _SHARE),
        Column("cause_answer", _LABEL, "prediction of the root cause", None, ANSWERED),
        Column("breach_probability", _NUMBER, "probability that the promise breaks", _SHARE),
        Column("breach_answer", _LABEL, "prediction of the promise", None, ANSWERED),
        Column("stockout_probability", _NUMBER, "probability that the shelf runs empty", _SHARE),
        Column("stockout_answer", _LABEL, "prediction of the stock-out", None, ANSWERED),
    )


def prediction_facts(predictions: Predictions) -> dict[str, Any]:
    """The predictions as facts; an unrecognised type carries the probability of its runner-up."""
    kind, cause = predictions.exception_type, predictions.root_cause
    runner_up = kind.runner_up[1] if kind.label == UNRECOGNISED and kind.runner_up else None
    return {
        "exception_type": kind.label,
        "type_probability": _rounded(kind.probability if runner_up is None else runner_up),
        "type_answer": _answer(kind.served_by, kind.reason),
        "type_labels": None if kind.set is None else len(kind.set),
        "type_usual": _usual(kind),
        "root_cause": cause.label,
        "cause_probability": _rounded(cause.probability),
        "cause_answer": _answer(cause.served_by, cause.reason),
        "breach_probability": _rounded(predictions.sla_breach.probability),
        "breach_answer": _answer(predictions.sla_breach.served_by, predictions.sla_breach.reason),
        "stockout_probability": _rounded(predictions.stockout.probability),
        "stockout_answer": _answer(predictions.stockout.served_by, predictions.stockout.reason),
    }


def _usual(kind: LabelPrediction) -> str | None:
    """Whether the type that is told is one that cannot be ruled out; unknown without sets, and of no type."""
    if kind.set is None or kind.label in (None, UNRECOGNISED):
        return None
    return "yes" if kind.label in kind.set else "no"


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, PLACES)


def _answer(served_by: ServedBy, reason: str | None) -> str:
    if served_by is not ServedBy.NONE:
        return "answered"
    return "not_applicable" if reason in ("no_promise", "no_stock_position") else "unanswered"


def option_columns(reference: str) -> tuple[Column, ...]:
    """What tables may ask of an option."""
    return (
        Column("action", _LABEL, "action", None, tuple(each.value for each in ActionId)),
        Column("amount", _MONEY, "amount that moves", reference),
        Column("granted_in_all", _MONEY, "amount granted to the customer with this one", reference),
        Column("source_age", _NUMBER, "age of the stock record the action relies on", Unit.MINUTE.value),
        Column("source_available", _COUNT, "units to promise where the action takes them"),
        Column("named_carrier", _LABEL, "carrier the action names"),
        Column("named_carrier_state", _LABEL, "state of the named carrier", None, _STATES),
        Column("price_rise", _MONEY, "price difference per unit of the substitute", reference),
    )


_STATES = tuple(each.value for each in SystemState)


def system_columns() -> tuple[Column, ...]:
    """What tables may ask of each system an action posts to: one evaluation per system."""
    return (
        Column("system", _LABEL, "system", None, tuple(each.value for each in System)),
        Column("system_state", _LABEL, "state of the system", None, _STATES),
    )


def option_facts(situation: Situation, target: Target, granted: Decimal | None) -> dict[str, Any]:
    """The facts of one option. `granted` is what the customer was granted lately, in the policy's currency."""
    amount, position, substitute = situation.money(target.amount), target.position, target.substitute
    return {
        "action": target.action,
        "amount": amount,
        "granted_in_all": None if amount is None or granted is None else amount + granted,
        "source_age": rounded(situation.age_of(position.as_of), MINUTE_PLACES) if position else None,
        "source_available": substitute.on_hand if substitute else available(position),
        "named_carrier": target.carrier_named,
        "named_carrier_state": target.carrier_state,
        "price_rise": situation.money(substitute.price_difference) if substitute else None,
    }


def systems_needed(case: Case, target: Target) -> Iterator[dict[str, Any]]:
    """The state of each system the action posts to or names, in the order of the vocabulary."""
    named = (target.system_named,) if target.system_named else ()
    for system in (*_POSTS_TO[target.action], *named):
        yield {"system": system, "system_state": case.state_of(system)}


_POSTS_TO = {action: tuple(each for each in System if each in spec.posts_to) for action, spec in CATALOGUE.items()}
