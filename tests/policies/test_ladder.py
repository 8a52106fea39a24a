"""The ladder: each step, every way a rung can fail, and what the answer says of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.prediction import Predicted, PredictionFailed, Rung
from data.vocabulary import ServedBy, Task
from policies.ladder import Served, climb_down
from tests.fixtures.exceptions import NOBODY, unavailable
from tests.fixtures.fixed_predictors import Fixed, label, risk

CASE = unavailable()
BREACH = Task.SLA_BREACH
RULES = Served(Predicted(BREACH, {"yes": 0.4}, ()), ServedBy.RULES)
SILENT = Served(None, ServedBy.NONE, "no_rule")


def model(predictor: Any) -> Rung:
    return Rung(ServedBy.MODEL, predictor)


def previous(predictor: Any) -> Rung:
    return Rung(ServedBy.PREVIOUS_MODEL, predictor)


def climbed(*rungs: Rung, task: Task = BREACH, rules: Served = RULES) -> Served:
    return climb_down(task, rungs, CASE, NOBODY, rules)


def test_the_model_serves_where_it_can() -> None:
    answer = climbed(model(risk(BREACH, 0.7)), previous(risk(BREACH, 0.6)))
    assert (answer.served_by, answer.reason) == (ServedBy.MODEL, None)
    assert answer.predicted is not None
    assert answer.predicted.probabilities == {"yes": 0.7}


def test_the_previous_model_serves_where_the_model_is_not_there() -> None:
    answer = climbed(Rung(ServedBy.MODEL, None, "model_unavailable"), previous(risk(BREACH, 0.6)))
    assert (answer.served_by, answer.reason) == (ServedBy.PREVIOUS_MODEL, "model_unavailable")


def test_the_rules_serve_where_no_model_can() -> None:
    assert climbed() == Served(RULES.predicted, ServedBy.RULES, "model_unavailable")


def test_nobody_serves_where_no_rule_matches_either() -> None:
    assert climbed(Rung(ServedBy.MODEL, None), rules=SILENT) == SILENT


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PredictionFailed("additivity_failed", "by 0.1"), "additivity_failed"),
        (PredictionFailed("no_stock_position", "none"), "no_stock_position"),
        (ValueError("shape"), "model_failed"),
        (RecursionError(), "model_failed"),
        (MemoryError(), "model_failed"),
        (ZeroDivisionError(), "model_failed"),
    ],
)
def test_whatever_a_model_raises_the_next_rung_serves_and_the_reason_is_kept(error: Exception, reason: str) -> None:
    answer = climbed(model(Fixed(BREACH, {}, raising(error))))
    assert (answer.served_by, answer.reason) == (ServedBy.RULES, reason)


def test_a_request_to_stop_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        climbed(model(Fixed(BREACH, {}, raising(KeyboardInterrupt()))))


def test_the_reason_kept_is_the_models_own() -> None:
    broken = Fixed(BREACH, {}, raising(ValueError()))
    answer = climbed(Rung(ServedBy.MODEL, None, "model_unavailable"), previous(broken))
    assert (answer.served_by, answer.reason) == (ServedBy.RULES, "model_unavailable")


def with_features(value: Any) -> Fixed:
    return Fixed(BREACH, {"yes": 0.5}, features={"queue": value})


@pytest.mark.parametrize(
    "predictor",
    [
        Fixed(BREACH, {"yes": math.nan}),
        Fixed(BREACH, {"yes": math.inf}),
        Fixed(BREACH, {"yes": 1.0000001}),
        Fixed(BREACH, {"yes": -0.1}),
        Fixed(BREACH, {"no": 0.5}),
        Fixed(BREACH, {"yes": 0.5, "no": 0.5}),
        Fixed(BREACH, {"yes": 0.5}, instead=lambda: None),  # type: ignore[arg-type, return-value]
        Fixed(BREACH, {"yes": 0.5}, instead=lambda: Predicted(Task.STOCKOUT, {"yes": 0.5}, ())),
        Fixed(BREACH, {"yes": 0.5}, instead=lambda: Predicted(BREACH, {"yes": 0.5}, ("because",))),  # type: ignore[arg-type]
        with_features(math.nan),
        with_features(["a"]),
    ],
)
def test_an_answer_that_is_no_prediction_counts_as_a_failure(predictor: Fixed) -> None:
    answer = climbed(model(predictor))
    assert (answer.served_by, answer.reason) == (ServedBy.RULES, "model_failed")


@pytest.mark.parametrize("miss", [2e-6, -2e-6])
def test_labels_must_add_up_to_one(miss: float) -> None:
    fixed = label(Task.ROOT_CAUSE, "carrier_failure", 0.5)
    off = {**fixed.probabilities, "carrier_failure": 0.5 + miss}
    answer = climbed(model(Fixed(Task.ROOT_CAUSE, off)), task=Task.ROOT_CAUSE)
    assert answer.reason == "model_failed"


@given(st.floats(0, 1))
def test_probabilities_are_rounded_before_anything_is_decided(probability: float) -> None:
    answer = climbed(model(risk(BREACH, probability)))
    assert answer.predicted is not None
    assert answer.predicted.probabilities["yes"] == round(probability, 9)
