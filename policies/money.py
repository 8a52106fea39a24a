"""Money between the currency a case is in and the one the policy is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")

LARGEST = Decimal("9999999999.99")
"""Larger amounts are taken as unknown: no field of a record could carry their sums."""


def in_cents(amount: Decimal) -> Decimal:
    """Rounded to the hundredth, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def known(amount: Decimal | None) -> Decimal | None:
    """The amount in cents, None where it is unknown or too large to be meant."""
    return in_cents(amount) if amount is not None and abs(amount) <= LARGEST else None


@dataclass(frozen=True, slots=True)
class Exchange:
    """How amounts of a case and of the policy meet; `rate` is units of the case's currency per unit of `reference`."""

    currency: str | None
    reference: str
    rate: Decimal | None

    def to_reference(self, amount: Decimal | None) -> Decimal | None:
        """An amount of the case in the policy's currency; None without a rate."""
        return known(amount / self.rate) if amount is not None and self.rate is not None else None

    def to_case(self, amount: Decimal) -> Decimal | None:
        """An amount of the policy in the case's currency; None without a rate."""
        return amount * self.rate if self.rate is not None else None


def exchange(currency: str | None, reference: str, rates: Mapping[str, Decimal]) -> Exchange:
    """The exchange for a case's currency; without a rate where the case names none, or one the policy does not know."""
    return Exchange(currency, reference, rates.get(currency) if currency else None)
