"""Targets: what parameters point at in the snapshot, and nothing that only looks like it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from data.actions import ActionId, AtNode, OfAmount, OfLine, OfSystem, WithCarrier, WithSubstitute, WithSupplier
from data.vocabulary import System, SystemState
from policies.targets import target_of
from tests.fixtures.exceptions import NOW, carrier, failed_handoff, late_supplier, unavailable

A = ActionId


def test_a_position_is_an_article_in_a_node() -> None:
    case = unavailable()
    there = target_of(case, A.RESOURCE_FROM_NODE, AtNode(node="store-2", sku="sku-1"))
    assert there.position == case.stock[1]
    assert (there.outlay, there.travel_minutes(NOW)) == (Decimal("5.00"), 60.0)
    for node, sku in (("store-2", "sku-9"), ("store-9", "sku-1")):
        nowhere = target_of(case, A.RESOURCE_FROM_NODE, AtNode(node=node, sku=sku))
        assert (nowhere.position, nowhere.outlay, nowhere.travel_minutes(NOW)) == (None, None, None)


def test_only_the_action_that_moves_goods_pays_for_moving_them() -> None:
    counted = target_of(unavailable(), A.CYCLE_COUNT_FIRST, AtNode(node="store-2", sku="sku-1"))
    assert (counted.outlay, counted.travel_minutes(NOW)) == (None, None)


def test_a_substitute_belongs_to_its_line() -> None:
    case = unavailable()
    fits = target_of(case, A.SUBSTITUTE_ITEM, WithSubstitute(line_id="1", sku="sku-2"))
    assert fits.substitute is not None
    assert fits.outlay == Decimal("6.00")
    assert target_of(case, A.SUBSTITUTE_ITEM, WithSubstitute(line_id="2", sku="sku-2")).substitute is None


def test_amounts_lines_suppliers_and_systems() -> None:
    assert target_of(unavailable(), A.CANCEL_LINE, OfLine(line_id="1", amount=Decimal(9))).amount == Decimal(9)
    assert target_of(unavailable(), A.ACCEPT_RETURN, OfAmount(amount=Decimal(7))).amount == Decimal(7)
    other = target_of(late_supplier(), A.SWITCH_SUPPLIER, WithSupplier(supplier="sup-2"))
    assert other.outlay == Decimal("25.00")
    assert target_of(unavailable(), A.RETRY_SYSTEM_SYNC, OfSystem(system=System.WMS)).system_named is System.WMS


@pytest.mark.parametrize(
    ("name", "service", "state"),
    [
        ("car-1", "standard", SystemState.DEGRADED),
        ("car-2", "next-day", SystemState.UP),
        ("car-2", "same-day", None),
        ("car-9", None, None),
    ],
)
def test_a_carriers_state_is_its_own(name: str, service: str | None, state: SystemState | None) -> None:
    case = failed_handoff(carrier=carrier(SystemState.DEGRADED))
    assert target_of(case, A.REASSIGN_CARRIER, WithCarrier(carrier=name, service=service)).carrier_state is state


def test_a_carrier_takes_until_it_arrives() -> None:
    other = target_of(failed_handoff(), A.REASSIGN_CARRIER, WithCarrier(carrier="car-2", service="next-day"))
    assert other.travel_minutes(NOW) == 240
    assert other.travel_minutes(NOW + timedelta(hours=9)) == 0
    assert other.outlay == Decimal("8.00")
