from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import lfilter

from data.vocabulary import Task
from models import shifts
from models.drift import Later, drift_report
from models.drift_alarms import Stake
from models.profile import PREDICTION, FeatureProfile, Profile, profile_of
from training.learning.dependence import BLOCKS, blocks_of, design_effect, unthinned

N, LATER = 6_000, 2_000
Column = Callable[[np.random.Generator], np.ndarray]


def wandering(cases: int) -> Column:
    """A number that forgets where it was over so many cases."""
    keeps = float(np.exp(-1.0 / cases))

    def column(rng: np.random.Generator) -> np.ndarray:
        steps = rng.normal(size=N + LATER) * np.sqrt(1 - keeps**2)
        wanders = lfilter([1.0], [1.0, -keeps], steps, zi=[keeps * rng.normal()])[0]
        return np.asarray(wanders + 0.3 * rng.normal(size=N + LATER))

    return column


def stepping(cases: int) -> Column:
    """A number that is drawn anew after so many cases."""
    return lambda rng: np.repeat(rng.normal(size=(N + LATER) // cases + 1), cases)[: N + LATER] + 0.0


def alone(rng: np.random.Generator) -> np.ndarray:
    """Independent cases."""
    return rng.normal(size=N + LATER)


def profiled(name: str, values: np.ndarray, ordered: bool = True) -> FeatureProfile:
    told = profile_of(name, values, ordered)
    design = design_effect(told, values, blocks_of(np.arange(float(len(values)))))
    return FeatureProfile(told.name, told.n, told.shares, told.edges, told.codes, design=design)


def moved(columns: list[np.ndarray], design: bool = True) -> set[int]:
    """The columns that a report on the last cases calls moved since the first."""
    names = [str(each) for each in range(len(columns))]
    of = profiled if design else profile_of
    profile = Profile(tuple(of(name, each[:N], True) for name, each in zip(names, columns, strict=True)), ())
    said, unknown = np.full((LATER, 1), 0.5), np.full(LATER, -1)
    later = Later.of(np.column_stack(columns)[N:], said, unknown, [None] * LATER)
    report = drift_report(Task.SLA_BREACH, profile, later, names, Stake(None, "EUR"))
    return {int(each.feature) for each in report.features if each.level != "none" and each.feature != PREDICTION}


@pytest.mark.parametrize(
    "column",
    [wandering(20), wandering(100), wandering(300), stepping(50), stepping(200), stepping(400)],
    ids=["20 cases", "100 cases", "300 cases", "blocks of 50", "blocks of 200", "blocks of 400"],
)
def test_a_slow_rate_that_did_not_change_is_called_moved_in_one_of_twenty_at_most(column: Column) -> None:
    rng = np.random.default_rng(1)
    alone_each = [moved([column(rng)]) for _ in range(100)]
    assert sum(map(len, alone_each)) <= 5


def test_slow_rates_were_called_moved_for_where_they_stood() -> None:
    rng = np.random.default_rng(2)
    columns = [wandering(300)(rng) for _ in range(40)]
    assert len(moved(columns, design=False)) >= 30
    assert len(moved(columns)) <= 2


@pytest.mark.parametrize("how", ["at once", "slowly", "half-way"])
def test_what_really_moved_is_found_among_slow_rates(how: str) -> None:
    rng = np.random.default_rng(3)
    by = {"at once": 0.6, "slowly": np.linspace(0, 1.2, LATER), "half-way": 1.2 * (np.arange(LATER) >= LATER // 2)}[how]
    really = alone(rng)
    really[N:] += by
    columns = [really, *(wandering(300)(rng) for _ in range(15)), *(alone(rng) for _ in range(15))]
    assert moved(columns) == {0}


def test_a_slow_rate_that_moved_by_far_more_than_it_wanders_is_found() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(20):
        column = wandering(50)(rng)
        column[N:] += 2.0
        found += moved([column, *(alone(rng) for _ in range(9))]) == {0}
    assert found >= 18


def test_independent_cases_count_as_many_as_they_are() -> None:
    rng = np.random.default_rng(5)
    effects = [profiled("f", alone(rng)).design or 0.0 for _ in range(60)]
    assert 1.0 <= np.median(effects) <= 1.25
    levels = [profiled("f", rng.integers(0, 5, N) + 0.0, ordered=False).design or 0.0 for _ in range(60)]
    assert 1.0 <= np.median(levels) <= 1.25


def test_blocks_of_one_value_count_about_once_each() -> None:
    rng = np.random.default_rng(6)
    effects = [profiled("f", np.repeat(rng.normal(size=600), 10)).design or 0.0 for _ in range(40)]
    assert 8.0 <= np.median(effects) <= 14.0
    levels = [profiled("f", np.repeat(rng.integers(0, 5, 600), 10) + 0.0, False).design or 0.0 for _ in range(40)]
    assert 8.0 <= np.median(levels) <= 14.0


def test_weights_alone_are_no_dependence() -> None:
    rng = np.random.default_rng(7)
    weight = np.where(rng.random(N) < 0.2, 4.0, 0.25)
    effects = []
    for _ in range(40):
        values = rng.normal(size=N)
        told = profile_of("f", values, True, weight)
        effects.append(design_effect(told, values, blocks_of(np.arange(float(N))), weight))
    assert 1.0 <= np.median(effects) <= 1.25


def test_no_block_divides_a_moment_and_few_moments_tell_nothing() -> None:
    days = np.repeat(np.arange(30.0), 40)
    blocks = blocks_of(days)
    assert blocks[0] == 0
    assert len(np.unique(blocks)) <= BLOCKS
    assert all(len(np.unique(blocks[days == day])) == 1 for day in range(30))
    for times in (np.zeros(500), np.repeat(np.arange(5.0), 100), np.empty(0)):
        values = np.arange(float(len(times)))
        told = profile_of("f", np.arange(500.0), True)
        assert design_effect(told, values, blocks_of(times)) == 1.0


def test_every_fourth_row_is_less_like_the_next_one_that_is_kept() -> None:
    rng, whole, every_fourth = np.random.default_rng(8), [], []
    for _ in range(20):
        values = np.repeat(rng.normal(size=200), 100)
        whole.append(profiled("f", values).design or 0.0)
        every_fourth.append(unthinned(profiled("f", values[::4]).design or 0.0, 4))
    assert np.median(every_fourth) == pytest.approx(np.median(whole), rel=0.1)
    alone_each = [unthinned(profiled("f", alone(rng)).design or 0.0, 45) for _ in range(40)]
    assert np.median(alone_each) <= 1.25


def test_a_chance_shrinks_with_what_cases_count() -> None:
    assert shifts.ks_chance(0.1, N / 40, LATER / 40) > 0.5 > 1e-6 > shifts.ks_chance(0.1, N, LATER)
