"""Prices that do not agree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from data.case import Price
from features import price
from features.definition import Feature
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("feature", "facts", "expected"),
    [
        (price.price_over_shelf, {"charged": Decimal(12), "shelf": Decimal(10)}, 0.2),
        (price.price_over_online, {"charged": Decimal(9), "online": Decimal(12)}, -0.25),
        (price.shelf_over_online, {"shelf": Decimal(10), "online": Decimal(0)}, None),
        (price.price_exposure, {"charged": Decimal(12), "shelf": Decimal(10), "online": Decimal(11), "units": 3}, 6.0),
        (price.price_exposure, {"charged": Decimal(12), "shelf": Decimal(10)}, 2.0),
        (price.price_exposure, {"charged": Decimal(12), "shelf": Decimal(10), "units": 0}, 0.0),
        (price.price_exposure, {"charged": Decimal(12)}, None),
        (price.promotion_in_force, {}, 0.0),
        (price.minutes_since_price_sync, {"synced_at": NOON - HOUR}, 60.0),
    ],
)
def test_price(feature: Feature, facts: dict[str, Any], expected: float | None) -> None:
    assert value(feature, a_case(price=Price(**facts))) == expected
