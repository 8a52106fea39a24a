"""A history that begins in the midst of what taught the bundles knows nothing of their parties, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from data.promotion import Check, CheckName, Finding
from data.vocabulary import Task
from tests.fixtures.lessons import keys, model
from training.promotion.pasts import with_past
from training.promotion.sides import Pair, Side

SINCE, UNTIL = datetime(2015, 1, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC)
PASSED = Check(name=CheckName.WINDOW, task=Task.SLA_BREACH, finding=Finding.PASSED, says="1,228 later cases")


def both(champion: datetime = SINCE, challenger: datetime = SINCE, timeless: bool = False) -> Pair:
    """Two models that learned since these moments."""
    one, none = np.zeros(1, np.int64), np.zeros(1, np.intp)
    return Pair(Task.SLA_BREACH, one, one, none, _side(champion, timeless), _side(challenger, timeless))


def _side(since: datetime, timeless: bool) -> Side:
    start = since.timestamp()
    days = {"n": 900, "from": start, "to": start if timeless else UNTIL.timestamp()}
    lineage = {"fitted_on": days, "tested_on": days if timeless else {**days, "from": start + 1}}
    return Side(replace(model(keys(0, 10)), lineage=lineage), np.zeros((1, 1)), np.zeros((1, 1)))


def test_a_history_that_begins_in_the_midst_of_the_training_is_noted_with_what_to_do() -> None:
    told = with_past(PASSED, both(), UNTIL - timedelta(days=60), UNTIL)
    assert told.finding is Finding.NOTED
    assert told.says == (
        "1,228 later cases; the history begins on 2015-11-02, in the midst of what taught them (since 2015-01-01), so "
        "all parties start unknown there and both answer as they would not in service: give the earlier cases too, or "
        "those after 2016-01-01 00:00 UTC alone"
    )


@pytest.mark.parametrize(
    "begins",
    [
        SINCE,
        UNTIL - timedelta(days=190),
        UNTIL + timedelta(minutes=1),
    ],
)
def test_one_that_tells_of_most_of_that_time_or_begins_later_is_not(begins: datetime) -> None:
    """Where it begins later, the bundle's own snapshot knows the parties."""
    assert with_past(PASSED, both(), begins, UNTIL) == PASSED


def test_one_that_begins_with_the_last_case_that_taught_knows_nobody() -> None:
    """Its first case is not later, so the snapshot of a bundle does not serve either."""
    assert with_past(PASSED, both(), UNTIL, UNTIL).finding is Finding.NOTED


def test_the_day_on_which_it_begins_is_told_as_the_others_are() -> None:
    """In UTC, whatever the history's own zone."""
    begins = datetime(2015, 11, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert "begins on 2015-11-01," in with_past(PASSED, both(), begins, UNTIL).says


def test_of_a_model_that_does_not_say_since_when_nothing_is_said() -> None:
    """A kept model of an older bundle."""
    sides = both()
    old = replace(sides.champion, model=replace(sides.champion.model, lineage={}))
    assert with_past(PASSED, replace(sides, champion=old, challenger=old), UNTIL - timedelta(days=60), UNTIL) == PASSED


def test_of_a_long_training_two_years_are_what_matters() -> None:
    long = datetime(2006, 1, 1, tzinfo=UTC)
    assert with_past(PASSED, both(long, long), UNTIL - timedelta(days=370), UNTIL) == PASSED
    assert with_past(PASSED, both(long, long), UNTIL - timedelta(days=350), UNTIL).finding is Finding.NOTED


def test_what_only_one_of_them_learned_from_is_asked_of_neither() -> None:
    begins = UNTIL - timedelta(days=40)
    assert with_past(PASSED, both(challenger=UNTIL - timedelta(days=50)), begins, UNTIL) == PASSED


def test_without_times_nobody_knows_what_was_before() -> None:
    assert with_past(PASSED, both(timeless=True), UNTIL - timedelta(days=1), UNTIL) == PASSED


def test_what_is_refused_stays_refused_for_its_own_reason() -> None:
    refused = PASSED.model_copy(update={"finding": Finding.REFUSED})
    assert with_past(refused, both(), UNTIL - timedelta(days=60), UNTIL) == refused
