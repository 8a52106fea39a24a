"""A history that tells little of the time before the compared days knows few of their parties, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pytest

from data.promotion import Check, CheckName, Finding
from data.vocabulary import Task
from tests.fixtures.lessons import keys, model
from training.promotion.later import Later, Reading
from training.promotion.pasts import with_past
from training.promotion.sides import Pair, Side

SINCE, UNTIL = datetime(2015, 1, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC)
PASSED = Check(name=CheckName.WINDOW, task=Task.SLA_BREACH, finding=Finding.PASSED, says="1,228 later cases")


def both(champion: int = 900, challenger: int = 900, since: datetime = SINCE, timeless: bool = False) -> Pair:
    """Two models that learned from so many cases since a moment."""
    one, none = np.zeros(1, np.int64), np.zeros(1, np.intp)
    return Pair(Task.SLA_BREACH, one, one, none, _side(champion, since, timeless), _side(challenger, since, timeless))


def _side(n: int, since: datetime, timeless: bool) -> Side:
    start = since.timestamp()
    days = {"n": n, "from": start, "to": start if timeless else UNTIL.timestamp()}
    return _of({"fitted_on": days, "tested_on": days if timeless else {**days, "from": start + 1}})


def _of(lineage: dict[str, Any]) -> Side:
    return Side(replace(model(keys(0, 10)), lineage=lineage), np.zeros((1, 1)), np.zeros((1, 1)))


def told(earlier: int, pair: Pair | None = None, window: Check = PASSED) -> Check:
    return with_past(window, pair or both(), Reading(cast(Later, None), {}, earlier=earlier), UNTIL)


def test_a_history_of_few_earlier_cases_is_noted_with_what_to_do() -> None:
    """However long ago the first of them was: stragglers make no past."""
    noted = told(281)
    assert noted.finding is Finding.NOTED
    assert noted.says == (
        "1,228 later cases; of the time before, the history tells 281 cases, where about 900 of the last two years "
        "taught them: most parties start unknown and both answer as they would not in service. Give the earlier cases "
        "too, or those after 2016-01-01 00:00 UTC alone"
    )


@pytest.mark.parametrize("earlier", [0, 450, 900])
def test_one_that_tells_of_half_of_them_or_of_none_is_not(earlier: int) -> None:
    """Where it tells of none, the bundle's own snapshot knows the parties."""
    assert told(earlier) == PASSED


def test_a_single_earlier_case_keeps_the_snapshot_away() -> None:
    assert told(1).finding is Finding.NOTED


def test_of_a_long_training_two_years_are_what_matters() -> None:
    long = both(9_000, 9_000, datetime(2006, 1, 1, tzinfo=UTC))
    assert told(1_000, long) == PASSED
    assert told(800, long).finding is Finding.NOTED


def test_what_only_one_of_them_learned_from_is_asked_of_neither() -> None:
    assert told(60, both(challenger=100)) == PASSED


def test_of_models_that_do_not_say_or_learned_without_times_nothing_is_said() -> None:
    old = replace(both(), champion=_of({}), challenger=_of({}))
    assert told(1, old) == PASSED
    assert told(1, both(timeless=True)) == PASSED


def test_what_is_refused_stays_refused_for_its_own_reason() -> None:
    refused = PASSED.model_copy(update={"finding": Finding.REFUSED})
    assert told(1, window=refused) == refused
