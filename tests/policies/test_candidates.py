"""Candidates: what the snapshot offers becomes parameters; an action without its facts offers nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from data.actions import CATALOGUE, ActionId, Replenishment
from data.case import CarrierOption, Case, Dependency, OrderLine, Price, Refund, Substitute, Supplier, SupplierOption
from data.vocabulary import System, SystemState
from policies.candidates import MOST_OF_ONE_ACTION, proposals
from tests.fixtures.cases import a_case, cases
from tests.fixtures.exceptions import (
    carrier,
    elsewhere,
    empty_box,
    failed_handoff,
    late_pickup,
    order,
    refund_gap,
    shelf,
    split,
    unavailable,
    wrong_price,
)

A = ActionId
NOTHING = a_case()


def offered(case: Case, action: ActionId, refill: Replenishment | None = None) -> list[dict[str, Any]]:
    """The parameters proposed for one allowed action."""
    return [each.shown for each in proposals(case, [action], refill) if each.action is action]


def test_looking_into_it_is_always_there_and_last() -> None:
    actions = [each.action for each in proposals(unavailable(), [A.INVESTIGATE, A.CYCLE_COUNT_FIRST], None)]
    assert actions == [A.CYCLE_COUNT_FIRST, A.INVESTIGATE]
    assert [each.action for each in proposals(NOTHING, [], None)] == [A.INVESTIGATE]


def test_other_nodes_that_have_enough_nearest_first() -> None:
    stock = (
        shelf(),
        elsewhere(node="far", transfer_minutes=200.0),
        elsewhere(node="near", transfer_minutes=20.0),
        elsewhere(node="short", on_hand=2),
        elsewhere(node="unknown", on_hand=None),
        elsewhere(node="other-article", sku="sku-7"),
        elsewhere(node="store-1"),
    )
    found = offered(unavailable(stock=stock), A.RESOURCE_FROM_NODE)
    assert found == [{"node": "near", "sku": "sku-1"}, {"node": "far", "sku": "sku-1"}]


def test_substitutes_there_is_enough_of() -> None:
    line = OrderLine(
        line_id="1",
        sku="sku-1",
        quantity=2,
        affected=True,
        substitutes=(
            Substitute(sku="dear", on_hand=5, price_difference=Decimal(9)),
            Substitute(sku="fair", on_hand=2, price_difference=Decimal(1)),
            Substitute(sku="few", on_hand=1),
        ),
    )
    found = offered(unavailable(order=order(lines=(line,))), A.SUBSTITUTE_ITEM)
    assert [each["sku"] for each in found] == ["fair", "dear"]


def test_carriers_that_accept_parcels_cheapest_first() -> None:
    others = (
        CarrierOption(id="down", cost=Decimal(1), state=SystemState.DOWN),
        CarrierOption(id="unpriced"),
        CarrierOption(id="dear", cost=Decimal(9)),
        CarrierOption(id="cheap", cost=Decimal(3), service="express"),
    )
    found = offered(failed_handoff(carrier=carrier(alternatives=others)), A.REASSIGN_CARRIER)
    assert found == [{"carrier": "cheap", "service": "express"}, {"carrier": "dear"}, {"carrier": "unpriced"}]


def test_suppliers_by_lead_time() -> None:
    others = tuple(SupplierOption(id=each, lead_days=days) for each, days in (("slow", 9.0), ("fast", 2.0)))
    case = a_case(supplier=Supplier(id="now", purchase_order="po-1", alternatives=others))
    assert [each["supplier"] for each in offered(case, A.SWITCH_SUPPLIER)] == ["fast", "slow"]
    assert offered(case, A.EXPEDITE_SUPPLIER) == [{"supplier": "now", "purchase_order": "po-1"}]


def test_amounts_come_from_the_snapshot() -> None:
    assert offered(empty_box(), A.ACCEPT_RETURN) == [{"amount": "60.00"}]
    assert offered(wrong_price(), A.HONOUR_LOWER_PRICE) == [{"amount": "3.00"}]
    assert offered(refund_gap(), A.POST_REFUND_ADJUSTMENT) == [{"amount": "40.00"}]
    assert offered(unavailable(), A.CANCEL_LINE) == [{"line_id": "1", "amount": "90.00"}]


def test_a_line_is_given_up_only_where_it_is_marked_or_the_only_one() -> None:
    unmarked = tuple(line.model_copy(update={"affected": False}) for line in order().lines)
    assert offered(unavailable(order=order(lines=unmarked)), A.CANCEL_LINE) == []
    assert offered(unavailable(order=order(lines=unmarked[:1])), A.CANCEL_LINE) == [{"line_id": "1", "amount": "90.00"}]


def test_there_is_no_amount_to_move_the_wrong_way() -> None:
    cheaper = Price(charged=Decimal(5), shelf=Decimal(6), units=1)
    posted_twice = Refund(refunded=Decimal(5), posted=Decimal(10))
    assert offered(wrong_price(price=cheaper), A.HONOUR_LOWER_PRICE) == []
    assert offered(refund_gap(refund=posted_twice), A.POST_REFUND_ADJUSTMENT) == []


def test_the_most_troubled_system_is_synchronised() -> None:
    systems = (
        Dependency(system=System.WMS, state=SystemState.DEGRADED),
        Dependency(system=System.ERP, state=SystemState.UP),
        Dependency(system=System.OMS, state=SystemState.UP, latency_minutes=90.0),
    )
    assert offered(a_case(dependencies=systems), A.RETRY_SYSTEM_SYNC) == [{"system": "wms"}]
    assert offered(a_case(dependencies=systems[1:]), A.RETRY_SYSTEM_SYNC) == [{"system": "oms"}]
    assert offered(a_case(dependencies=systems[1:2]), A.RETRY_SYSTEM_SYNC) == []


def test_one_parcel_of_which_nothing_is_there_cannot_be_shipped_in_part() -> None:
    whole = order(lines=order().lines[:1])
    nothing = (shelf(on_hand=0),)
    assert offered(unavailable(order=whole, stock=nothing), A.SHIP_AVAILABLE_NOW) == []
    assert offered(unavailable(order=whole), A.SHIP_AVAILABLE_NOW) == [{}]
    assert offered(split(stock=nothing), A.SHIP_AVAILABLE_NOW) == [{}]


def test_a_refill_is_proposed_as_it_was_computed() -> None:
    refill = Replenishment(node="store-1", sku="sku-1", quantity=12)
    assert offered(late_pickup(), A.REPLENISH, refill) == [{"node": "store-1", "sku": "sku-1", "quantity": 12}]
    assert offered(late_pickup(), A.REPLENISH) == []


@pytest.mark.parametrize("action", [each for each in A if each is not A.INVESTIGATE])
def test_without_facts_an_action_offers_nothing_or_needs_no_parameters(action: ActionId) -> None:
    assert all(parameters == {} for parameters in offered(NOTHING, action))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_every_proposal_fits_its_schema_and_is_proposed_once(case: Case) -> None:
    found = list(proposals(case, list(A), None))
    for each in found:
        assert isinstance(each.parameters, CATALOGUE[each.action].parameters)
        CATALOGUE[each.action].parameters.model_validate_json(each.parameters.model_dump_json())
    assert len({(each.action, str(each.shown)) for each in found}) == len(found)
    counts = [sum(each.action is action for each in found) for action in A]
    assert max(counts) <= MOST_OF_ONE_ACTION
