"""A daily table's later days all at once are what they are one by one, and wrong answers are found in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.outcome import HistoryLine
from data.promotion import CheckName, Dossier
from data.vocabulary import Task
from features.wording import Wordings
from models.bundle import Bundle
from models.predictors import ModelPredictor
from models.taught import event_key
from policies.policy import load_policy
from tests.fixtures.bundles import a_bundle
from tests.fixtures.daily_promotions import (
    CHALLENGER,
    CHAMPION,
    days_bundle,
    days_history,
    days_table,
    first_days,
    flipped,
)
from tests.fixtures.promotions import AT
from training.daily.history import DailyHistory, daily_study, vocabulary
from training.errors import HistoryError
from training.histories.history import History
from training.progress import Silent
from training.promotion.compare import compare
from training.promotion.window import Replayed
from training.tables.mapping import Naming


@dataclass
class OneByOne:
    """A daily history that hides that it is one."""

    days: DailyHistory
    mapping_digest: str | None = None
    says: str = ""
    horizon: str | None = None
    naming: Naming = field(default_factory=dict)
    wordings: Wordings = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.days.name

    @property
    def digest(self) -> str:
        return self.days.digest

    def lines(self) -> Iterator[HistoryLine]:
        return self.days.lines()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return days_table()


@pytest.fixture(scope="module")
def champion(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return days_bundle(tmp_path_factory.mktemp("champion") / "bundle", first_days(table, CHAMPION))


@pytest.fixture(scope="module")
def challenger(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return days_bundle(tmp_path_factory.mktemp("challenger") / "bundle", first_days(table, CHALLENGER), seed=1)


@pytest.fixture(scope="module")
def wrong(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Five of a hundred of its answers were changed."""
    frame = first_days(flipped(table, 0.05), CHALLENGER)
    return days_bundle(tmp_path_factory.mktemp("wrong") / "bundle", frame, seed=1)


def compared(challenger: Bundle, champion: Bundle, history: History) -> Dossier:
    return compare(challenger, champion, history, load_policy(), AT, Silent(), resamples=100)


def days_of(seen: Replayed) -> Any:
    """Each case's day."""
    return np.array([line.case.event.time.toordinal() for line in seen.lines])


def without_times(dossier: Dossier) -> dict[str, Any]:
    """All of a dossier but how long answers took."""
    told = dossier.model_dump(mode="json", exclude={"cost"})
    return {**told, "checks": [each for each in told["checks"] if each["name"] != CheckName.LATENCY]}


def test_the_dossier_is_that_of_a_replay_that_draws_days(
    table: pd.DataFrame, challenger: Bundle, champion: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = days_history(table)
    at_once = compared(challenger, champion, days)
    monkeypatch.setattr(Replayed, "days", property(days_of))
    assert without_times(at_once) == without_times(compared(challenger, champion, OneByOne(days)))
    assert at_once.window.n > 1_000
    assert at_once.slices
    assert at_once.unmade == ()


def test_an_honest_retraining_is_said_to_be_taught_what_happened(
    table: pd.DataFrame, challenger: Bundle, champion: Bundle
) -> None:
    dossier = compared(challenger, champion, days_history(table))
    (check,) = (each for each in dossier.checks if each.name is CheckName.LABELS)
    assert check.says.startswith("it was taught what happened: 0 of ")
    assert "what the champion was taught" in check.says
    assert "what the history tells" in check.says
    assert dossier.refusals == ()


@pytest.mark.parametrize("who", ["both", "the champion", "the history"])
def test_flipped_answers_are_refused_by_whoever_knows_the_truth(
    who: str, table: pd.DataFrame, wrong: Bundle, champion: Bundle
) -> None:
    told = flipped(table, 0.05) if who == "the champion" else table
    silent = ModelPredictor(replace(champion.models[Task.STOCKOUT].model, taught={}), "v")
    serving = replace(champion, models={Task.STOCKOUT: silent}) if who == "the history" else champion
    dossier = compared(wrong, serving, days_history(told))
    (check,) = (each for each in dossier.refusals if each.name is CheckName.LABELS)
    assert "labels were changed" in check.says


def test_tasks_that_are_kept_beside_need_no_days_that_tell_of_them(table: pd.DataFrame, tmp_path: Path) -> None:
    other = a_bundle(tmp_path / "other")
    both = [
        days_bundle(tmp_path / name, first_days(table, days), beside=other)
        for name, days in (("champion", CHAMPION), ("challenger", CHALLENGER))
    ]
    dossier = compared(both[1], both[0], days_history(table))
    assert set(dossier.tasks) == set(Task)
    assert dossier.refusals == ()
    assert dossier.unmade == ()
    retrained = days_bundle(tmp_path / "new", first_days(table, CHALLENGER), beside=a_bundle(tmp_path / "more", seed=5))
    with pytest.raises(HistoryError, match="does not say until when it learned"):
        compared(retrained, both[0], days_history(table))


def test_a_table_that_begins_after_both_is_refused(table: pd.DataFrame, challenger: Bundle, champion: Bundle) -> None:
    later = table[table["day"] > first_days(table, CHALLENGER)["day"].max()].reset_index(drop=True)
    with pytest.raises(HistoryError, match="give the table with the earlier days too"):
        compared(challenger, champion, days_history(later))
    with pytest.raises(HistoryError, match="no case later than"):
        compared(challenger, champion, days_history(first_days(table, CHAMPION)))


def test_the_events_of_a_study_are_those_of_its_cases(table: pd.DataFrame) -> None:
    days = days_history(table)
    seen = daily_study(days.grid, days.grid.exists, days.mapping, vocabulary(days), load_policy(), samples=0)[0]
    answered = [line.case.event for line in days.lines() if line.outcome is not None]
    assert list(seen.known(Task.STOCKOUT).events) == [event_key(each.source, each.id) for each in answered]
