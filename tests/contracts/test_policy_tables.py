"""What every policy of ours must keep: proved over all cases where the tables allow it, tried on telling ones else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from data.actions import CATALOGUE, ActionId
from data.vocabulary import Disposition, ExceptionType, RootCause, System
from policies.contract import REQUIRED
from policies.option_facts import prediction_columns
from policies.policy import load_policy
from policies.recommend import recommend
from policies.tables.conditions import Condition, parse_condition
from policies.tables.regions import Box, uncovered
from policies.tables.table import HitPolicy, Table
from tests.fixtures.exceptions import NOBODY, NOW, TELLING
from tests.fixtures.fixed_predictors import NONE, models

POLICY = load_policy()
REFUNDS = [ActionId.ACCEPT_RETURN, ActionId.HONOUR_LOWER_PRICE, ActionId.CANCEL_LINE]


def cases_where(table: Table, **conditions: Any) -> Box:
    """The cases in which these facts lie so, whatever the others are."""
    regions = dict(table.whole.regions)
    for name, raw in conditions.items():
        condition = parse_condition(table.inputs[name], raw)
        assert isinstance(condition, Condition)
        regions[name] = condition.holds
    return Box(regions)


def cautious(table: Table, at_least: Disposition = Disposition.REVIEW) -> Iterable[Box]:
    """The cases in which some row asks for this much caution; one that lacks a fact asks for a review."""
    for row in table.rows:
        stated = Disposition(str(row.outputs["disposition"]))
        if stated.caution >= at_least.caution:
            yield row.box
        if at_least is Disposition.REVIEW and stated is not Disposition.PROCEED:
            yield row.reach


def never_proceeds(gate: str, **conditions: Any) -> bool:
    """Proof that the gate objects in every case in which the conditions hold."""
    table = POLICY.tables[gate]
    where = cases_where(table, **conditions)
    if table.hit_policy is HitPolicy.FIRST:
        freed = [row.box for row in table.rows if row.outputs["disposition"] == Disposition.PROCEED]
        assert all(where.disjoint(box) for box in freed), "an earlier row could let it proceed"
    return uncovered(where, cautious(table)) is None


def test_a_refund_over_200_never_proceeds_unattended() -> None:
    assert never_proceeds("finance", action=[each.value for each in REFUNDS], amount="> 200 or missing")


def test_many_refunds_over_500_in_all_never_proceed_unattended() -> None:
    several = {"granted": "> 0", "granted_in_all": "> 500"}
    assert never_proceeds("finance", action=[each.value for each in REFUNDS], **several)


def test_moving_an_order_over_200_asks_finance() -> None:
    assert never_proceeds("finance", action=[ActionId.RESOURCE_FROM_NODE.value], order_value="> 200 or missing")


@pytest.mark.parametrize(
    "signal", [{"serial_matches": False}, {"receipt_shown": False}, {"return_condition": "empty_box"}]
)
def test_no_refund_with_a_fraud_signal_proceeds_unattended(signal: dict[str, Any]) -> None:
    assert never_proceeds("returns", action=[ActionId.ACCEPT_RETURN.value], **signal)


@pytest.mark.parametrize("fact", ["serial_matches", "receipt_shown", "return_condition", "weight_difference"])
def test_no_refund_with_a_missing_signal_proceeds_unattended(fact: str) -> None:
    assert never_proceeds("returns", action=[ActionId.ACCEPT_RETURN.value], **{fact: "missing"})


@pytest.mark.parametrize("system", System)
def test_whatever_is_down_holds_what_posts_to_it(system: System) -> None:
    table = POLICY.tables["systems"]
    held = cautious(table, Disposition.HOLD)
    assert uncovered(cases_where(table, system=[system.value], system_state="down"), held) is None


def test_looking_into_it_is_always_a_persons_work() -> None:
    assert never_proceeds("looking_into_it", action=[ActionId.INVESTIGATE.value])


def test_what_no_prediction_tells_never_proceeds_alone() -> None:
    for fact in ("type_answer", "cause_answer", "breach_answer"):
        assert never_proceeds("confidence", **{fact: "[unanswered, not_applicable]"})
    assert never_proceeds("confidence", exception_type="unrecognised")


def test_only_the_confidence_gate_reads_predictions_so_without_models_the_same_controls_hold() -> None:
    predicted = {column.name for column in prediction_columns()}
    assert {gate.name for gate in POLICY.gates if predicted & gate.inputs.keys()} == {"confidence"}


@pytest.mark.parametrize("cause", RootCause)
@pytest.mark.parametrize("kind", ExceptionType)
def test_every_type_and_cause_has_an_action_besides_looking_into_it(kind: ExceptionType, cause: RootCause) -> None:
    hits = POLICY.ask("candidates", {"exception_type": kind.value, "root_cause": cause.value}).hits
    assert {hit.outputs["action"] for hit in hits} - {"investigate"}


@pytest.mark.parametrize("cause", RootCause)
@pytest.mark.parametrize("kind", ExceptionType)
def test_every_type_and_cause_gets_a_sensible_answer_from_its_telling_case(
    kind: ExceptionType, cause: RootCause
) -> None:
    found = recommend(TELLING[kind](), NOBODY, models(kind, cause), POLICY, NOW, "rec-1").recommendation
    assert found.options[0].action is not ActionId.INVESTIGATE
    assert found.options[0].expected_cost is not None


@pytest.mark.parametrize("action", ActionId)
def test_every_action_of_the_catalogue_has_a_price_and_an_effect(action: ActionId) -> None:
    assert POLICY.ask("action_costs", {"action": action.value}).hit is not None
    assert POLICY.ask("effects", {"action": action.value}).hit is not None


def test_every_action_of_the_catalogue_is_proposed_for_something() -> None:
    proposed = {row.outputs["action"] for row in POLICY.tables["candidates"].rows}
    assert proposed | {"investigate"} == {action.value for action in CATALOGUE}


def test_an_abusive_refund_is_never_the_cheapest_way_out() -> None:
    found = recommend(TELLING[ExceptionType.SUSPICIOUS_RETURN](), NOBODY, NONE, POLICY, NOW, "rec-1").recommendation
    assert found.options[0].action is not ActionId.ACCEPT_RETURN


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_every_required_table_is_there_and_says_what_it_gives(name: str) -> None:
    assert set(REQUIRED[name]) <= set(POLICY.tables[name].outputs)
