"""The rules: trusted reports, contradicting facts, stated probabilities, and a predictor to compare with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.case import Case, Node, Promise, Workflow
from data.prediction import PredictionFailed
from data.standing import PartyStanding, Standing
from data.vocabulary import ExceptionType, ReturnCondition, RootCause, SystemState, Task
from policies.fallback import RulePredictor, rule_row
from policies.policy import load_policy
from tests.fixtures.cases import a_case
from tests.fixtures.exceptions import (
    NOBODY,
    NOW,
    TELLING,
    carrier,
    elsewhere,
    empty_box,
    failed_handoff,
    late_pickup,
    late_supplier,
    returned,
    shelf,
    unavailable,
    wrong_price,
)

POLICY = load_policy()
TYPE, CAUSE, BREACH, STOCKOUT = Task.EXCEPTION_TYPE, Task.ROOT_CAUSE, Task.SLA_BREACH, Task.STOCKOUT


def row(task: Task, case: Case, standing: Standing = NOBODY) -> str | None:
    return rule_row(task, case, standing, POLICY)


@pytest.mark.parametrize("kind", ExceptionType)
def test_the_sender_is_trusted_unless_the_facts_contradict(kind: ExceptionType) -> None:
    predicted = RulePredictor(TYPE, POLICY).predict(a_case(reported_type=kind), NOBODY)
    assert max(predicted.probabilities, key=predicted.probabilities.__getitem__) == kind


@pytest.mark.parametrize("kind", ExceptionType)
def test_the_facts_tell_the_type_where_the_sender_does_not(kind: ExceptionType) -> None:
    predicted = RulePredictor(TYPE, POLICY).predict(TELLING[kind](reported_type=None), NOBODY)
    assert max(predicted.probabilities, key=predicted.probabilities.__getitem__) == kind


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (empty_box(reported_type=ExceptionType.REFUND_RECONCILIATION_GAP), "other_goods_came_back"),
        (late_pickup(stock=(shelf(on_hand=0),)), "reported_pickup"),
    ],
)
def test_facts_that_speak_louder_than_the_report(case: Case, expected: str) -> None:
    assert row(TYPE, case) == expected


@pytest.mark.parametrize(
    ("case", "cause"),
    [
        (empty_box(), RootCause.FRAUD_PATTERN),
        (failed_handoff(carrier=carrier(SystemState.DOWN)), RootCause.CARRIER_FAILURE),
        (failed_handoff(carrier=carrier(address_score=0.2)), RootCause.ADDRESS_PROBLEM),
        (late_supplier(), RootCause.SUPPLIER_DELAY),
        (wrong_price(), RootCause.PRICE_SYNC_ERROR),
        (late_pickup(), RootCause.LABOR_SHORTAGE),
        (late_pickup(workflow=Workflow(orders_last_hour=40, orders_usual_hour=20.0)), RootCause.DEMAND_SURGE),
        (late_pickup(workflow=Workflow(approval_minutes=90.0)), RootCause.APPROVAL_BOTTLENECK),
        (unavailable(), RootCause.INVENTORY_MISMATCH),
    ],
)
def test_the_evidence_tells_the_cause(case: Case, cause: RootCause) -> None:
    predicted = RulePredictor(CAUSE, POLICY).predict(case, NOBODY)
    assert max(predicted.probabilities, key=predicted.probabilities.__getitem__) == cause


def test_a_storm_of_exceptions_points_at_the_carrier() -> None:
    storm = Standing(as_of=NOW, parties=(PartyStanding(kind="carrier", id="car-1", arrivals=12.0),))
    assert row(CAUSE, failed_handoff(), storm) == "carrier_storm"


def breach(**facts: Any) -> float:
    return RulePredictor(BREACH, POLICY).predict(late_pickup(**facts), NOBODY).probabilities["yes"]


def test_less_time_never_makes_a_broken_promise_less_likely() -> None:
    quiet = Workflow(queue_minutes=1.0, staff_on_shift=5, staff_planned=5)
    left = [-10, 10, 60, 150, 300, 1000, 5000]
    risks = [breach(workflow=quiet, promise=Promise(due_at=NOW + timedelta(minutes=each))) for each in left]
    assert risks == sorted(risks, reverse=True)


def test_less_stock_never_makes_an_empty_shelf_less_likely() -> None:
    levels = [0, 1, 2, 3, 5, 8, 13, 40]
    predictor = RulePredictor(STOCKOUT, POLICY)
    positions = [shelf(on_hand=each, reserved=0, safety_stock=0) for each in levels]
    risks = [predictor.predict(unavailable(stock=(each,)), NOBODY).probabilities["yes"] for each in positions]
    assert risks == sorted(risks, reverse=True)


def test_a_row_says_what_it_saw_and_what_it_lacked() -> None:
    predicted = RulePredictor(STOCKOUT, POLICY).predict(unavailable(stock=(shelf(history=()), elsewhere())), NOBODY)
    (step,) = predicted.steps
    assert step.kind == "rule"
    assert (step.id, step.concluded) == ("stockout.few_units", 0.33)
    assert step.says == "1 left to promise, and how fast they sell is not known"
    assert "cover_days" in step.missing
    assert predicted.features == {"available": 1.0}


def test_what_is_usual_for_a_type_is_stated_with_doubt() -> None:
    """No evidence tells: a cause that is only usual is less likely than not, and costs are weighed that way."""
    usual = {row.id: row.outputs["probability"] for row in POLICY.tables["root_cause"].rows if "usual" in row.id}
    assert usual["usual_for_refunds"] == 0.25
    assert usual["usual_for_pickups"] == 0.29
    assert all(isinstance(each, float) and 0.1 < each < 0.5 for each in usual.values())


def test_the_probabilities_of_a_label_task_add_up() -> None:
    predicted = RulePredictor(CAUSE, POLICY).predict(empty_box(), NOBODY)
    assert set(predicted.probabilities) == set(CAUSE.labels)
    assert sum(predicted.probabilities.values()) == pytest.approx(1.0, abs=1e-7)


def test_without_a_matching_row_nothing_is_predicted() -> None:
    nothing = a_case()
    assert {task: row(task, nothing) for task in Task} == dict.fromkeys(Task)
    with pytest.raises(PredictionFailed) as failed:
        RulePredictor(TYPE, POLICY).predict(nothing, NOBODY)
    assert failed.value.reason == "no_rule"


def test_the_version_is_the_tables_digest() -> None:
    assert RulePredictor(TYPE, POLICY).version == POLICY.tables["exception_type"].digest


def test_rules_read_the_promise_in_force() -> None:
    known = Node(id="store-1", zone="Europe/Berlin")
    assert row(BREACH, a_case(reported_type=ExceptionType.LATE_PICKUP_READINESS, node=known)) == "this_shift"
    assert row(BREACH, a_case(reported_type=ExceptionType.LATE_PICKUP_READINESS)) is None


def test_a_clean_return_is_not_taken_for_fraud() -> None:
    clean = returned(condition=ReturnCondition.OPENED)
    assert row(CAUSE, empty_box(returned=clean)) == "clean_return"
