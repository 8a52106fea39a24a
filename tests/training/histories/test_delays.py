"""How long outcomes take is read off a history, though it has not seen its latest slow ones."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from models.conformal import NO_AND_YES
from models.delays import Delays
from training.histories.delays import LONGEST, STEPS, delays_of
from training.histories.rows import DAY
from training.histories.truth import UNKNOWN

Floats = NDArray[np.float64]
SLOW = 10.0
"""Days that a broken promise takes on average; kept ones are known within a day."""


def history(
    seed: int, days: int = 120, per_day: int = 40, slow: float = SLOW
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Truths, moments from which they can be known and at which they are; a third breaks."""
    dice, n = np.random.default_rng(seed), days * per_day
    truth = (dice.random(n) < 1 / 3).astype(np.int64)
    since = DAY * np.sort(dice.random(n) * days)
    took = np.where(truth == 1, dice.exponential(slow, n), 0.3 * dice.random(n))
    return truth, since, since + took * DAY


def told(truth: NDArray[np.int64], since: Floats, counts_at: Floats) -> Delays:
    found = delays_of(truth, since, counts_at, NO_AND_YES)
    assert found is not None
    return found


def test_the_shares_known_after_a_while_are_those_of_the_history() -> None:
    found = told(*history(1))
    for days in (5.0, 10.0, 20.0):
        weighs = found.stand_for(timedelta(days=days))
        # A case lies half a step before the end of its own, so as much more of it is known.
        assert 1.0 / weighs["yes"] == pytest.approx(1.0 - np.exp(-(days + found.days / 2) / SLOW), abs=0.03)
        assert weighs["no"] == pytest.approx(1.0, abs=0.01)


def test_an_export_that_lacks_the_latest_slow_ones_tells_the_same() -> None:
    truth, since, counts_at = history(2)
    end = since.max() + 1.0
    exported = np.where(counts_at > end, UNKNOWN, truth), since, np.where(counts_at > end, np.nan, counts_at)
    assert (exported[0] == UNKNOWN).sum() > 100, "or this would show nothing"
    whole, part = told(truth, since, counts_at), told(*exported)
    for days in (3.0, 6.0, 12.0):
        one, other = (each.stand_for(timedelta(days=days))["yes"] for each in (whole, part))
        assert one == pytest.approx(other, rel=0.1)


def test_what_is_known_as_its_day_ends_is_all_known_at_step_0() -> None:
    truth, since, _ = history(3)
    assert told(truth, since, since + 60.0) == Delays(1, {"no": (1.0,), "yes": (1.0,)})


@pytest.mark.parametrize("breaches", [110, 150, 300, 1_000])
def test_few_breaches_tell_that_few_of_them_are_known_early(breaches: int) -> None:
    """Each within twenty days, one in twenty a day: were many to be at risk, the first days would tell far more."""
    dice, n = np.random.default_rng(breaches), 10 * breaches
    truth = (np.arange(n) % 10 == 0).astype(np.int64)
    since = DAY * np.sort(200 * dice.random(n))
    took = np.where(truth == 1, 20.0 * dice.random(n), 0.0)
    found = told(truth, since, since + took * DAY)
    assert found.stand_for(timedelta(days=0)) == {}
    assert 1.0 / found.stand_for(timedelta(days=10))["yes"] == pytest.approx(10.5 / 20, abs=0.15)


def test_too_few_of_a_label_tell_nothing() -> None:
    truth, since, counts_at = history(4)
    few = np.where(np.cumsum(truth) > 99, 0, truth)
    assert delays_of(few, since, counts_at, NO_AND_YES) is None
    assert delays_of(truth[:0], since[:0], counts_at[:0], NO_AND_YES) is None


@pytest.mark.parametrize("slow", [2.0, 30.0, 3_000.0])
def test_a_row_keeps_few_steps_however_long_outcomes_take(slow: float) -> None:
    found = told(*history(5, days=400, per_day=20, slow=slow))
    assert all(len(each) <= STEPS + 1 and each[-1] == 1.0 for each in found.known.values())
    assert found.horizon <= timedelta(days=LONGEST + STEPS)
