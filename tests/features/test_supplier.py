"""The supplier: how late, how much, who else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.case import Supplier, SupplierOption
from features import supplier
from features.definition import Feature
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("feature", "facts", "expected"),
    [
        (supplier.supplier_overdue, {"confirmation_due_at": NOON - HOUR}, 60.0),
        (supplier.supplier_overdue, {"confirmation_due_at": NOON + HOUR}, -60.0),
        (supplier.supplier_overdue, {"confirmation_due_at": NOON - 3 * HOUR, "confirmed_at": NOON - HOUR}, 120.0),
        (supplier.supplier_overdue, {}, None),
        (supplier.supplier_confirmed, {}, 0.0),
        (supplier.supplier_confirmed, {"confirmed_at": NOON}, 1.0),
        (supplier.confirmed_share, {"confirmed_quantity": 2, "requested_quantity": 8}, 0.25),
        (supplier.confirmed_share, {"confirmed_quantity": 2, "requested_quantity": 0}, None),
        (supplier.supplier_days_saved, {"lead_days": 3.0}, None),
        (
            supplier.supplier_days_saved,
            {
                "lead_days": 3.0,
                "alternatives": (SupplierOption(id="a", lead_days=5.0), SupplierOption(id="b", lead_days=1.0)),
            },
            2.0,
        ),
    ],
)
def test_supplier(feature: Feature, facts: dict[str, Any], expected: float | None) -> None:
    assert value(feature, a_case(supplier=Supplier(id="farm", **facts))) == expected
