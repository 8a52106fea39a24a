"""Gradient-boosted trees with a memory: how many, how complex, and how fast the past is forgotten.

Base rates drift, so how much the past counts often matters more than the learner. The half-life of a case's weight
and the stopping round are chosen on later rows than those that taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.metrics import SMALLEST, losses_of
from training.split import Split

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

DAY = 86_400.0
PATIENCE = 25
LEVELLINGS = 6
TRIAL_CELLS = 12_000
"""Trials of how fast to forget read at most this many rows, evenly spaced; fewer where each has many classes."""


@dataclass(frozen=True)
class Memory:
    """How fast the past is forgotten: a case's weight halves every half-life; older than the window, it is left out."""

    half_life_days: float | None = None
    window_days: float | None = None


@dataclass(frozen=True)
class Recipe:
    """How a task's trees are grown."""

    rounds: int
    leaves: int
    learning_rate: float
    least_in_leaf: int
    features_per_tree: float
    """The share of the features that a tree may look at."""
    memory: Memory = Memory()

    def to_json(self) -> dict[str, Any]:
        """Plain values for lineage and tracker."""
        return asdict(self)


RISK = Recipe(rounds=400, leaves=15, learning_rate=0.05, least_in_leaf=40, features_per_tree=0.5)
LABELS = Recipe(rounds=200, leaves=7, learning_rate=0.15, least_in_leaf=40, features_per_tree=0.2)
"""Every label grows a tree a round, so they are smaller, fewer and steeper: an explanation costs by the leaf."""
TRIAL_ROUNDS = 50
TRIAL_LEARNING_RATE = 0.15
MEMORIES = (Memory(), Memory(half_life_days=30.0), Memory(half_life_days=14.0), Memory(window_days=42.0))
"""Ways to forget that are tried, the plainest first: a tie keeps it."""


@dataclass(frozen=True)
class Rows:
    """What is learned from, in time order: features float64[n, k], truth int64[n], seconds float64[n]."""

    features: Floats
    truth: Truth
    times: Floats
    categories: tuple[int, ...]
    """Columns that hold codes."""
    classes: int
    """The number of labels; 1 for a risk."""

    def upto(self, end: int) -> Rows:
        """The rows before a position."""
        return self.at(slice(0, end))

    def at(self, which: slice) -> Rows:
        """Some of the rows."""
        return replace(self, features=self.features[which], truth=self.truth[which], times=self.times[which])


def fit(rows: Rows, recipe: Recipe, threads: int, seed: int, later: Rows | None = None) -> lightgbm.Booster:
    """Grow the trees; with `later` rows, stop where `levelled_loss` on them stops getting better.

    The same rows, recipe, threads and seed give the same trees.
    """
    data = _dataset(rows, weights(rows.times, recipe))
    parameters = _parameters(rows, recipe, threads, seed)
    if later is None:
        return lightgbm.train(parameters, data, num_boost_round=recipe.rounds)
    return lightgbm.train(
        {**parameters, "metric": "None"},
        data,
        num_boost_round=recipe.rounds,
        valid_sets=[_dataset(later, None, data)],
        feval=lambda predicted, _: ("levelled", levelled_loss(later.truth, np.asarray(predicted)), False),
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )


def levelled_loss(truth: Truth, probabilities: Floats) -> float:
    """Log loss after the mean probabilities were brought to the observed rates.

    Rates drift, and a later slice punishes every confident tree for it: plain log loss then stops at the first one.
    The level is the calibrator's work, what the trees tell apart is theirs.
    """
    both = probabilities.reshape(len(truth), -1)
    both = np.hstack([1.0 - both, both]) if both.shape[1] == 1 else both
    seen = np.bincount(truth, minlength=both.shape[1]) / len(truth)
    odds = np.maximum(both, SMALLEST)
    for _ in range(LEVELLINGS):
        odds = odds * (np.maximum(seen, SMALLEST) / odds.mean(axis=0))
        odds /= odds.sum(axis=1, keepdims=True)
    return float(-np.log(np.maximum(odds[np.arange(len(truth)), truth], SMALLEST)).mean())


def weights(times: Floats, recipe: Recipe) -> Floats:
    """How much each row counts, seen from the last one; zero outside the window."""
    age = (times[-1] - times) / DAY
    memory = recipe.memory
    weight = np.ones(len(times)) if memory.half_life_days is None else 0.5 ** (age / memory.half_life_days)
    if memory.window_days is not None:
        weight = np.where(age <= memory.window_days, weight, 0.0)
    return np.asarray(weight / weight.mean())


def raw_scores(booster: lightgbm.Booster, features: Floats) -> Floats:
    """Raw scores float64[n, classes]."""
    raw = np.asarray(booster.predict(features, raw_score=True), np.float64)
    return raw.reshape(len(features), -1)


def choose_memory(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> Recipe:
    """The recipe with the memory that gives the later blocks the lowest log loss in a short trial."""
    trial = replace(recipe, rounds=TRIAL_ROUNDS, learning_rate=TRIAL_LEARNING_RATE)
    tried = [memory for memory in MEMORIES if _matters(memory, rows, split)]
    losses = [_trial_loss(rows, split, replace(trial, memory=memory), threads, seed) for memory in tried]
    return replace(recipe, memory=tried[int(np.argmin(losses))])


def choose_rounds(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> tuple[Recipe, Floats]:
    """The recipe with the rounds at which the first block stops getting better, and that block's raw scores."""
    block = slice(*split.blocks[0])
    booster = fit(rows.upto(block.start), recipe, threads, seed, later=rows.at(block))
    return replace(recipe, rounds=max(int(booster.best_iteration), 1)), raw_scores(booster, rows.features[block])


def _matters(memory: Memory, rows: Rows, split: Split) -> bool:
    """A window longer than the past, or a half-life far longer, changes nothing."""
    past = float(rows.times[split.blocks[0][0]] - rows.times[0]) / DAY
    window, half_life = memory.window_days, memory.half_life_days
    return (window is None or window < past) and (half_life is None or half_life < 4 * past)


def _trial_loss(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> float:
    losses = [_block_losses(rows, block, recipe, threads, seed) for block in split.blocks]
    return float(np.concatenate(losses).mean())


def _block_losses(rows: Rows, block: tuple[int, int], recipe: Recipe, threads: int, seed: int) -> Floats:
    start, end = block
    step = max(1, start * rows.classes // TRIAL_CELLS)
    booster = fit(rows.at(slice(start % step, start, step)), recipe, threads, seed)
    predicted = np.asarray(booster.predict(rows.features[start:end]), np.float64).reshape(end - start, -1)
    return losses_of(rows.truth[start:end], predicted)


def _dataset(rows: Rows, weight: Floats | None, like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        rows.features,
        rows.truth,
        weight=weight,
        reference=like,
        categorical_feature=list(rows.categories),
        free_raw_data=True,
        params={"verbose": -1},
    )


def _parameters(rows: Rows, recipe: Recipe, threads: int, seed: int) -> dict[str, Any]:
    labels: Sequence[tuple[str, Any]] = () if rows.classes == 1 else (("num_class", rows.classes),)
    return {
        "objective": "binary" if rows.classes == 1 else "multiclass",
        **dict(labels),
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": recipe.least_in_leaf,
        "feature_fraction": recipe.features_per_tree,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "max_cat_threshold": 16,
        "max_bin": 63,
        "num_threads": threads,
        "deterministic": True,
        "force_col_wise": True,
        "seed": seed,
        "verbose": -1,
    }
