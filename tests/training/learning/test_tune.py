"""How a model is grown is chosen on later rows: a past that misleads is forgotten, a line that tells more is used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.learning.test_fit import SMALL, rows
from training.histories.rows import DAY, Rows
from training.histories.split import split_in_time
from training.learning.fit import RISK, Memory, fit, linear_term
from training.learning.tune import (
    FORESTS,
    SMALL_LEAST,
    SMALL_LEAVES,
    Effort,
    choose,
    choose_breadth,
    choose_cuts,
    choose_linear,
    choose_memory,
    choose_rounds,
    choose_seasons,
)
from training.progress import Silent

QUICK = Effort(trials=0, threads=1, seed=0)


def test_where_the_past_misleads_it_is_forgotten() -> None:
    data = rows(turns=True)
    assert choose_memory(data, split_in_time(data.times, 0.1), RISK, 1, 0).memory != Memory()


def test_where_the_past_is_sound_it_is_kept() -> None:
    data = rows(seed=1)
    assert choose_memory(data, split_in_time(data.times, 0.1), RISK, 1, 0).memory == Memory()


def test_a_drifting_rate_does_not_stop_the_trees_at_once() -> None:
    data = rows(drift=6.0)
    recipe, scores = choose_rounds(data, split_in_time(data.times, 0.1), SMALL, 1, 0)
    assert recipe.rounds >= SMALL.rounds // 4
    assert [each.shape for each in scores] == [(end - start, 1) for start, end in split_in_time(data.times, 0.1).blocks]


def test_trees_that_only_learn_noise_are_few() -> None:
    data = rows()
    noise = replace(data, features=data.features[:, 1:])
    recipe, _ = choose_rounds(noise, split_in_time(noise.times, 0.1), replace(SMALL, rounds=200), 1, 0)
    assert recipe.rounds == 50


def additive(n: int = 1_500, k: int = 12) -> Rows:
    """Many weak columns that add up: a line tells them better than trees do on few rows."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(n, k))
    truth = (rng.random(n) < 1 / (1 + np.exp(-features.sum(axis=1) * 0.6))).astype(np.int64)
    return Rows(features, truth, np.linspace(0, 100 * DAY, n), (), 1)


def stepped(n: int = 1_500, k: int = 12) -> Rows:
    """One column tells all at one place: the best cut is worth many random ones."""
    data = additive(n, k)
    truth = (np.random.default_rng(5).random(n) < np.where(data.features[:, 0] > 1.3, 0.9, 0.1)).astype(np.int64)
    return replace(data, truth=truth)


@pytest.mark.parametrize(("data", "few", "taken"), [(additive(), 1_500, True), (additive(), 500, False)])
def test_random_cuts_are_taken_where_few_rows_teach(
    data: Rows, few: int, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.learning.search.FEW_ROWS", few)
    recipe, scores = choose_cuts(data, split_in_time(data.times, 0.1), SMALL, 1, 0)
    assert recipe.random_cuts is taken
    assert len(scores) == len(split_in_time(data.times, 0.1).blocks)


def test_random_cuts_are_left_where_one_place_tells_all() -> None:
    data = stepped()
    assert not choose_cuts(data, split_in_time(data.times, 0.1), SMALL, 1, 0)[0].random_cuts


def test_labels_keep_their_cuts() -> None:
    data = replace(additive(), classes=2)
    assert not choose_cuts(data, split_in_time(data.times, 0.1), SMALL, 1, 0)[0].random_cuts


def test_a_line_is_used_where_it_tells_more_than_trees() -> None:
    data = additive()
    chosen = choose(data, split_in_time(data.times, 0.1), SMALL, QUICK, Silent(), "")
    assert chosen.recipe.boldness is not None
    assert chosen.recipe.tree_share < 1.0


def test_the_blocks_scores_are_those_of_models_that_had_not_met_them() -> None:
    data = additive()
    split = split_in_time(data.times, 0.1)
    chosen = choose(data, split, SMALL, QUICK, Silent(), "")
    assert [len(each) for each in chosen.scores] == [end - start for start, end in split.blocks]


@pytest.mark.parametrize(("few", "trials", "forests"), [(1_500, 2, FORESTS), (500, 2, 1), (1_500, 0, 1)])
def test_forests_are_averaged_where_few_rows_teach_and_a_recipe_was_looked_for(
    few: int, trials: int, forests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.learning.search.FEW_ROWS", few)
    data = additive()
    split = split_in_time(data.times, 0.1)
    chosen = choose(data, split, SMALL, replace(QUICK, trials=trials), Silent(), "")
    assert chosen.recipe.forests == forests
    assert [len(each) for each in chosen.scores] == [end - start for start, end in split.blocks]


def seasonal(effect: float, n: int = 3_000) -> Rows:
    """Three years of cases whose month, the last column, moves the risk by so many log-odds in two months."""
    data = additive(n)
    times = np.linspace(0.0, 3 * 365 * DAY, n)
    month = (times / DAY % 365 // 30.5).clip(0, 11)
    odds = data.features[:, 0] + effect * (month >= 10)
    truth = (np.random.default_rng(6).random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    whole = np.column_stack([data.features, month])
    return replace(data, features=whole, truth=truth, times=times, categories=(12,), seasonal=(12,))


@pytest.mark.parametrize(("effect", "read"), [(2.0, True), (0.0, False)])
def test_the_season_is_read_where_it_tells(effect: float, read: bool) -> None:
    data = seasonal(effect)
    split = split_in_time(data.times, 0.1)
    assert choose_seasons(data, split, replace(SMALL, seasons=False), 1, 0).seasons is read
    chosen = choose(data, split, SMALL, QUICK, Silent(), "").recipe
    assert chosen.seasons is read
    assert chosen.to_json()["seasons"] is read


def test_without_a_column_of_seasons_the_recipe_is_silent_about_them() -> None:
    data = additive()
    recipe = choose(data, split_in_time(data.times, 0.1), SMALL, QUICK, Silent(), "").recipe
    assert recipe.seasons is None
    assert "seasons" not in recipe.to_json()


def test_trees_learn_nothing_from_a_season_that_is_not_read() -> None:
    data = seasonal(2.0)
    recipe = replace(SMALL, seasons=False)
    score = fit(data, recipe, 1, 0).score()
    other = data.features.copy()
    other[:, 12] = 3.0
    np.testing.assert_array_equal(score.raw_batch(data.features), score.raw_batch(other))
    assert score.contributions(data.features[0], 0)[12] == 0.0
    told = fit(data, replace(recipe, seasons=True), 1, 0).score()
    assert not np.array_equal(told.raw_batch(data.features), told.raw_batch(other))


@pytest.mark.parametrize(("effect", "least", "most"), [(2.0, 1.2, 3.0), (0.0, 0.0, 0.3)])
def test_the_term_hears_a_season_as_far_as_it_tells(effect: float, least: float, most: float) -> None:
    data = seasonal(effect)
    recipe = replace(SMALL, seasons=False, alone=True, boldness=1.0)
    told = linear_term(data, recipe).terms(np.column_stack([np.zeros((12, 12)), np.arange(12.0)]))[:, 12]
    assert least <= float(np.ptp(told)) <= most


def surrounded(storm: float, n: int = 1_500) -> Rows:
    """Few cases, and how much goes on around them: a hundred columns, the first of which moves the risk so far."""
    data = additive(n)
    around = np.random.default_rng(8).normal(size=(n, 100))
    odds = data.features[:, 0] + storm * around[:, 0]
    truth = (np.random.default_rng(9).random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    columns = data.features.shape[1]
    background = tuple(range(columns, columns + 100))
    return replace(data, features=np.hstack([data.features, around]), truth=truth, background=background)


@pytest.mark.parametrize(("storm", "narrow"), [(0.0, True), (1.5, False)])
def test_what_goes_on_around_a_case_is_read_where_it_tells(storm: float, narrow: bool) -> None:
    data = surrounded(storm)
    large = replace(SMALL, leaves=31, least_in_leaf=5)
    recipe = choose(data, split_in_time(data.times, 0.1), large, QUICK, Silent(), "").recipe
    assert recipe.narrow is narrow
    assert recipe.to_json()["narrow"] is narrow
    contributions = fit(data, recipe, 1, 0).score().contributions(data.features[0], 0)
    assert bool(np.any(contributions[list(data.background)])) is not narrow


@pytest.mark.parametrize("years", [0.2, 3.0])
def test_a_term_reads_nothing_of_other_cases_where_few_rows_are_spread_over_years(years: float) -> None:
    data = surrounded(0.0)
    beyond, long = data.background, years >= 2
    over = data.times / data.times.max() * years * 365 * DAY
    spread = replace(data, times=over, background=(), beyond=beyond, seasonal=(0,) if long else ())
    split = split_in_time(spread.times, 0.1)
    chosen = choose_linear(spread, split, SMALL, [np.zeros((end - start, 1)) for start, end in split.blocks]).recipe
    assert chosen.boldness is not None, "trees that say nothing leave all to the term"
    assert chosen.alone is (True if long else None)
    assert ("alone" in chosen.to_json()) == long
    term = linear_term(spread, chosen)
    moved = [float(np.ptp(each)) for each in term.terms(spread.features).T]
    assert (max(moved[column] for column in beyond) == 0.0) == long
    assert max(moved[: min(beyond)]) > 0.0


def test_a_term_reads_all_where_many_rows_teach_however_long_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    data = replace(surrounded(0.0), seasonal=(0,))
    split = split_in_time(data.times, 0.1)
    monkeypatch.setattr("training.learning.search.FEW_ROWS", 500)
    silent = [np.zeros((end - start, 1)) for start, end in split.blocks]
    assert choose_linear(data, split, SMALL, silent).recipe.alone is None


def test_breadth_is_not_asked_where_many_rows_teach_or_nothing_is_around(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, around = additive(), surrounded(0.0)
    timeless = replace(around, times=np.zeros(len(around.times)))
    assert choose_breadth(alone, split_in_time(alone.times, 0.1), SMALL, 1, 0).narrow is None
    assert choose_breadth(timeless, split_in_time(timeless.times, 0.1), SMALL, 1, 0).narrow is None
    monkeypatch.setattr("training.learning.search.FEW_ROWS", 500)
    recipe = choose_breadth(around, split_in_time(around.times, 0.1), SMALL, 1, 0)
    assert recipe.narrow is None
    assert "narrow" not in recipe.to_json()


def test_trees_that_look_at_small_groups_are_tried_without_times_alone() -> None:
    data = additive()
    group = (data.features[:, 0] > 1.2) & (data.features[:, 1] > 0.5)
    truth = (np.random.default_rng(7).random(len(group)) < np.where(group, 0.97, 0.05)).astype(np.int64)
    timed = replace(data, truth=truth)
    assert 20 < group.sum() < 80
    large = replace(SMALL, leaves=60, least_in_leaf=80)
    assert choose_cuts(timed, split_in_time(timed.times, 0.1), large, 1, 0)[0].least_in_leaf == 80
    timeless = replace(timed, times=np.zeros(len(group)))
    found = choose_cuts(timeless, split_in_time(timeless.times, 0.1), large, 1, 0)[0]
    assert (found.leaves, found.least_in_leaf) == (SMALL_LEAVES, SMALL_LEAST)
