"""How a model is grown is chosen on later rows: a past that misleads is forgotten, a line that tells more is used."""

from __future__ import annotations

import numpy as np

from tests.training.test_fit import SMALL, rows
from training.fit import RISK, Memory
from training.progress import Silent
from training.rows import DAY, Rows
from training.split import split_in_time
from training.tune import Effort, choose, choose_memory, choose_rounds

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
    assert recipe.rounds > 5
    start, end = split_in_time(data.times, 0.1).blocks[0]
    assert scores.shape == (end - start, 1)


def additive(n: int = 1_500, k: int = 12) -> Rows:
    """Many weak columns that add up: a line tells them better than trees do on few rows."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(n, k))
    truth = (rng.random(n) < 1 / (1 + np.exp(-features.sum(axis=1) * 0.6))).astype(np.int64)
    return Rows(features, truth, np.linspace(0, 100 * DAY, n), (), 1)


def test_a_line_is_used_where_it_tells_more_than_trees() -> None:
    data = additive()
    chosen = choose(data, split_in_time(data.times, 0.1), SMALL, QUICK, Silent(), "")
    assert chosen.recipe.linear_strength is not None
    assert chosen.recipe.tree_share < 1.0


def test_the_blocks_scores_are_those_of_models_that_had_not_met_them() -> None:
    data = additive()
    split = split_in_time(data.times, 0.1)
    chosen = choose(data, split, SMALL, QUICK, Silent(), "")
    assert [len(each) for each in chosen.scores] == [end - start for start, end in split.blocks]
