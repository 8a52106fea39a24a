"""The heart: what it answers for telling cases, and what it keeps for any case at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from data.actions import CATALOGUE, ActionId
from data.case import AttributeKind, AttributeValue, Case, Promise
from data.explanation import CheckStep
from data.prediction import Predictors, Rung
from data.recommendation import Recommendation, answer_digest
from data.record import canonical, digest_of
from data.standing import Standing
from data.vocabulary import Disposition, ExceptionType, Role, ServedBy, System, SystemState, Task
from policies.policy import load_policy
from policies.recommend import Recommended, recommend
from tests.fixtures.cases import a_case, cases, standings
from tests.fixtures.exceptions import (
    NOBODY,
    NOW,
    TELLING,
    carrier,
    down,
    elsewhere,
    empty_box,
    failed_handoff,
    late_pickup,
    order,
    refund_gap,
    shelf,
    unavailable,
)
from tests.fixtures.fixed_predictors import NONE, Fixed, label, models, risk, served

POLICY = load_policy()
A = ActionId
PROCEED, REVIEW, HOLD = Disposition


def asked(case: Case, predictors: Predictors = NONE, standing: Standing = NOBODY) -> Recommended:
    return recommend(case, standing, predictors, POLICY, NOW, "rec-1")


def answer(case: Case, predictors: Predictors = NONE, standing: Standing = NOBODY) -> Recommendation:
    return asked(case, predictors, standing).recommendation


def checks(found: Recommendation, kind: str) -> dict[str, CheckStep]:
    return {step.id: step for step in found.explanation if isinstance(step, CheckStep) and step.kind == kind}


@pytest.mark.parametrize(
    ("kind", "action", "disposition"),
    [
        (ExceptionType.SPLIT_SHIPMENT, A.RESOURCE_FROM_NODE, PROCEED),
        (ExceptionType.UNAVAILABLE_INVENTORY, A.RESOURCE_FROM_NODE, PROCEED),
        (ExceptionType.DELAYED_SUPPLIER_CONFIRMATION, A.EXPEDITE_SUPPLIER, REVIEW),
        (ExceptionType.SUSPICIOUS_RETURN, A.INSPECT_RETURN, PROCEED),
        (ExceptionType.PRICING_MISMATCH, A.HONOUR_LOWER_PRICE, PROCEED),
        (ExceptionType.FAILED_DELIVERY_HANDOFF, A.REASSIGN_CARRIER, REVIEW),
        (ExceptionType.LATE_PICKUP_READINESS, A.PRIORITISE_PICK, PROCEED),
        (ExceptionType.REFUND_RECONCILIATION_GAP, A.POST_REFUND_ADJUSTMENT, PROCEED),
    ],
)
def test_without_models_each_telling_case_has_a_sensible_answer(
    kind: ExceptionType, action: ActionId, disposition: Disposition
) -> None:
    found = answer(TELLING[kind]())
    assert (found.options[0].action, found.disposition) == (action, disposition)
    assert found.predictions.exception_type.served_by is ServedBy.RULES
    assert found.predictions.exception_type.reason == "model_unavailable"
    assert found.fallback.agrees
    assert found.receipt.bundle is None


def test_the_erp_is_down_what_posts_to_it_waits_and_the_rest_goes_on() -> None:
    found = answer(unavailable(dependencies=down(System.ERP)))
    held = {option.action for option in found.options if option.disposition is HOLD}
    assert held == {A.CANCEL_LINE}
    assert (found.options[0].action, found.disposition) == (A.RESOURCE_FROM_NODE, PROCEED)


def test_the_erp_is_down_and_nothing_else_helps() -> None:
    found = answer(refund_gap(dependencies=down(System.ERP)))
    assert (found.options[0].action, found.disposition) == (A.POST_REFUND_ADJUSTMENT, HOLD)
    assert found.options[0].held_until == ("erp is up",)
    assert found.says.endswith("once erp is up.")
    assert found.review is None


def test_the_carrier_is_down_and_another_takes_the_parcel() -> None:
    found = answer(failed_handoff(carrier=carrier(SystemState.DOWN)))
    assert found.options[0].action is A.REASSIGN_CARRIER
    assert found.options[0].parameters == {"carrier": "car-2", "service": "next-day"}
    assert found.disposition is PROCEED


def test_the_carrier_is_down_and_the_parcel_waits_for_it() -> None:
    found = answer(failed_handoff(carrier=carrier(SystemState.DOWN, alternatives=())))
    assert found.options[0].action is A.QUEUE_FOR_CARRIER
    retry = next(option for option in found.options if option.action is A.RETRY_HANDOFF)
    assert (retry.disposition, retry.held_until) == (HOLD, ("carrier car-1 accepts parcels",))
    assert retry.regret == Decimal("0.00"), "the cheapest is held, and does not come first"


def test_a_review_names_who_must_agree_and_by_when() -> None:
    found = answer(unavailable(order=order(value=Decimal("240.00"))), models("unavailable_inventory", "demand_surge"))
    assert found.disposition is REVIEW
    assert found.review is not None
    assert found.review.roles == (Role.STORE_FINANCE,)
    assert found.review.due_at == NOW + timedelta(minutes=120)
    assert "store finance agrees" in found.says
    soon = unavailable(order=order(value=Decimal("240.00")), promise=Promise(due_at=NOW + timedelta(minutes=60)))
    pressing = answer(soon, models("unavailable_inventory", "demand_surge")).review
    assert pressing is None or pressing.due_at == NOW + timedelta(minutes=60)


def test_an_unlikely_type_is_not_acted_upon() -> None:
    unsure = served(label(Task.EXCEPTION_TYPE, "split_shipment", 0.35), label(Task.ROOT_CAUSE, "labor_shortage", 0.9))
    found = answer(unavailable(), unsure)
    prediction = found.predictions.exception_type
    assert (prediction.label, prediction.probability) == ("unrecognised", None)
    assert prediction.runner_up == ("split_shipment", 0.35)
    assert found.disposition is REVIEW
    assert "confidence.unrecognised" in checks(found, "gate")
    assert found.reported_type is ExceptionType.UNAVAILABLE_INVENTORY


def test_nothing_known_is_a_persons_case() -> None:
    found = answer(a_case(at=NOW))
    assert [option.action for option in found.options] == [A.INVESTIGATE]
    assert found.disposition is REVIEW
    assert found.options[0].expected_cost is None
    assert found.predictions.exception_type.served_by is ServedBy.NONE
    assert found.predictions.sla_breach.reason == "no_promise"
    assert found.predictions.stockout.reason == "no_stock_position"
    assert found.says == (
        "Nothing tells what kind of exception this is: let a person find out what happened, if store operations agrees."
    )


def test_the_models_answer_where_they_can_and_the_rules_beside_them() -> None:
    found = answer(late_pickup(), models("unavailable_inventory", "inventory_mismatch"))
    assert found.predictions.exception_type.served_by is ServedBy.MODEL
    assert found.predictions.exception_type.label == "unavailable_inventory"
    assert found.fallback.would_have is A.PRIORITISE_PICK
    assert not found.fallback.agrees
    step = checks(found, "fallback")["fallback.rules_alone"]
    assert step.saw["exception_type"] == "late_pickup_readiness"
    assert step.concluded == "prioritise_pick"


@pytest.mark.parametrize("broken", Task)
def test_one_broken_model_costs_its_own_prediction_only(broken: Task) -> None:
    def fails() -> Any:
        raise ValueError("a corrupt array")

    whole = models("unavailable_inventory", "inventory_mismatch")
    rungs = {**whole.ladders, broken: (Rung(ServedBy.MODEL, Fixed(broken, {}, fails)),)}
    found = answer(unavailable(), replace(whole, ladders=rungs)).predictions
    by = {task: getattr(found, task.value).served_by for task in Task}
    assert by == {task: ServedBy.RULES if task is broken else ServedBy.MODEL for task in Task}
    assert getattr(found, broken.value).reason == "model_failed"


def test_the_promise_of_the_policy_reaches_the_models() -> None:
    seen: list[Case] = []

    class Watching(Fixed):
        def predict(self, case: Case, standing: Standing) -> Any:
            seen.append(case)
            return super().predict(case, standing)

    case = late_pickup(promise=None)
    found = answer(case, served(Watching(Task.SLA_BREACH, {"yes": 0.4})))
    (told,) = seen
    assert told.promise is not None
    assert found.predictions.sla_breach.due_at == told.promise.due_at
    assert "promise.pickup" in checks(found, "promise")
    assert found.receipt.input == digest_of(case)


def control_findings(found: Recommendation) -> dict[tuple[str, str], set[str]]:
    """The controls (gates that read no prediction) by option."""
    by_rank: dict[str, set[str]] = {}
    for step in checks(found, "gate").values():
        if not step.id.startswith(("confidence.", "review.")):
            for rank in str(step.saw["options"]).split(", "):
                by_rank.setdefault(rank, set()).add(step.id)
    return {
        (option.action.value, str(option.parameters)): by_rank.get(str(option.rank), set()) for option in found.options
    }


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), standings())
def test_without_models_the_same_gates_hold(case: Case, standing: Standing) -> None:
    kind = case.reported_type or ExceptionType.UNAVAILABLE_INVENTORY
    with_models = control_findings(answer(case, models(kind, "inventory_mismatch"), standing))
    without = control_findings(answer(case, NONE, standing))
    for option in with_models.keys() & without.keys():
        assert with_models[option] == without[option]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), standings())
def test_any_case_gets_a_whole_answer_and_the_same_one_again(case: Case, standing: Standing) -> None:
    first, second = asked(case, NONE, standing), asked(case, NONE, standing)
    assert canonical(first.recommendation) == canonical(second.recommendation)
    assert canonical(first.features) == canonical(second.features)
    _is_whole(first, case, standing)


def _is_whole(told: Recommended, case: Case, standing: Standing) -> None:
    found = told.recommendation
    assert [option.rank for option in found.options] == list(range(1, len(found.options) + 1))
    assert found.disposition is found.options[0].disposition
    assert found.options[-1].action is A.INVESTIGATE or len(found.options) > 1
    for option in found.options:
        CATALOGUE[option.action].parameters.model_validate_json(canonical(option.parameters))
        assert (option.disposition is REVIEW) <= bool(option.roles)
        assert (option.disposition is HOLD) == bool(option.held_until)
        assert (option.expected_cost is None) == (option.regret is None)
        assert option.expected_cost is not None or option.disposition is not PROCEED
        assert option.regret is None or option.regret >= 0
    assert any(option.action is A.INVESTIGATE for option in found.options)
    assert found.receipt.input == digest_of(case)
    assert found.receipt.standing == digest_of(standing)
    assert found.receipt.features == digest_of(told.features)
    assert found.receipt.policy == POLICY.digest
    assert found.receipt.answer == answer_digest(found)
    assert set(found.unused_attributes) == set(case.attributes)
    assert Recommendation.model_validate_json(canonical(found)) == found
    if found.predictions.exception_type.served_by is ServedBy.NONE:
        assert found.disposition is not PROCEED


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_person_looks_wherever_a_prediction_cannot_be_had(case: Case) -> None:
    found = answer(case)
    unknown = found.predictions
    if ServedBy.NONE in (unknown.exception_type.served_by, unknown.root_cause.served_by, unknown.sla_breach.served_by):
        assert all(option.disposition is not PROCEED for option in found.options)


def test_attributes_that_no_model_declares_are_named() -> None:
    case = late_pickup(attributes={"shelf": "B7", "locker": True, "size": 3})
    declared = replace(NONE, declared_attributes={"locker": frozenset({"flag"})})
    assert answer(case, declared).unused_attributes == ("shelf", "size")


@pytest.mark.parametrize(
    ("kind", "unused"), [("number", "flag word"), ("category", "flag size"), ("flag", "size word")]
)
def test_an_attribute_whose_value_is_of_another_kind_than_the_declared_is_named(
    kind: AttributeKind, unused: str
) -> None:
    values: dict[str, AttributeValue] = {"word": "warm", "size": 3.5, "flag": True, "nothing": None}
    declared = replace(NONE, declared_attributes=dict.fromkeys(values, frozenset({kind})))
    assert answer(late_pickup(attributes=values), declared).unused_attributes == tuple(unused.split())


def test_the_features_are_those_the_predictions_came_from() -> None:
    told = asked(unavailable(), served(risk(Task.SLA_BREACH, 0.4)))
    assert told.features[Task.SLA_BREACH] == {"queue_minutes": 41.0}
    assert told.features[Task.EXCEPTION_TYPE] == {"reported_type": "unavailable_inventory"}


def test_what_is_explained_is_what_was_decided_from() -> None:
    found = answer(unavailable(order=order(value=Decimal("240.00")), stock=(shelf(), elsewhere(as_of=None))))
    kinds = [step.kind for step in found.explanation]
    assert kinds == sorted(kinds, key=["promise", "rule", "cost", "gate", "fallback"].index)
    costs = checks(found, "cost")
    for option in found.options[:3]:
        step = costs[f"costs.{option.action.value}"]
        parts = [Decimal(str(value)) for name, value in step.saw.items() if name.startswith("cost.")]
        assert option.expected_cost is not None
        assert sum(parts) == option.expected_cost.amount
        assert step.concluded == f"{option.expected_cost.amount} EUR"
    assert checks(found, "gate")["finance.order_value"].saw["order_value"] == "240.00"


def test_a_stale_record_turns_taking_it_elsewhere_into_a_review() -> None:
    fresh, stale = (
        answer(unavailable(stock=(shelf(), elsewhere(as_of=NOW - timedelta(minutes=age))))) for age in (10, 600)
    )
    action = A.RESOURCE_FROM_NODE
    assert next(each for each in fresh.options if each.action is action).disposition is PROCEED
    assert next(each for each in stale.options if each.action is action).disposition is REVIEW


def test_the_value_at_stake_and_the_time_left_are_told() -> None:
    found = answer(empty_box(order=None)).urgency
    assert found.value_at_stake is not None
    assert found.value_at_stake.amount == Decimal("60.00")
    assert found.minutes_to_promise == 600.0


def test_without_a_currency_nothing_is_priced_and_a_person_looks() -> None:
    found = answer(unavailable(currency=None))
    assert all(option.expected_cost is None for option in found.options)
    assert all(option.disposition is not PROCEED for option in found.options)
    assert "names no currency" in checks(found, "cost")[f"costs.{found.options[0].action.value}"].says


@pytest.mark.parametrize("cause", ["inventory_mismatch", "demand_surge", "supplier_delay"])
@pytest.mark.parametrize("minutes", [90, 600, 3000])
def test_a_line_is_given_up_only_when_little_else_is_left(cause: str, minutes: int) -> None:
    case = unavailable(promise=Promise(due_at=NOW + timedelta(minutes=minutes)))
    found = answer(case, models("unavailable_inventory", cause, breach=0.7))
    ranked = [option.action for option in found.options]
    assert ranked.index(A.CANCEL_LINE) > ranked.index(A.RESOURCE_FROM_NODE)
    assert ranked.index(A.CANCEL_LINE) > ranked.index(A.NOTIFY_DELAY)


def test_a_silent_supplier_is_pressed_or_replaced_while_there_is_time() -> None:
    late = TELLING[ExceptionType.DELAYED_SUPPLIER_CONFIRMATION](promise=Promise(due_at=NOW + timedelta(days=3)))
    found = answer(late, models("delayed_supplier_confirmation", "supplier_delay", breach=0.5))
    assert found.options[0].action in (A.EXPEDITE_SUPPLIER, A.SWITCH_SUPPLIER)
