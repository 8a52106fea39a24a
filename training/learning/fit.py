"""One model of a task: gradient-boosted trees with a memory, and beside those of a risk a linear term.

Base rates drift, so how much the past counts often matters more than the learner: every row weighs less the older it
is, for trees and term alike. How a model is grown is a recipe; `training.learning.tune` chooses it on later rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.linear import LinearTerm
from models.score import Score, softmax
from training.histories.rows import DAY, Rows
from training.learning.export import export_mean
from training.learning.linear_fit import fit_linear
from training.report.metrics import SMALLEST, losses_of

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

LEVELLINGS = 6
APART = 1_000
"""Between the seeds of forests that are averaged: a run with the next seed shares none of them."""


@dataclass(frozen=True)
class Memory:
    """How fast the past is forgotten: a case's weight halves every half-life; older than the window, it is left out."""

    half_life_days: float | None = None
    window_days: float | None = None

    def matters(self, past_days: float) -> bool:
        """A window longer than the past, or a half-life far longer, changes nothing."""
        window, half_life = self.window_days, self.half_life_days
        return (window is None or window < past_days) and (half_life is None or half_life < 4 * past_days)


@dataclass(frozen=True)
class Recipe:
    """How a task's model is grown."""

    rounds: int
    leaves: int
    learning_rate: float
    least_in_leaf: int
    features_per_tree: float
    """The share of the features that a tree may look at."""
    shrinkage: float = 10.0
    """L2 penalty of the leaves' values."""
    random_cuts: bool = False
    """Each feature is tried at one random cut, not at the best (extremely randomised trees): steadier under drift."""
    memory: Memory = Memory()
    seasons: bool | None = None
    """Whether the trees read the season; None where no column tells it."""
    narrow: bool | None = None
    """Whether what goes on around a case is left unread; None where that was not asked."""
    alone: bool | None = None
    """Whether the linear term reads nothing of other cases; None where that was not asked."""
    forests: int = 1
    """How many sets of such trees, each by its own seed, are averaged; a power of two, so that a share is exact."""
    boldness: float | None = None
    """What of the strengths that the rows teach is given to the weights of the linear term; None for trees alone."""
    tree_share: float = 1.0
    """What the trees' score counts beside the linear term, whose own share is the rest."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for lineage and tracker."""
        asked = {"seasons": self.seasons, "narrow": self.narrow, "alone": self.alone}
        return {key: value for key, value in asdict(self).items() if asked.get(key, ...) is not None}

    def silent(self, rows: Rows) -> tuple[int, ...]:
        """The columns that the trees learn nothing from."""
        return (*(rows.seasonal if self.seasons is False else ()), *self._unread(rows))

    def silent_in_term(self, rows: Rows) -> tuple[int, ...]:
        """The columns that the linear term learns nothing from. A season it always hears: its strength is learned."""
        return (*self._unread(rows), *(rows.beyond if self.alone else ()))

    def _unread(self, rows: Rows) -> tuple[int, ...]:
        return rows.background if self.narrow else ()


RISK = Recipe(rounds=300, leaves=31, learning_rate=0.05, least_in_leaf=20, features_per_tree=0.5, shrinkage=1.0)
ROWS_A_LEAF = 1500
MOST_LEAVES = 127


def risk_recipe(n: int) -> Recipe:
    """A risk's recipe to start from: the more rows teach it, the more its trees may tell apart."""
    leaves = min(max(RISK.leaves, n // ROWS_A_LEAF), MOST_LEAVES)
    return replace(RISK, leaves=leaves, least_in_leaf=max(RISK.least_in_leaf, leaves))


LABELS = Recipe(rounds=150, leaves=7, learning_rate=0.15, least_in_leaf=40, features_per_tree=0.2)
"""Every label grows a tree a round, so they are smaller, fewer and steeper: an explanation costs by the leaf."""
ROWS_A_ROUND = 400
MOST_ROUNDS = 200


def label_recipe(n: int) -> Recipe:
    """A labels' recipe to start from: the more rows teach it, the longer its trees find something new."""
    return replace(LABELS, rounds=min(max(LABELS.rounds, n // ROWS_A_ROUND), MOST_ROUNDS))


FEWEST_LEVELS, MOST_LEVELS = 4, 16
ROWS_A_LEVEL = 10_000


def levels_together(n: int) -> int:
    """How many levels of a category a cut may gather on its smaller side: a few, where few rows teach.

    Gathered by what they came to, levels that few rows have seen are sorted by chance.
    """
    return min(max(FEWEST_LEVELS, n // ROWS_A_LEVEL), MOST_LEVELS)


@dataclass(frozen=True)
class Fitted:
    """What was learned from rows: forests that are averaged, and the share of them that a linear term leaves."""

    boosters: tuple[lightgbm.Booster, ...]
    linear: LinearTerm | None
    tree_share: float

    def raw(self, features: Floats) -> Floats:
        """Raw scores float64[n, classes], as `score` gives them."""
        raw = self.tree_share * averaged(self.boosters, features)
        return raw if self.linear is None else raw + self.linear.raw_batch(features)[:, None]

    def score(self) -> Score:
        """The same as the arrays that serving loads."""
        return Score(export_mean(self.boosters), self.linear, self.tree_share)


def fit(rows: Rows, recipe: Recipe, threads: int, seed: int) -> Fitted:
    """Learn from rows as the recipe says. The same rows, recipe, threads and seed give the same model."""
    linear = None if recipe.boldness is None else linear_term(rows, recipe).scaled(1.0 - recipe.tree_share)
    return Fitted(grow_forests(rows, recipe, threads, seed), linear, recipe.tree_share)


def linear_term(rows: Rows, recipe: Recipe) -> LinearTerm:
    """The linear term alone, with its whole weight."""
    assert recipe.boldness is not None
    return linear_terms(rows, recipe, (recipe.boldness,))[0]


def linear_terms(rows: Rows, recipe: Recipe, boldness: Sequence[float]) -> list[LinearTerm]:
    """The linear term at each of several degrees of boldness, whatever the recipe's."""
    return fit_linear(rows, weights(rows.times, recipe, rows.selection), boldness, recipe.silent_in_term(rows))


def grow_forests(rows: Rows, recipe: Recipe, threads: int, seed: int) -> tuple[lightgbm.Booster, ...]:
    """As many forests as the recipe averages: what one draw of features makes of few rows is half chance."""
    return tuple(grow(rows, recipe, threads, seed + number * APART) for number in range(recipe.forests))


def averaged(boosters: Sequence[lightgbm.Booster], features: Floats) -> Floats:
    """The mean of what forests say: raw scores float64[n, classes]."""
    return np.asarray(sum(raw_scores(booster, features) for booster in boosters) / len(boosters))


def grow(rows: Rows, recipe: Recipe, threads: int, seed: int) -> lightgbm.Booster:
    """Grow one forest."""
    data = lightgbm.Dataset(
        rows.features,
        rows.truth,
        weight=weights(rows.times, recipe, rows.selection),
        categorical_feature=list(rows.categories),
        free_raw_data=True,
        params={"verbose": -1, "num_threads": threads},
    )
    return lightgbm.train(_parameters(rows, recipe, threads, seed), data, num_boost_round=recipe.rounds)


def choosing_loss(truth: Truth, probabilities: Floats, weight: Floats | None = None) -> float:
    """What a choice makes low: the mean of log loss and levelled log loss, of cases that count for `weight`."""
    plain = float(np.average(losses_of(truth, probabilities), weights=weight))
    return 0.5 * (plain + levelled_loss(truth, probabilities, weight))


def levelled_loss(truth: Truth, probabilities: Floats, weight: Floats | None = None) -> float:
    """Log loss after the mean probabilities were brought to the observed rates.

    Rates drift, and a later slice punishes every confident model for it: plain log loss then prefers the timid one.
    The level is the calibrator's work, what the model tells apart is its own.
    """
    return float(np.average(losses_of(truth, at_own_level(truth, probabilities, weight)), weights=weight))


def at_own_level(truth: Truth, probabilities: Floats, weight: Floats | None = None) -> Floats:
    """Probabilities float64[n, k] whose means are brought to the observed rates of the outcomes, odds by odds."""
    both = probabilities.reshape(len(truth), -1)
    risk = both.shape[1] == 1
    both = np.hstack([1.0 - both, both]) if risk else both
    seen = np.bincount(truth, weight, both.shape[1]) / (len(truth) if weight is None else weight.sum())
    odds = np.maximum(both, SMALLEST)
    for _ in range(LEVELLINGS):
        odds = odds * (np.maximum(seen, SMALLEST) / np.average(odds, axis=0, weights=weight))
        odds /= odds.sum(axis=1, keepdims=True)
    return odds[:, 1:] if risk else odds


def weights(times: Floats, recipe: Recipe, selection: Floats | None = None) -> Floats:
    """How much each row counts, seen from the last one; zero outside the window. `selection` multiplies it."""
    age = (times[-1] - times) / DAY
    memory = recipe.memory
    weight = np.ones(len(times)) if memory.half_life_days is None else 0.5 ** (age / memory.half_life_days)
    if memory.window_days is not None:
        weight = np.where(age <= memory.window_days, weight, 0.0)
    if selection is not None:
        weight = weight * selection
    return np.asarray(weight / weight.mean())


def staged_scores(booster: lightgbm.Booster, features: Floats, stages: Sequence[int]) -> dict[int, Floats]:
    """Raw scores float64[n, classes] of the trees of so many rounds, for each stage: every tree is asked once."""
    said, sums, asked = dict[int, Floats](), np.zeros(1), 0
    for rounds in sorted(set(stages)):
        sums = sums + raw_scores(booster, features, asked, rounds - asked)
        said[rounds], asked = sums, rounds
    return said


def raw_scores(booster: lightgbm.Booster, features: Floats, start: int = 0, rounds: int | None = None) -> Floats:
    """Raw scores float64[n, classes] of the trees alone, or of those of some rounds from `start` on.

    By as many threads as grew them: LightGBM keeps their number for the whole process, and another number here would
    change it under a model that another thread is growing.
    """
    threads = booster.params["num_threads"]
    raw = booster.predict(features, raw_score=True, start_iteration=start, num_iteration=rounds, num_threads=threads)
    return np.asarray(raw, np.float64).reshape(len(features), -1)


def probabilities(booster: lightgbm.Booster, features: Floats) -> Floats:
    """The trees' probabilities float64[n, classes], not calibrated."""
    return probabilities_of(raw_scores(booster, features))


def probabilities_of(raw: Floats) -> Floats:
    """Probabilities of raw scores float64[n, classes], not calibrated."""
    if raw.shape[1] == 1:
        return np.asarray(1.0 / (1.0 + np.exp(-raw)))
    return softmax(raw)


def _parameters(rows: Rows, recipe: Recipe, threads: int, seed: int) -> dict[str, Any]:
    labels: Sequence[tuple[str, Any]] = () if rows.classes == 1 else (("num_class", rows.classes),)
    return {
        "objective": "binary" if rows.classes == 1 else "multiclass",
        **dict(labels),
        **_directions(rows),
        **_silenced(rows, recipe),
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": recipe.least_in_leaf,
        "feature_fraction": recipe.features_per_tree,
        "lambda_l2": recipe.shrinkage,
        "extra_trees": recipe.random_cuts,
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "max_cat_threshold": levels_together(len(rows.truth)),
        "max_bin": 63,
        "num_threads": threads,
        "deterministic": True,
        "force_col_wise": True,
        # To look for features that exclude one another cost up to an eighth of the time and changed no tree.
        "enable_bundle": False,
        "seed": seed,
        "verbose": -1,
    }


def _directions(rows: Rows) -> dict[str, Any]:
    """Monotone constraints by column, where there are any."""
    if not rows.directions:
        return {}
    return {"monotone_constraints": [rows.directions.get(column, 0) for column in range(rows.features.shape[1])]}


def _silenced(rows: Rows, recipe: Recipe) -> dict[str, Any]:
    """No gain by columns that nothing is learned from, where there are any."""
    silent = recipe.silent(rows)
    return (
        {"feature_contri": [float(column not in silent) for column in range(rows.features.shape[1])]} if silent else {}
    )
