"""What the override form tells beforehand is what choosing the action then brings."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from data.actions import ActionId
from data.vocabulary import Disposition
from policies.override import allowed_for
from serving.console.case_page import case_page
from serving.console.context import ActionView, DecisionForms
from serving.console.foresight import foresight, with_gates_of
from serving.console.rendering import render
from tests.fixtures.desk import case_file, foresee, onlooker
from tests.fixtures.recommendations import NOW, recommendation
from tests.fixtures.service import NOON, Desk, costly, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path / "var")


def test_each_action_brings_what_was_foreseen(desk: Desk) -> None:
    service = desk.service
    asked = desk.recommend(costly())
    file = service.recommendations.case_file(asked["recommendation_id"])
    allowed = allowed_for(file.recommendation, service.in_force.policy)
    told = foresight(file, service.in_force.policy, NOON)
    compared = 0
    for number, action in enumerate(allowed, start=2):
        option = told(action, {"amount": "640.00"} if action is ActionId.POST_REFUND_ADJUSTMENT else {})
        if option is None or action is file.recommendation.options[0].action:
            continue
        again = desk.recommend(costly(number))
        body = {"verdict": "override", "reason": "other", "action": action, "parameters": option.parameters}
        path = f"/v1/recommendations/{again['recommendation_id']}/reviews"
        status = desk.post(path, body, "reviewer-1").json()
        held = {role for review in status["reviews"] for role in review["roles"]}
        assert held | set(status.get("roles", ())) == set(option.roles), action
        assert status["reviews"][0]["disposition"] == option.disposition
        compared += 1
    assert compared >= 3


def test_regret_is_counted_from_the_cheapest_recorded_option() -> None:
    option = foresee()(ActionId.NOTIFY_DELAY, {})
    assert option is not None
    assert option.expected_cost is not None
    best = min(each.expected_cost.amount for each in recommendation().options if each.expected_cost)
    assert option.regret == option.expected_cost.amount - best


def test_money_is_of_the_answer_and_gates_are_of_now() -> None:
    answered, later = foresee(), foresee(now=NOW + timedelta(hours=9))
    parameters = {"node": "store-112", "sku": "sku-4711"}
    then, now = (each(ActionId.RESOURCE_FROM_NODE, parameters) for each in (answered, later))
    assert then is not None
    assert now is not None
    assert then.expected_cost == now.expected_cost
    assert len(now.roles) >= len(then.roles)


@pytest.mark.parametrize(
    ("action", "parameters"), [(ActionId.ACCEPT_RETURN, {"amount": "5.00"}), (ActionId.SUBSTITUTE_ITEM, {})]
)
def test_what_is_not_allowed_or_not_filled_in_is_not_foreseen(action: ActionId, parameters: dict[str, str]) -> None:
    assert foresee()(action, parameters) is None


def test_a_recorded_option_keeps_its_money_and_takes_the_gates_of_now() -> None:
    recorded = recommendation().options[1]
    now = recorded.model_copy(
        update={"disposition": Disposition.HOLD, "held_until": ("erp is up",), "regret": Decimal(9)}
    )
    shown = with_gates_of(recorded, now)
    assert (shown.expected_cost, shown.regret) == (recorded.expected_cost, recorded.regret)
    assert (shown.disposition, shown.held_until) == (Disposition.HOLD, ("erp is up",))
    assert with_gates_of(recorded, None) is recorded


def test_the_form_shows_money_regret_disposition_and_roles_of_each_choice() -> None:
    page = case_page(case_file(), onlooker(), NOW, next_url="")
    html = " ".join(render(page).split())
    for view in _choices(page.forms):
        choice = re.search(rf'value="{re.escape(view.id)}" required.*?</li>', html)
        assert choice
        if view.foreseen is None:
            assert "Its cost and who must agree follow from what you fill in." in choice[0]
            continue
        told = view.foreseen
        for text in (told.cost, told.regret, told.disposition_words, " and ".join(told.roles)):
            assert text in choice[0], (view.id, text)


def _choices(forms: DecisionForms | None) -> tuple[ActionView, ...]:
    assert forms is not None
    return (*forms.priced, *forms.others)
