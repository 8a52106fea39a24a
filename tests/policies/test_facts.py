"""Facts: what is read off a case, in the policy's currency, as people read it; unknown stays unknown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings

from data.case import Case, Customer, Dependency, Price, Promise, Supplier, Workflow
from data.standing import PartyStanding, Standing
from data.vocabulary import System, SystemState
from policies.facts import FACTS, aged, case_facts, columns_of
from policies.policy import load_policy
from policies.situation import Situation
from policies.tables.columns import UNUSABLE
from tests.fixtures.cases import a_case, cases, standings
from tests.fixtures.exceptions import (
    NOBODY,
    NOW,
    failed_handoff,
    late_pickup,
    late_supplier,
    order,
    refund_gap,
    shelf,
    unavailable,
    wrong_price,
)

POLICY = load_policy()
COLUMNS = columns_of(FACTS, "EUR")


def situation(case: Case, standing: Standing = NOBODY, later: float = 0.0) -> Situation:
    return Situation(case, standing, NOW + timedelta(minutes=later), POLICY.exchange(case.currency))


def facts(case: Case, standing: Standing = NOBODY) -> dict[str, Any]:
    return case_facts(situation(case, standing))


def test_stock_is_what_may_be_promised() -> None:
    known = facts(unavailable(stock=(shelf(on_hand=7, reserved=2, safety_stock=1),)))
    assert (known["available"], known["short_units"], known["cover_days"]) == (4, 0, 2.0)
    short = facts(unavailable())
    assert (short["available"], short["short_units"]) == (1, 1)
    assert facts(unavailable(stock=(shelf(on_hand=None),)))["available"] is None
    assert facts(unavailable(stock=(shelf(history=()),)))["cover_days"] is None


def test_ages_count_from_the_moment() -> None:
    case = unavailable()
    now, later = facts(case), case_facts(situation(case, later=60.4))
    assert (now["stock_age"], later["stock_age"]) == (10.0, 70.0)
    assert (now["count_age"], now["minutes_left"]) == (20.0, 600)


def test_a_promise_that_has_not_passed_does_not_read_as_if_it_had() -> None:
    soon = late_pickup(promise=Promise(due_at=NOW + timedelta(seconds=20)))
    passed = late_pickup(promise=Promise(due_at=NOW - timedelta(seconds=20)))
    assert (facts(soon)["minutes_left"], facts(passed)["minutes_left"]) == (1, 0)


def test_money_is_in_the_policys_currency() -> None:
    assert facts(unavailable(currency="GBP", order=order(value=Decimal("85.00"))))["order_value"] == Decimal("100.00")
    assert facts(unavailable(currency="XXX"))["order_value"] is None
    assert facts(unavailable(currency=None))["order_value"] is None


def test_what_two_prices_and_three_amounts_differ_by() -> None:
    known = facts(wrong_price())
    assert (known["price_gap"], known["overcharge"]) == (Decimal("1.50"), Decimal("1.50"))
    assert facts(wrong_price(price=Price(charged=Decimal(5))))["price_gap"] is None
    owed = facts(refund_gap())
    assert (owed["refund_gap"], owed["unposted"]) == (Decimal("40.00"), Decimal("40.00"))


def test_a_supplier_is_late_until_it_confirms() -> None:
    assert facts(late_supplier())["confirmation_overdue"] == 2880
    due = NOW - timedelta(minutes=100)
    confirmed = Supplier(id="s", confirmation_due_at=due, confirmed_at=due + timedelta(minutes=30))
    known = facts(late_supplier(supplier=confirmed))
    assert (known["confirmation_overdue"], known["confirmed"]) == (30, True)


def test_shares_of_staff_and_demand() -> None:
    work = Workflow(staff_on_shift=2, staff_planned=5, orders_last_hour=30, orders_usual_hour=20.0)
    known = facts(late_pickup(workflow=work))
    assert (known["staff_share"], known["demand_ratio"]) == (0.4, 1.5)
    nobody_planned = Workflow(staff_on_shift=2, staff_planned=0)
    assert facts(late_pickup(workflow=nobody_planned))["staff_share"] is None


def test_a_usual_hour_of_next_to_nothing_tells_no_demand() -> None:
    work = Workflow(orders_last_hour=30, orders_usual_hour=5e-324)
    assert facts(late_pickup(workflow=work))["demand_ratio"] is None


def test_the_worst_state_of_the_systems_and_of_those_behind_the_stock() -> None:
    systems = (
        Dependency(system=System.ERP, state=SystemState.DOWN, latency_minutes=60.0),
        Dependency(system=System.WMS, state=SystemState.DEGRADED, latency_minutes=5.0),
    )
    known = facts(a_case(dependencies=systems))
    assert (known["worst_state"], known["stock_state"]) == (SystemState.DOWN, SystemState.DEGRADED)
    assert (known["worst_lag"], known["stock_lag"]) == (60.0, 5.0)
    assert facts(a_case())["worst_state"] is None


def test_what_a_customer_was_granted() -> None:
    seen = Standing(as_of=NOW, parties=(PartyStanding(kind="customer", id="c-1", granted=12.345),))
    assert facts(unavailable(), seen)["granted"] == Decimal("12.35")
    assert facts(unavailable())["granted"] == Decimal(0), "never seen, so nothing granted"
    assert facts(unavailable(customer=Customer()))["granted"] is None, "nobody says who it is"


def test_rates_of_parties() -> None:
    seen = Standing(as_of=NOW, parties=(PartyStanding(kind="carrier", id="car-1", outcomes=8.0, breaches=2.0),))
    known = facts(failed_handoff(), seen)
    assert (known["carrier_breach_rate"], known["supplier_breach_rate"]) == (0.25, None)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), standings())
def test_every_fact_of_any_case_is_missing_or_of_its_type(case: Case, standing: Standing) -> None:
    for name, value in facts(case, standing).items():
        assert COLUMNS[name].read(value) is not UNUSABLE, name


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), standings())
def test_only_ageing_facts_change_with_the_moment(case: Case, standing: Standing) -> None:
    now = case_facts(situation(case, standing))
    later = situation(case, standing, later=333.0)
    assert aged(now, later) == case_facts(later)


def test_facts_have_names_of_their_own_and_words() -> None:
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert len({fact.says for fact in FACTS}) == len(FACTS)
