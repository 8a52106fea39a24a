"""What a manifest tells of when a bundle was made and what its models learned from, and that nothing is made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import Task
from models.bundle import publish
from serving.models.learned import kept, made
from tests.fixtures.bundles import PUBLISHED
from tests.fixtures.task_models import task_model

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = {"from": OCTOBER.timestamp(), "n": 900, "to": (OCTOBER + timedelta(days=20)).timestamp()}
LATER = {"from": (OCTOBER + timedelta(days=21)).timestamp(), "n": 90, "to": (OCTOBER + timedelta(days=30)).timestamp()}
ONE_MOMENT = {"from": OCTOBER.timestamp(), "n": 900, "to": OCTOBER.timestamp()}


def published(folder: Path, **lineage: Any) -> str:
    model = replace(task_model(Task.SLA_BREACH), lineage=lineage)
    return publish(folder, {Task.SLA_BREACH: model}, created_at=PUBLISHED)


def test_it_tells_history_cases_and_days(tmp_path: Path) -> None:
    again = {"to": (OCTOBER + timedelta(days=40)).timestamp()}
    digest = published(tmp_path, history="october.csv", fitted_on=DAYS, tested_on=LATER, recalibrated_on=again)
    told = made((tmp_path / "nothing", tmp_path), digest)
    assert told is not None
    assert told.created_at == PUBLISHED
    its = told.tasks[Task.SLA_BREACH]
    assert (its.history, its.n) == ("october.csv", 900)
    assert (its.begins, its.ends) == (OCTOBER, OCTOBER + timedelta(days=20))
    assert its.recalibrated == OCTOBER + timedelta(days=40)


@pytest.mark.parametrize("lineage", [{}, {"fitted_on": ONE_MOMENT, "tested_on": ONE_MOMENT}])
def test_no_day_is_named_where_none_is_known_or_all_cases_carry_one_moment(
    tmp_path: Path, lineage: dict[str, Any]
) -> None:
    told = made((tmp_path,), published(tmp_path, **lineage))
    assert told is not None
    its = told.tasks[Task.SLA_BREACH]
    assert (its.begins, its.ends, its.recalibrated) == (None, None, None)


def test_a_manifest_that_is_gone_or_altered_tells_nothing(tmp_path: Path) -> None:
    digest = published(tmp_path)
    assert made((tmp_path / "nothing",), digest) is None
    (path,) = (tmp_path / "manifests").glob("*.json")
    path.write_bytes(path.read_bytes().replace(b"created_at", b"created-at"))
    assert made((tmp_path,), digest) is None


def test_only_the_very_files_are_the_same_model(tmp_path: Path) -> None:
    one = publish(tmp_path, {task: task_model(task) for task in Task}, created_at=PUBLISHED)
    other = publish(tmp_path, {Task.STOCKOUT: task_model(Task.STOCKOUT, 2)}, created_at=PUBLISHED)
    both = [made((tmp_path,), digest) for digest in (one, other)]
    assert kept(*both) == set(Task) - {Task.STOCKOUT}
    assert kept(both[0], None) == kept(None, both[1]) == frozenset()
