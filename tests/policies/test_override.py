"""A person's own choice: allowed actions only, parameters by schema, and the gates of the action that was chosen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.actions import ActionId
from data.case import Case
from data.recommendation import Option
from data.vocabulary import Disposition, ExceptionType, Role, System
from policies.override import ActionNotAllowedError, InvalidParametersError, allowed_for, assess
from policies.policy import load_policy
from policies.recommend import recommend
from tests.fixtures.cases import a_case
from tests.fixtures.exceptions import NOBODY, NOW, down, honest_return, order, refund_gap, unavailable
from tests.fixtures.fixed_predictors import NONE, models

POLICY = load_policy()
A = ActionId


def chosen(case: Case, action: ActionId, parameters: dict[str, Any] | None = None) -> Option:
    told = recommend(case, NOBODY, NONE, POLICY, NOW, "rec-1").recommendation
    return assess(case, NOBODY, told, action, parameters, POLICY, NOW)


@pytest.mark.parametrize("case", [unavailable(), honest_return(), refund_gap()])
def test_an_option_chosen_by_hand_is_the_option_that_was_offered(case: Case) -> None:
    told = recommend(case, NOBODY, NONE, POLICY, NOW, "rec-1").recommendation
    for option in told.options:
        again = assess(case, NOBODY, told, option.action, option.parameters, POLICY, NOW)
        assert again == option.model_copy(update={"rank": 1, "regret": None})


def test_an_override_passes_its_own_gates() -> None:
    case = refund_gap(dependencies=down(System.ERP))
    held = chosen(case, A.POST_REFUND_ADJUSTMENT, {"amount": "40.00"})
    assert (held.disposition, held.held_until) == (Disposition.HOLD, ("erp is up",))


@pytest.mark.parametrize(("amount", "finance"), [("60.00", False), ("100.00", False), ("100.01", True), ("999", True)])
def test_an_amount_typed_by_hand_is_gated_by_what_it_is(amount: str, finance: bool) -> None:
    option = chosen(honest_return(), A.ACCEPT_RETURN, {"amount": amount})
    assert (Role.STORE_FINANCE in option.roles) is finance
    assert option.parameters == {"amount": f"{Decimal(amount):.2f}"}


def test_a_node_nobody_told_of_is_not_free_to_take_from() -> None:
    option = chosen(unavailable(), A.RESOURCE_FROM_NODE, {"node": "store-77", "sku": "sku-1"})
    assert option.disposition is Disposition.REVIEW


def test_actions_of_other_exceptions_are_not_allowed() -> None:
    with pytest.raises(ActionNotAllowedError) as refused:
        chosen(unavailable(), A.ACCEPT_RETURN, {"amount": "1.00"})
    assert A.CYCLE_COUNT_FIRST in refused.value.allowed
    assert A.ACCEPT_RETURN not in refused.value.allowed


def test_what_the_table_allows_for_the_type_under_any_cause_may_be_chosen() -> None:
    told = recommend(unavailable(), NOBODY, NONE, POLICY, NOW, "rec-1").recommendation
    offered = {option.action for option in told.options}
    assert A.EXPEDITE_APPROVAL not in offered
    assert offered < set(allowed_for(told, POLICY))
    assert chosen(unavailable(), A.EXPEDITE_APPROVAL).action is A.EXPEDITE_APPROVAL


def test_both_the_reported_and_the_predicted_type_count() -> None:
    sure = models(ExceptionType.SUSPICIOUS_RETURN, "fraud_pattern")
    told = recommend(unavailable(), NOBODY, sure, POLICY, NOW, "rec-1").recommendation
    assert {A.DECLINE_RETURN, A.CYCLE_COUNT_FIRST} <= set(allowed_for(told, POLICY))


def test_for_an_unknown_type_a_person_may_choose_any_action_of_the_table() -> None:
    told = recommend(a_case(at=NOW), NOBODY, NONE, POLICY, NOW, "rec-1").recommendation
    assert {A.DECLINE_RETURN, A.CYCLE_COUNT_FIRST, A.SWITCH_SUPPLIER} <= set(allowed_for(told, POLICY))


@pytest.mark.parametrize(
    ("action", "parameters", "pointer"),
    [
        (A.RESOURCE_FROM_NODE, {"node": "store-2"}, "/sku"),
        (A.RESOURCE_FROM_NODE, {"node": "store-2", "sku": 7}, "/sku"),
        (A.RESOURCE_FROM_NODE, None, "/node"),
        (A.CANCEL_LINE, {"line_id": "1", "amount": "much"}, "/amount"),
        (A.CYCLE_COUNT_FIRST, {"node": "n", "sku": "s", "a/b~c": 1}, "/a~1b~0c"),
        (A.NOTIFY_DELAY, {"x": float("nan")}, ""),
        (A.NOTIFY_DELAY, {"x": object()}, ""),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_their_place(
    action: ActionId, parameters: dict[str, Any] | None, pointer: str
) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        chosen(unavailable(), action, parameters)
    assert (refused.value.action, refused.value.pointer) == (action, pointer)


@given(st.text(min_size=8, max_size=30).map(lambda text: "secret-" + text))
def test_what_was_typed_is_never_echoed(typed: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        chosen(unavailable(), A.CANCEL_LINE, {"line_id": "1", "amount": typed})
    assert "secret" not in str(refused.value)


def test_a_large_order_asks_finance_whoever_chooses() -> None:
    case = unavailable(order=order(value=Decimal("240.00")))
    option = chosen(case, A.RESOURCE_FROM_NODE, {"node": "store-2", "sku": "sku-1"})
    assert Role.STORE_FINANCE in option.roles


@pytest.mark.parametrize(
    ("action", "parameters", "pointer"),
    [
        (A.POST_REFUND_ADJUSTMENT, {"amount": "-9000.00"}, "/amount"),
        (A.CANCEL_LINE, {"line_id": "1", "amount": "-5"}, "/amount"),
        (A.CANCEL_LINE, {"line_id": "no such line", "amount": "5"}, "/line_id"),
    ],
)
def test_an_amount_cannot_slip_under_a_gate_and_a_line_must_be_the_orders(
    action: ActionId, parameters: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        chosen(unavailable(), action, parameters)
    assert caught.value.pointer == pointer
