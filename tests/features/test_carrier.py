"""The carrier: state, hand-off, who else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.case import Carrier, CarrierOption
from data.vocabulary import SystemState
from features import carrier
from features.definition import Feature
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


OTHERS = (
    CarrierOption(id="a", state=SystemState.DOWN),
    CarrierOption(id="b"),
    CarrierOption(id="c", state=SystemState.UP),
)


@pytest.mark.parametrize(
    ("feature", "facts", "expected"),
    [
        (carrier.carrier_state, {"state": SystemState.DOWN}, 2.0),
        (carrier.carrier_state, {}, None),
        (carrier.minutes_to_handoff, {"handoff_due_at": NOON - HOUR}, -60.0),
        (carrier.minutes_since_scan, {"last_scan_at": NOON - HOUR}, 60.0),
        (carrier.carrier_alternatives, {"alternatives": OTHERS}, 2.0),
        (carrier.address_score, {"address_score": 0.4}, 0.4),
    ],
)
def test_carrier(feature: Feature, facts: dict[str, Any], expected: float | None) -> None:
    assert value(feature, a_case(carrier=Carrier(id="dhl", **facts))) == expected
