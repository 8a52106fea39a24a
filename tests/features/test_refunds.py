"""The amounts of a refund."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from data.case import Refund
from features import refunds
from features.definition import Feature
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("feature", "facts", "expected"),
    [
        (refunds.refund_short_of_capture, {"captured": Decimal(100), "refunded": Decimal(75)}, 0.25),
        (refunds.refund_short_of_capture, {"captured": Decimal(100), "refunded": Decimal(150)}, -0.5),
        (refunds.ledger_short_of_refund, {"refunded": Decimal(100), "posted": Decimal(0)}, 1.0),
        (refunds.refund_gap, {"captured": Decimal(100), "refunded": Decimal(75), "posted": Decimal(70)}, 30.0),
        (refunds.refund_gap, {"refunded": Decimal(75)}, None),
        (refunds.refund_settling, {"requested_at": NOON - HOUR, "settled_at": NOON}, 60.0),
        (refunds.refund_settled, {}, 0.0),
    ],
)
def test_refunds(feature: Feature, facts: dict[str, Any], expected: float | None) -> None:
    assert value(feature, a_case(refund=Refund(**facts))) == expected
