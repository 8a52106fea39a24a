"""Gates: each threshold at its edge, what is missing, which systems, and that a gate only ever adds caution."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.actions import (
    ActionId,
    AtNode,
    NoParameters,
    OfAmount,
    OfLine,
    OfSystem,
    WithCarrier,
    WithSubstitute,
)
from data.case import Case, Price, Substitute
from data.record import Record
from data.standing import PartyStanding, Standing
from data.vocabulary import Disposition, ExceptionType, ReturnCondition, Role, System, SystemState
from policies.candidates import Candidate
from policies.choose import prospect, weigh
from policies.facts import case_facts
from policies.gates import Verdict, gate_option
from policies.option_facts import option_facts, systems_needed
from policies.policy import load_policy
from policies.predicting import by_rules
from policies.situation import Situation
from policies.targets import target_of
from tests.fixtures.cases import cases, standings
from tests.fixtures.exceptions import (
    NOBODY,
    NOW,
    carrier,
    down,
    elsewhere,
    empty_box,
    failed_handoff,
    honest_return,
    order,
    refund_gap,
    returned,
    shelf,
    unavailable,
    wrong_price,
)

POLICY = load_policy()
A = ActionId
PROCEED, REVIEW, HOLD = Disposition


def verdict(case: Case, action: ActionId, parameters: Record, standing: Standing = NOBODY) -> Verdict:
    """What the gates say of one option of the case: the cause as the rules tell it, the type as told for certain."""
    situation = Situation(case, standing, NOW, POLICY.exchange(case.currency))
    facts = case_facts(situation)
    told = by_rules(situation, facts, POLICY).predictions
    certain = told.exception_type.model_copy(update={"probability": 0.9})
    if told.exception_type.probability is not None:
        told = told.model_copy(update={"exception_type": certain})
    view = prospect(situation, facts, told, POLICY)
    target = target_of(case, action, parameters)
    proposed = option_facts(situation, target, view.facts["granted"])
    return gate_option(action, {**view.facts, **proposed}, systems_needed(case, target), POLICY)


@pytest.mark.parametrize("action", [A.INVESTIGATE, A.RETRY_SYSTEM_SYNC, A.ACCEPT_RETURN])
def test_nothing_is_done_by_an_event_that_was_overtaken(action: ActionId) -> None:
    parameters = {A.RETRY_SYSTEM_SYNC: OfSystem(system=System.OMS), A.ACCEPT_RETURN: OfAmount(amount=Decimal("60"))}
    late = Standing(as_of=NOW, superseded=True)
    found = verdict(honest_return(), action, parameters.get(action, NoParameters()), late)
    assert found.disposition is HOLD
    assert found.held_until == ("no newer event of this exception counts",)
    told = {each.id: each.says for each in found.findings}
    assert told["succession.newer_event"] == "a newer event of this exception was already answered"
    assert "succession.newer_event" not in rows(
        verdict(honest_return(), action, parameters.get(action, NoParameters()))
    )


def rows(found: Verdict) -> set[str]:
    return {each.id for each in found.findings}


def refund(amount: str) -> tuple[ActionId, Record]:
    return A.ACCEPT_RETURN, OfAmount(amount=Decimal(amount))


OTHER_NODE = (A.RESOURCE_FROM_NODE, AtNode(node="store-2", sku="sku-1"))
HONOUR = (A.HONOUR_LOWER_PRICE, OfAmount(amount=Decimal("3.00")))


@pytest.mark.parametrize(("amount", "asked"), [("100.00", False), ("100.01", True), ("5000", True)])
def test_a_refund_over_the_threshold_never_proceeds(amount: str, asked: bool) -> None:
    found = verdict(honest_return(), *refund(amount))
    assert ("finance.refund_amount" in rows(found)) is asked
    assert (Role.STORE_FINANCE in found.roles) is asked


@pytest.mark.parametrize(("value", "asked"), [("200.00", False), ("200.01", True)])
def test_the_value_of_the_order_asks_finance(value: str, asked: bool) -> None:
    found = verdict(unavailable(order=order(value=Decimal(value))), *OTHER_NODE)
    assert (found.roles == (Role.STORE_FINANCE,)) is asked
    assert found.disposition is (REVIEW if asked else PROCEED)


def test_an_amount_in_another_currency_is_gated_by_its_worth() -> None:
    assert verdict(honest_return(currency="JPY"), *refund("5000")).disposition is PROCEED
    assert verdict(honest_return(currency="GBP"), *refund("99")).disposition is REVIEW


@pytest.mark.parametrize(("before", "asked"), [(0.0, False), (150.0, False), (200.0, True)])
def test_many_small_refunds_are_a_large_one(before: float, asked: bool) -> None:
    standing = Standing(as_of=NOW, parties=(PartyStanding(kind="customer", id="c-1", granted=before),))
    found = verdict(honest_return(), *refund("90.00"), standing)
    assert ("finance.many_small_amounts" in rows(found)) is asked


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"serial_matches": False}, "returns.serial_number"),
        ({"condition": ReturnCondition.DAMAGED}, "returns.condition"),
        ({"receipt_shown": False}, "returns.receipt"),
        ({"weight_difference": 0.16}, "returns.weight"),
        ({"days_since_purchase": 61.0}, "returns.late"),
    ],
)
def test_each_fraud_signal_asks_the_returns_desk(changed: dict[str, Any], row: str) -> None:
    found = verdict(honest_return(returned=returned(**changed)), *refund("60"))
    assert rows(found) == {row}
    assert found.roles == (Role.RETURNS_DESK,)


def test_a_clean_return_may_be_refunded_unattended() -> None:
    assert verdict(honest_return(), *refund("60")).disposition is PROCEED


def test_a_return_reported_as_suspicious_is_the_returns_desks() -> None:
    reported = honest_return(reported_type=ExceptionType.SUSPICIOUS_RETURN)
    assert rows(verdict(reported, *refund("60"))) == {"returns.reported_suspicious"}


@pytest.mark.parametrize(
    "fact", ["serial_matches", "condition", "receipt_shown", "weight_difference", "days_since_purchase"]
)
def test_a_missing_signal_is_not_a_clean_one(fact: str) -> None:
    found = verdict(honest_return(returned=returned(**{fact: None})), *refund("60"))
    assert found.disposition is REVIEW
    assert found.roles == (Role.RETURNS_DESK,)
    assert any(each.missing for each in found.findings)


@pytest.mark.parametrize(("charged", "asked"), [("22.00", False), ("22.01", True)])
def test_visible_price_changes_ask_the_pricing_desk(charged: str, asked: bool) -> None:
    price = Price(charged=Decimal(charged), shelf=Decimal("20"), online=Decimal("20"), units=1)
    found = verdict(wrong_price(price=price), A.RESYNC_PRICES, NoParameters())
    assert (found.roles == (Role.PRICING_DESK,)) is asked


@pytest.mark.parametrize(("age", "row"), [(240, None), (241, "stock.old_record")])
def test_an_old_stock_record_must_be_counted_or_agreed_to(age: float, row: str | None) -> None:
    old = elsewhere(as_of=NOW - timedelta(minutes=age))
    found = verdict(unavailable(stock=(shelf(), old)), *OTHER_NODE)
    assert rows(found) == ({row} if row else set())


def test_a_record_of_unknown_age_is_an_old_one() -> None:
    found = verdict(unavailable(stock=(shelf(), elsewhere(as_of=None))), *OTHER_NODE)
    assert (found.disposition, found.roles) == (REVIEW, (Role.STORE_OPERATIONS,))
    (finding,) = found.findings
    assert finding.missing == ("source_age",)
    assert "missing" in finding.says


def test_a_node_the_snapshot_does_not_know_has_no_units() -> None:
    found = verdict(unavailable(), A.RESOURCE_FROM_NODE, AtNode(node="store-99", sku="sku-1"))
    assert "stock.nothing_there" in rows(found)


@pytest.mark.parametrize(
    ("state", "disposition"),
    [(SystemState.UP, PROCEED), (SystemState.DEGRADED, REVIEW), (SystemState.DOWN, HOLD)],
)
def test_the_state_of_a_system_decides_on_what_is_posted_to_it(state: SystemState, disposition: Disposition) -> None:
    found = verdict(
        refund_gap(dependencies=down(System.ERP, state=state)), A.POST_REFUND_ADJUSTMENT, OfAmount(amount=Decimal(40))
    )
    assert found.disposition is disposition
    assert found.held_until == (("erp is up",) if state is SystemState.DOWN else ())


def test_a_system_the_action_does_not_need_does_not_matter() -> None:
    assert verdict(unavailable(dependencies=down(System.ERP)), *OTHER_NODE).disposition is PROCEED


def test_every_system_that_is_down_is_named() -> None:
    broken = down(System.PAYMENTS, System.ERP)
    found = verdict(unavailable(dependencies=broken), A.CANCEL_LINE, OfLine(line_id="1", amount=Decimal(9)))
    assert found.held_until == ("erp is up", "payments is up")


def test_a_system_that_is_down_is_not_synchronised() -> None:
    found = verdict(refund_gap(dependencies=down(System.ERP)), A.RETRY_SYSTEM_SYNC, OfSystem(system=System.ERP))
    assert (found.disposition, found.held_until) == (HOLD, ("erp is up",))


def test_a_carrier_that_is_down_holds_what_needs_it() -> None:
    case = failed_handoff(carrier=carrier(SystemState.DOWN))
    present, other = WithCarrier(carrier="car-1", service="standard"), WithCarrier(carrier="car-2", service="next-day")
    held = verdict(case, A.RETRY_HANDOFF, present)
    assert (held.disposition, held.held_until) == (HOLD, ("carrier car-1 accepts parcels",))
    assert verdict(case, A.REASSIGN_CARRIER, other).disposition is PROCEED
    assert verdict(case, A.QUEUE_FOR_CARRIER, present).disposition is PROCEED


def test_a_carrier_of_unknown_state_asks_a_person() -> None:
    found = verdict(failed_handoff(), A.REASSIGN_CARRIER, WithCarrier(carrier="nobody-knows"))
    assert rows(found) == {"carriers.unknown"}


def test_a_dear_substitute_asks_first() -> None:
    dear = Substitute(sku="s", on_hand=5, price_difference=Decimal("10.01"))
    line = order().lines[0].model_copy(update={"substitutes": (dear,)})
    found = verdict(unavailable(order=order(lines=(line,))), A.SUBSTITUTE_ITEM, WithSubstitute(line_id="1", sku="s"))
    assert rows(found) == {"customers.dearer_substitute"}


@pytest.mark.parametrize(
    ("action", "role"),
    [
        (A.DECLINE_RETURN, Role.RETURNS_DESK),
        (A.SWITCH_SUPPLIER, Role.SUPPLY_PLANNING),
        (A.ADD_LABOUR, Role.STORE_OPERATIONS),
        (A.RECONCILE_LEDGER, Role.STORE_FINANCE),
        (A.CANCEL_LINE, Role.STORE_OPERATIONS),
    ],
)
def test_some_actions_are_a_persons_to_decide(action: ActionId, role: Role) -> None:
    assert role in verdict(unavailable(), action, NoParameters()).roles


def test_the_verdict_names_its_row_its_version_and_what_it_saw() -> None:
    (finding,) = verdict(unavailable(order=order(value=Decimal("240.00"))), *OTHER_NODE).findings
    step = finding.step("1, 3")
    assert (step.kind, step.id, step.version, step.concluded) == ("gate", "finance.order_value", "1", "review")
    assert step.saw == {"order_value": "240.00", "options": "1, 3"}
    assert step.says == "order value 240.00 EUR is over 200.00 EUR: store finance must agree"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), standings(), st.sampled_from([A.CANCEL_LINE, A.RETRY_HANDOFF, A.RESOURCE_FROM_NODE, A.ACCEPT_RETURN]))
def test_one_gate_more_never_makes_an_option_less_cautious(case: Case, standing: Standing, action: ActionId) -> None:
    parameters = {
        A.CANCEL_LINE: OfLine(line_id="a"),
        A.RETRY_HANDOFF: WithCarrier(carrier="a"),
        A.RESOURCE_FROM_NODE: AtNode(node="a", sku="a"),
        A.ACCEPT_RETURN: OfAmount(amount=Decimal("60.00")),
    }[action]
    found = verdict(case, action, parameters, standing)
    for at in range(len(found.findings)):
        fewer = Verdict(tuple(found.findings[:at]))
        more = fewer.and_also(found.findings[at])
        assert more.disposition.caution >= fewer.disposition.caution
        assert set(fewer.roles) <= set(more.roles)
        assert set(fewer.held_until) <= set(more.held_until)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["serial_matches", "condition", "receipt_shown", "weight_difference", "days_since_purchase"]),
    st.sampled_from([True, False]),
    st.sampled_from(ReturnCondition),
    st.floats(-1, 1),
    st.floats(0, 200),
)
def test_leaving_a_fact_out_never_frees_a_refund(
    left_out: str, flag: bool, condition: ReturnCondition, weight: float, days: float
) -> None:
    told = returned(
        serial_matches=flag, receipt_shown=flag, condition=condition, weight_difference=weight, days_since_purchase=days
    )
    without = told.model_copy(update={left_out: None})
    known, unknown = (verdict(honest_return(returned=each), *refund("60")) for each in (told, without))
    if known.disposition is REVIEW:
        assert unknown.disposition is REVIEW


def test_an_option_without_a_price_asks_a_person() -> None:
    case = unavailable(currency=None)
    situation = Situation(case, NOBODY, NOW, POLICY.exchange(None))
    facts = case_facts(situation)
    view = prospect(situation, facts, by_rules(situation, facts, POLICY).predictions, POLICY)
    weighed = weigh(view, Candidate(A.CYCLE_COUNT_FIRST, AtNode(node="store-1", sku="sku-1")))
    assert weighed.price.expected is None
    assert weighed.verdict.disposition is REVIEW
    assert rows(weighed.verdict) == {"review.unpriced"}


def test_an_empty_box_is_never_refunded_unattended() -> None:
    assert verdict(empty_box(), *refund("1.00")).disposition is REVIEW


def test_honouring_a_small_difference_is_nobodys_business() -> None:
    assert verdict(wrong_price(), *HONOUR).disposition is PROCEED
