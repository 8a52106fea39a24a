"""Where the work stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.case import Workflow
from features import workflow
from features.definition import Feature
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("feature", "facts", "expected"),
    [
        (workflow.minutes_in_step, {"step_started_at": NOON - HOUR}, 60.0),
        (workflow.queue_per_person, {"queue_length": 12, "staff_on_shift": 3}, 4.0),
        (workflow.queue_per_person, {"queue_length": 12, "staff_on_shift": 0}, None),
        (workflow.staffing_gap, {"staff_planned": 4, "staff_on_shift": 3}, 0.25),
        (workflow.staffing_gap, {"staff_planned": 4, "staff_on_shift": 6}, -0.5),
        (workflow.demand_ratio, {"orders_last_hour": 30, "orders_usual_hour": 12.0}, 2.5),
    ],
)
def test_workflow(feature: Feature, facts: dict[str, Any], expected: float | None) -> None:
    assert value(feature, a_case(workflow=Workflow(**facts))) == expected
