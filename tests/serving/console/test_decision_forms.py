"""A posted form becomes exactly the review it stands for, or says what is missing where."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.actions import CATALOGUE, ActionId
from data.plain_text import IN_LINES, IN_ONE_LINE
from data.vocabulary import RejectReason, ReviewVerdict, Role
from serving.console.context import DecisionForms
from serving.console.decision_forms import FormProblem, decision_forms, field_name, read_review
from tests.fixtures.desk import case_file, foresee, review
from tests.fixtures.recommendations import failed_handoff, recommendation

OWN = (Role.STORE_FINANCE,)


def forms(typed: dict[str, str] | None = None, problem: FormProblem | None = None, **status: Any) -> DecisionForms:
    file = case_file(**status)
    return decision_forms(file, OWN, ActionId, foresee(file), typed or {}, problem)


def test_approve_needs_nothing_but_itself() -> None:
    review = read_review({"verdict": "approve", "comment": "  ", "reason": "", "action": "cancel_line"})
    assert (review.verdict, review.comment, review.reason, review.action) == (ReviewVerdict.APPROVE, None, None, None)


def test_reject_carries_reason_and_comment() -> None:
    review = read_review({"verdict": "reject", "reason": "facts_stale", "comment": "counted\r\nby hand"})
    assert (review.reason, review.comment) == (RejectReason.FACTS_STALE, "counted\nby hand")


def test_override_reads_the_parameters_of_its_own_choice_only() -> None:
    form = {
        "verdict": "override",
        "reason": "other",
        "action": "resource_from_node:3",
        "resource_from_node:2.node": "store-1",
        "resource_from_node:3.node": " store-9 ",
        "resource_from_node:3.sku": "sku-1",
        "resource_from_node:3.extra": "x",
    }
    review = read_review(form)
    assert review.action is ActionId.RESOURCE_FROM_NODE
    assert review.parameters == {"node": "store-9", "sku": "sku-1"}


def test_numbers_and_money_come_out_typed() -> None:
    form = {
        "verdict": "override",
        "reason": "other",
        "action": "replenish",
        "replenish.node": "store-1",
        "replenish.sku": "sku-1",
        "replenish.quantity": "12",
        "replenish.from_node": "",
        "replenish.needed_by": "2026-11-23T10:00:00+01:00",
    }
    parameters = read_review(form).parameters
    assert parameters == {"node": "store-1", "sku": "sku-1", "quantity": 12, "needed_by": "2026-11-23T09:00:00Z"}
    refund = {"verdict": "override", "reason": "other", "action": "accept_return", "accept_return.amount": "12.5"}
    assert read_review(refund).parameters == {"amount": "12.50"}


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Choose approve, reject or override."),
        ({"verdict": "reject"}, "Choose a reason."),
        ({"verdict": "reject", "reason": "because"}, "Choose a reason."),
        ({"verdict": "override", "reason": "other"}, "Choose the action to take instead."),
        ({"verdict": "override", "reason": "other", "action": "explode"}, "Choose the action to take instead."),
        ({"verdict": "approve", "comment": "x" * 2001}, "A comment has at most 2000 characters."),
        ({"verdict": "approve", "comment": "fine \x1b[2J"}, f"A comment is {IN_LINES}."),
    ],
)
def test_what_is_missing_is_said(form: dict[str, str], says: str) -> None:
    with pytest.raises(FormProblem) as raised:
        read_review(form)
    assert raised.value.says == says


@pytest.mark.parametrize(
    ("action", "parameter", "typed", "says"),
    [
        ("accept_return", "amount", "", "This is needed."),
        ("accept_return", "amount", "a lot", "An amount such as 12.50 is expected."),
        ("replenish", "quantity", "1.5", "A whole number is expected."),
        ("replenish", "needed_by", "tomorrow", "A moment in UTC such as 2026-11-23T09:00:00Z is expected."),
        ("prioritise_pick", "node", "a\tb", "Another value is expected: up to 128 characters, no line breaks."),
        ("prioritise_pick", "node", "a\u202eb", f"Another value is expected: {IN_ONE_LINE}."),
    ],
)
def test_a_wrong_parameter_is_marked_where_it_is(action: str, parameter: str, typed: str, says: str) -> None:
    field = f"{action}.{parameter}"
    with pytest.raises(FormProblem) as raised:
        read_review({"verdict": "override", "reason": "other", "action": action, field: typed})
    assert raised.value.fields[field] == says
    shown = forms({"action": action, field: typed, "verdict": "override"}, raised.value)
    marked = [each for view in shown.others for each in view.fields if each.name == field]
    assert [(each.value, each.problem) for each in marked] == [(typed, says)]
    assert shown.open_form == "override"


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30)))
def test_any_form_is_a_review_or_a_problem(form: dict[str, str]) -> None:
    for verdict in ReviewVerdict:
        for action in (ActionId.REPLENISH, ActionId.CANCEL_LINE):
            choice = {name.replace("*", f"{action}."): value for name, value in form.items()}
            with suppress(FormProblem):
                review = read_review({**choice, "verdict": verdict, "reason": "other", "action": action})
                assert review.verdict is verdict


def test_every_allowed_action_can_be_chosen_with_all_its_parameters() -> None:
    shown = forms()
    offered = {view.id.partition(":")[0]: view for view in (*shown.priced, *shown.others)}
    assert set(offered) == {action.value for action in ActionId} - {recommendation().options[0].action.value}
    for action, view in offered.items():
        names = CATALOGUE[ActionId(action)].parameters.model_fields
        assert [field.name for field in view.fields] == [field_name(view.id, name) for name in names]


def test_priced_actions_come_with_the_parameters_they_were_priced_with() -> None:
    cancel = next(view for view in forms().priced if view.id == "cancel_line:3")
    assert [(field.name, field.value) for field in cancel.fields] == [
        ("cancel_line:3.line_id", "1"),
        ("cancel_line:3.amount", "199.00"),
    ]
    assert cancel.foreseen is not None
    assert (cancel.foreseen.cost, cancel.foreseen.regret) == ("EUR 58.20", "+52.10")
    assert cancel.foreseen.parameters == (("line id", "1"), ("amount", "EUR 199.00"))
    assert "amount (EUR)" in [field.label for field in cancel.fields]


def test_other_actions_suggest_what_the_case_knows() -> None:
    facts, answer = failed_handoff()
    shown = decision_forms(case_file(facts, answer), OWN, ActionId, foresee(case_file(facts, answer)), {})
    switch = next(view for view in shown.others if view.id == "switch_supplier")
    supplier, order = switch.fields
    assert (supplier.value, supplier.suggestions, supplier.required) == ("sup-10", ("sup-10", "sup-9"), True)
    assert (order.value, order.suggestions, order.required) == ("", ("po-1",), False)


def test_after_an_override_it_is_the_override_that_is_approved() -> None:
    override = review(
        verdict=ReviewVerdict.OVERRIDE,
        reason=RejectReason.OTHER,
        action=ActionId.CYCLE_COUNT_FIRST,
        parameters={"node": "store-112", "sku": "sku-4711"},
    )
    shown = forms(reviews=(override,))
    assert shown.approve == "Count the shelf before promising again"
    assert shown.parameters == (("node", "store-112"), ("SKU", "sku-4711"))
    assert "resource_from_node:1" in [view.id for view in shown.priced]
    assert "cycle_count_first:2" not in [view.id for view in shown.priced]


def test_only_what_the_policy_allows_is_offered() -> None:
    shown = decision_forms(case_file(), OWN, (ActionId.CANCEL_LINE, ActionId.NOTIFY_DELAY), foresee(), {})
    assert [view.id for view in shown.others] == ["notify_delay"]
