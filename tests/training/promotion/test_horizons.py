"""Bundles that answer two questions are not compared, and nobody is stopped where nothing says that there are two."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from data.horizons import UNSAID
from data.promotion import Check, CheckName, Finding
from data.vocabulary import Task
from models.bundle import Bundle, open_bundle
from models.predictors import ModelPredictor
from tests.fixtures.bundles import a_bundle
from tests.fixtures.task_models import task_model
from training.errors import HistoryError
from training.histories.history import History
from training.promotion.horizons import require_one_question, with_horizons
from training.promotion.sides import Pair, Side

NOTHING: frozenset[Task] = frozenset()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return open_bundle(a_bundle(tmp_path_factory.mktemp("whole") / "bundle"))


def bundle(whole: Bundle, horizon: str | None) -> Bundle:
    told = replace(whole.models[Task.STOCKOUT].model, horizon=horizon)
    return replace(whole, models={**whole.models, Task.STOCKOUT: ModelPredictor(told, str(horizon))})


def history(horizon: str | None = None) -> History:
    return cast("History", SimpleNamespace(name="later.csv", horizon=horizon))


def test_two_questions_are_refused_with_what_to_do(whole: Bundle) -> None:
    with pytest.raises(HistoryError, match=r"within 7 days \(P7D\), the champion whether it does within one day") as no:
        require_one_question(bundle(whole, "P7D"), bundle(whole, "P1D"), history("P7D"), NOTHING)
    with pytest.raises(HistoryError):
        require_one_question(bundle(whole, "P7D"), bundle(whole, "P1D"), history(), frozenset({Task.STOCKOUT}))
    assert "Train the challenger by a mapping with outcome.horizon: P1D" in str(no.value)
    assert "fairlead serve --bundle" in str(no.value)


def test_a_history_of_another_question_is_refused_unless_nothing_changes(whole: Bundle) -> None:
    day = bundle(whole, "P1D")
    with pytest.raises(HistoryError, match="Give outcomes of P1D"):
        require_one_question(day, day, history("P7D"), NOTHING)
    require_one_question(day, day, history("P7D"), frozenset({Task.STOCKOUT}))


@pytest.mark.parametrize(("its", "theirs"), [("P1D", "PT24H"), ("P7D", UNSAID), (UNSAID, UNSAID)])
def test_one_question_is_compared_and_so_is_one_of_which_nobody_said_the_time(
    whole: Bundle, its: str, theirs: str
) -> None:
    require_one_question(bundle(whole, its), bundle(whole, theirs), history(), NOTHING)
    without = replace(whole, models={Task.SLA_BREACH: whole.models[Task.SLA_BREACH]})
    require_one_question(without, bundle(whole, its), history("P90D"), NOTHING)


@pytest.mark.parametrize(
    ("its", "theirs", "finding"),
    [("P7D", UNSAID, Finding.NOTED), (UNSAID, "P7D", Finding.NOTED), ("P7D", "P7D", Finding.PASSED)],
)
def test_whoever_agrees_is_told_that_one_speaks_of_a_time_and_the_other_of_none(
    its: str, theirs: str, finding: Finding
) -> None:
    nothing, rows = np.zeros((1, 1)), np.zeros(1, np.int64)
    champion, challenger = (
        Side(replace(task_model(Task.STOCKOUT), horizon=each), nothing, nothing) for each in (theirs, its)
    )
    both = Pair(Task.STOCKOUT, rows, rows, rows, champion, challenger)
    window = Check(name=CheckName.WINDOW, task=Task.STOCKOUT, finding=Finding.PASSED, says="1 later case")
    told = with_horizons(window, both)
    assert told.finding is finding
    assert ("within 7 days" in told.says and "at no said time" in told.says) == (finding is Finding.NOTED)
    refused = window.model_copy(update={"finding": Finding.REFUSED})
    assert with_horizons(refused, both) == refused
