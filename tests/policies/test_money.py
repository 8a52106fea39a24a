"""Money between currencies: exact where it must be, unknown rather than wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policies.money import LARGEST, exchange, in_cents, known

RATES = {"EUR": Decimal(1), "USD": Decimal("1.25"), "JPY": Decimal(160)}


def test_the_reference_currency_is_left_as_it_is() -> None:
    euro = exchange("EUR", "EUR", RATES)
    assert euro.to_reference(Decimal("12.34")) == Decimal("12.34")
    assert euro.to_case(Decimal("12.34")) == Decimal("12.34")


def test_an_amount_of_the_case_becomes_one_of_the_policy_and_back() -> None:
    dollar = exchange("USD", "EUR", RATES)
    assert dollar.to_reference(Decimal("250.00")) == Decimal("200.00")
    assert dollar.to_case(Decimal("200.00")) == Decimal("250.00")


@pytest.mark.parametrize("currency", [None, "XXX"])
def test_without_a_rate_nothing_is_known(currency: str | None) -> None:
    unknown = exchange(currency, "EUR", RATES)
    assert unknown.to_reference(Decimal(1)) is None
    assert unknown.to_case(Decimal(1)) is None


def test_halves_are_rounded_away_from_zero() -> None:
    assert (in_cents(Decimal("0.005")), in_cents(Decimal("-0.005"))) == (Decimal("0.01"), Decimal("-0.01"))


def test_an_amount_too_large_to_be_meant_is_unknown() -> None:
    assert known(LARGEST) == LARGEST
    assert known(LARGEST + Decimal("0.01")) is None
    assert known(None) is None
