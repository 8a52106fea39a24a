"""Refills: whole packs for as long as the policy says, and a person where the facts are thin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.case import StockPosition
from data.vocabulary import Disposition, Role
from policies.policy import load_policy
from policies.replenishment import refill, suggest, units_needed
from tests.fixtures.exceptions import NOW, shelf

POLICY = load_policy()


def position(**replaced: Any) -> StockPosition:
    """Two sold a day, packs of six."""
    return shelf(**({"on_hand": 3, "reserved": 0, "safety_stock": 1} | replaced))


def test_a_likely_stockout_is_filled_for_six_days_in_whole_packs() -> None:
    option = suggest(position(), 0.8, POLICY, NOW)
    assert option is not None
    assert option.parameters == {"node": "store-1", "sku": "sku-1", "quantity": 12}
    assert (option.disposition, option.roles) == (Disposition.PROCEED, ())
    assert "80 %" in option.says


def test_an_unlikely_one_is_not_filled() -> None:
    assert suggest(position(), 0.1, POLICY, NOW) is None


def test_what_is_on_its_way_counts() -> None:
    assert suggest(position(inbound=20), 0.8, POLICY, NOW) is None


@pytest.mark.parametrize("as_of", [None, NOW - timedelta(minutes=300)])
def test_an_old_record_is_looked_at_first(as_of: Any) -> None:
    option = suggest(position(as_of=as_of), 0.8, POLICY, NOW)
    assert option is not None
    assert (option.disposition, option.roles) == (Disposition.REVIEW, (Role.STORE_OPERATIONS,))


def test_where_nothing_can_tell_planning_must_agree() -> None:
    option = suggest(position(), None, POLICY, NOW)
    assert option is not None
    assert (option.disposition, option.roles) == (Disposition.REVIEW, (Role.SUPPLY_PLANNING,))


def test_without_a_known_pace_one_pack() -> None:
    assert units_needed(position(history=()), 5) == 6
    assert units_needed(position(history=(), case_pack=None), 5) == 1


def test_without_a_known_stock_nothing() -> None:
    assert units_needed(position(on_hand=None), 5) == 0
    assert refill(None, 0.9, POLICY, NOW) is None


@given(st.integers(0, 50), st.integers(1, 24), st.floats(0, 30), st.floats(0, 30))
def test_a_refill_lasts_as_long_as_asked_and_no_pack_longer(on_hand: int, pack: int, days: float, more: float) -> None:
    stock = position(on_hand=on_hand, case_pack=pack)
    units = units_needed(stock, days)
    there = max(0, on_hand - 1)
    assert units % pack == 0
    assert there + units >= 2.0 * days - 1e-6
    assert units == 0 or there + units - pack < 2.0 * days
    assert units_needed(stock, days + more) >= units
