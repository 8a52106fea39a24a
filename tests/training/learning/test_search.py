"""The search tries what it is asked to, twice the same, and finds what the blocks reward."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.training.learning.test_fit import SMALL, rows
from training.histories.split import FOLDS, split_in_time
from training.learning.fit import Memory, grow, levelled_loss, probabilities
from training.learning.search import best, for_few_rows, search
from training.report.metrics import losses_of


def tried(trials: int, seed: int = 0, turns: bool = False) -> list[object]:
    data = rows(turns=turns)
    return list(search(data, split_in_time(data.times, 0.1), SMALL, trials, 1, seed))


def test_the_first_trial_is_what_it_is_given() -> None:
    data = rows()
    first = next(search(data, split_in_time(data.times, 0.1), SMALL, 1, 1, 0))
    assert first.recipe == SMALL
    assert not first.pruned
    assert len(first.losses) == 3


def test_the_same_seed_tries_the_same() -> None:
    assert tried(8) == tried(8)
    assert tried(8) != tried(8, seed=1)


def test_the_best_is_no_worse_than_the_first_and_was_scored_on_every_block() -> None:
    data = rows(turns=True)
    split = split_in_time(data.times, 0.1)
    trials = list(search(data, split, SMALL, 12, 1, 0))
    found = best(trials)
    losses = {trial.recipe: trial.losses for trial in trials if not trial.pruned}
    assert all(one <= other for one, other in zip(losses[found], losses[SMALL], strict=True))
    assert found.memory != Memory(), "the past misleads here"


def test_no_way_to_forget_is_tried_where_it_changes_nothing() -> None:
    """Rows of one moment have no past; of a hundred days, no half-life is too long."""
    data = replace(rows(), times=np.zeros(2_000))
    timeless = search(data, split_in_time(data.times, 0.1), SMALL, 12, 1, 0)
    assert {trial.recipe.memory for trial in timeless} == {Memory()}
    data = rows()
    assert len({trial.recipe.memory for trial in search(data, split_in_time(data.times, 0.1), SMALL, 8, 1, 0)}) > 2


def test_where_few_rows_teach_small_trees_are_tried_first_and_without_times_daring_ones_too() -> None:
    data = rows()
    timed = [trial.recipe for trial in search(data, split_in_time(data.times, 0.1), SMALL, 3, 1, 0)]
    assert [(each.leaves, each.least_in_leaf) for each in timed[2:]] == [(12, 20)]
    data = replace(data, times=np.zeros(2_000))
    found = [trial.recipe for trial in search(data, split_in_time(data.times, 0.1), SMALL, 6, 1, 0)]
    assert found[:3] == timed
    assert found[2:] == list(for_few_rows(SMALL, timeless=True))
    assert [(each.leaves, each.least_in_leaf) for each in found[2:]] == [(12, 20), (7, 10), (16, 10), (16, 5)]


def test_without_times_a_block_is_asked_about_by_all_others_and_none_may_veto() -> None:
    data = replace(rows(), times=np.zeros(2_000))
    split = split_in_time(data.times, 0.1)
    trials = list(search(data, split, SMALL, 12, 1, 0))
    assert len(trials[0].losses) == len(split.blocks) == FOLDS
    start, end = split.blocks[1]
    others = np.r_[0:start, end : split.test]
    booster = grow(data.at(others), SMALL, 1, 0)
    truth, said = data.truth[start:end], probabilities(booster, data.features[start:end])
    loss = 0.5 * (float(losses_of(truth, said).mean()) + levelled_loss(truth, said))
    assert trials[0].losses[-2] == loss
    lowest = min((trial for trial in trials if not trial.pruned), key=lambda trial: trial.loss)
    assert best(trials, timeless=True) == lowest.recipe
    assert any(one > other for one, other in zip(lowest.losses, trials[0].losses, strict=True)), "a block vetoes"
    assert best(trials) != lowest.recipe


def test_what_falls_behind_is_given_up() -> None:
    data = rows()
    trials = list(search(data, split_in_time(data.times, 0.1), replace(SMALL, rounds=300), 25, 1, 0))
    pruned = [trial for trial in trials if trial.pruned]
    assert pruned
    assert all(len(trial.losses) < 3 for trial in pruned)
