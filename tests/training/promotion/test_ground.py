"""Days where there are later ones, other cases where there are none, and a clear no where neither is new to both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.promotion import Finding
from data.vocabulary import Task
from models.bundle import Bundle, open_bundle
from models.predictors import ModelPredictor
from policies.policy import load_policy
from tests.fixtures.bundles import PUBLISHED, a_bundle
from tests.fixtures.lessons import keys, model
from tests.fixtures.promotions import later, lines
from training.errors import HistoryError
from training.histories.history import open_history
from training.progress import Silent
from training.promotion.fresh import Fresh
from training.promotion.ground import Ground, ground_of, window_check
from training.promotion.sides import Pair, Side

ALL, MOMENT = len(lines()), {"from": 0.0, "to": 0.0}
MIDDLE = datetime.fromisoformat(lines()[ALL // 2]["case"]["event"]["time"]).astimezone(UTC)
LAST = datetime.fromisoformat(lines()[-1]["case"]["event"]["time"]).astimezone(UTC)


def bundle(folder: Path, made: datetime, until: datetime | None = None) -> Bundle:
    """Learned without times, or from days until a moment."""
    opened = open_bundle(a_bundle(folder))
    days = {"n": 900, "from": 0.0, "to": until.timestamp()} if until else {"n": 900, **MOMENT}
    lineage = {"fitted_on": days, "tested_on": {**days, "from": 1.0} if until else days, "naming": {}}
    taught = replace(opened.models[Task.SLA_BREACH].model, lineage=lineage, taught=model(keys(0, 900)).taught)
    one = {Task.SLA_BREACH: ModelPredictor(taught, str(folder))}
    return replace(opened, models=one, created_at=made.isoformat())


def ground(challenger: Bundle, champion: Bundle) -> Ground:
    return ground_of(challenger, champion, frozenset(), open_history(later()), load_policy(), Silent())


def test_without_times_cases_that_taught_neither_are_compared(tmp_path: Path) -> None:
    found = ground(bundle(tmp_path / "one", PUBLISHED), bundle(tmp_path / "other", LAST + timedelta(days=1)))
    assert isinstance(found, Fresh)
    assert found.told.looked_up == found.told.cases > 1_000
    assert found.told.taught == 0


def test_days_after_both_were_made_are_later_whatever_taught_them(tmp_path: Path) -> None:
    made = MIDDLE - timedelta(days=1)
    assert ground(bundle(tmp_path / "one", made), bundle(tmp_path / "other", MIDDLE)) == MIDDLE


def test_a_challenger_of_days_meets_a_champion_without_times_on_days_after_both(tmp_path: Path) -> None:
    champion = bundle(tmp_path / "champion", MIDDLE - timedelta(days=1))
    challenger = bundle(tmp_path / "challenger", LAST, until=MIDDLE)
    assert ground(challenger, champion) == MIDDLE
    assert ground(champion, challenger) == MIDDLE


def test_where_no_day_is_later_than_both_the_two_kinds_are_refused_with_what_to_do(tmp_path: Path) -> None:
    champion = bundle(tmp_path / "champion", LAST + timedelta(days=1))
    with pytest.raises(
        HistoryError, match=r"learned from cases that all carry one moment, sla_breach of .* from days"
    ) as no:
        ground(bundle(tmp_path / "challenger", LAST, until=MIDDLE), champion)
    assert "fairlead history export" in str(no.value)
    assert "--shadow" in str(no.value)


@pytest.mark.parametrize(
    ("exceptions", "cases", "finding"),
    [(3, 2_100, Finding.REFUSED), (300, 2_100, Finding.NOTED), (2_100, 2_100, Finding.PASSED)],
)
def test_many_cases_of_a_few_exceptions_are_too_few_to_compare(exceptions: int, cases: int, finding: Finding) -> None:
    """Whole exceptions are drawn: three of them are all alike in a quarter of all worlds, and would seem clear."""
    learned = model(keys(0, 10))
    side = Side(learned, np.zeros((cases, 1)), np.full((cases, 1), 0.5))
    number = np.arange(cases)
    check = window_check(Pair(Task.SLA_BREACH, number % 2, number % exceptions, number, side, side), MIDDLE)
    assert check.finding is finding, check.says


@pytest.mark.parametrize(
    ("task", "kinds", "says"),
    [
        (
            Task.SLA_BREACH,
            2,
            "121 later cases tell the truth of it, with both kinds of outcome among them: at least 200 exceptions and "
            "both kinds of outcome are needed to compare",
        ),
        (
            Task.STOCKOUT,
            1,
            "121 later cases tell the truth of it, with 1 kind of outcome among them: at least 200 exceptions and "
            "both kinds of outcome are needed to compare",
        ),
        (
            Task.ROOT_CAUSE,
            3,
            "121 later cases tell the truth of it, with 3 kinds of outcome among them: at least 200 exceptions and "
            "two kinds of outcome are needed to compare",
        ),
    ],
)
def test_too_few_cases_are_told_with_the_kinds_of_outcome_among_them(task: Task, kinds: int, says: str) -> None:
    number = np.arange(121)
    side = Side(model(keys(0, 10)), np.zeros((121, 1)), np.full((121, 1), 0.5))
    assert window_check(Pair(task, number % kinds, number, number, side, side), MIDDLE).says == says


@pytest.mark.parametrize(("days", "finding"), [(6, Finding.REFUSED), (7, Finding.PASSED)])
def test_many_shelves_of_a_few_days_are_too_few_to_compare(days: int, finding: Finding) -> None:
    learned, number = model(keys(0, 10)), np.arange(2_100)
    side = Side(learned, np.zeros((2_100, 1)), np.full((2_100, 1), 0.5))
    check = window_check(Pair(Task.STOCKOUT, number % 2, number, number, side, side, days=number // 2 % days), MIDDLE)
    assert check.finding is finding, check.says
