"""What the doctor says of models that learned long ago; what it says of all else is tested where that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import Task
from models.bundle import publish
from serving.doctor import AGED, LEARN_AGAIN, Finding, examine
from serving.settings import Settings
from tests.fixtures.bundles import PUBLISHED
from tests.fixtures.service import NOON
from tests.fixtures.task_models import task_model

DAY = timedelta(days=1)


def span(until: datetime, **also: datetime) -> dict[str, Any]:
    lineage: dict[str, Any] = {
        "fitted_on": {"from": (until - 60 * DAY).timestamp(), "to": until.timestamp(), "n": 100},
        "tested_on": {"from": (until - 6 * DAY).timestamp(), "to": until.timestamp(), "n": 10},
    }
    return lineage | {name: {"to": moment.timestamp()} for name, moment in also.items()}


def said(folder: Path, lineage: dict[str, Any]) -> list[Finding]:
    """What the doctor notes of the breach's model."""
    model = replace(task_model(Task.SLA_BREACH), lineage=lineage)
    publish(folder / "bundle", {Task.SLA_BREACH: model}, created_at=PUBLISHED)
    found = examine(Settings(folder=folder / "var", bundle=folder / "bundle"), NOON)
    return [each for each in found if each.about == "sla_breach" and each.verdict == "note"]


def test_a_model_that_learned_long_ago_is_noted(tmp_path: Path) -> None:
    until = NOON - AGED - 41 * DAY
    (found,) = said(tmp_path, span(until))
    assert found.says == f"its model learned from cases until {until:%Y-%m-%d}, 131 days ago"
    assert found.mend == LEARN_AGAIN


@pytest.mark.parametrize(
    "lineage",
    [
        span(NOON - AGED),
        span(NOON - 400 * DAY, recalibrated_on=NOON - DAY),
        {"fitted_on": {"from": 0.0, "to": 0.0}, "tested_on": {"from": 0.0, "to": 0.0}},
        {},
    ],
    ids=["of late", "recalibrated of late", "without times", "of an earlier Fairlead"],
)
def test_no_other_is(tmp_path: Path, lineage: dict[str, Any]) -> None:
    assert not said(tmp_path, lineage)
