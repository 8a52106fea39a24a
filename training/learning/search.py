"""A search for the recipe of the trees: Optuna proposes, blocks later than those that teach decide, the rest is pruned.

Every trial is scored as the model that ships will be used: on each block by trees of the rows before it. What it is
to find is a low log loss and, as much, a low one after the block's own level is known: rates drift, and the level is
the calibrator's work. The search proposes with a seed and one trial after another, so it finds the same twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray

from training.histories.rows import DAY, Rows
from training.histories.split import Split
from training.learning.fit import Memory, Recipe, choosing_loss, grow, probabilities

Floats = NDArray[np.float64]

MOST_CELLS = 250_000
"""A trial reads at most this many rows (fewer where each has many classes), evenly spaced: it compares recipes."""
FEW_ROWS = 30_000
"""Up to so many rows before the blocks, random cuts and small trees are tried too: of 40,000 they were worth little."""
MOST_ROUNDS = 600
WARM_UP = 5
"""Trials that are finished before one is pruned."""
HALF_LIVES: tuple[float | None, ...] = (None, 730.0, 365.0, 60.0, 30.0, 21.0, 14.0, 7.0)
WINDOWS: tuple[float | None, ...] = (None, 90.0, 42.0, 28.0)

optuna.logging.set_verbosity(optuna.logging.ERROR)


@dataclass(frozen=True)
class Trial:
    """A recipe that was tried: its loss on the blocks it was scored on; `pruned` where it was given up on the way."""

    recipe: Recipe
    losses: tuple[float, ...]
    pruned: bool

    @property
    def loss(self) -> float:
        """The mean over the blocks."""
        return float(np.mean(self.losses))


def search(rows: Rows, split: Split, first: Recipe, trials: int, threads: int, seed: int) -> Iterator[Trial]:
    """Try `first` and then what Optuna proposes, one after another, as they are done."""
    data, split = _thinned(rows, split)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(WARM_UP, trials // 3)),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=WARM_UP),
    )
    study.enqueue_trial(_parameters(first))
    study.enqueue_trial(_parameters(replace(first, random_cuts=True, features_per_tree=0.8)))
    if few_teach(rows, split):
        for each in for_few_rows(first, split.timeless):
            study.enqueue_trial(_parameters(each))
    past = past_days(rows, split)
    for _ in range(trials):
        asked = study.ask()
        recipe = _proposed(asked, first, past, split.timeless)
        losses: list[float] = []
        pruned = False
        for number, block in enumerate(reversed(split.blocks)):  # The latest first: it is the likest to what comes.
            losses.append(_loss(data, split, block, recipe, threads, seed))
            asked.report(float(np.mean(losses)), number)
            pruned = number + 1 < len(split.blocks) and asked.should_prune()
            if pruned:
                break
        if pruned:
            study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(asked, float(np.mean(losses)))
        yield Trial(recipe, tuple(losses), pruned)


def few_teach(rows: Rows, split: Split) -> bool:
    """Whether few rows teach a risk: what one cut, one draw of features or one leaf tells is then half chance."""
    return rows.classes == 1 and split.fewest_teachers <= FEW_ROWS


def for_few_rows(first: Recipe, timeless: bool) -> Iterator[Recipe]:
    """What often suits few rows: more and smaller trees that dare less; without times trees that dare more, too.

    Where rates drift, what small groups told is soon another, though the blocks may not say so.
    """
    many = replace(first, rounds=min(2 * first.rounds, MOST_ROUNDS))
    yield replace(many, leaves=12, least_in_leaf=20, shrinkage=10.0)
    if timeless:
        yield replace(many, leaves=7, least_in_leaf=10, shrinkage=1.0)
        yield replace(many, leaves=16, least_in_leaf=10, shrinkage=1.0, random_cuts=True, features_per_tree=1.0)
        yield replace(first, leaves=16, least_in_leaf=5, shrinkage=1.0, features_per_tree=0.8)


def best(tried: Sequence[Trial], timeless: bool = False) -> Recipe:
    """The recipe with the lowest loss of those that no block rejects: none is worse there than with the first recipe.

    Where rates drift, the lowest mean alone is often one lucky block. Without times none drifts.
    """
    first = tried[0]
    sound = [
        trial
        for trial in tried
        if not trial.pruned
        and (timeless or all(one <= other for one, other in zip(trial.losses, first.losses, strict=True)))
    ]
    return min(sound, key=lambda trial: trial.loss).recipe


def past_days(rows: Rows, split: Split) -> float:
    """Days before the first block; 0 where all rows are of one moment."""
    return float(rows.times[split.blocks[0][0]] - rows.times[0]) / DAY


def _proposed(asked: optuna.Trial, first: Recipe, past: float, timeless: bool) -> Recipe:
    rounds = asked.suggest_int("rounds", min(150, first.rounds), max(MOST_ROUNDS, first.rounds), log=True)
    return replace(
        first,
        rounds=rounds,
        leaves=asked.suggest_int("leaves", 4 if timeless else 5, max(40, first.leaves), log=True),
        least_in_leaf=asked.suggest_int("least_in_leaf", 5 if timeless else 10, 200, log=True),
        features_per_tree=asked.suggest_float("features_per_tree", 0.15, 1.0),
        shrinkage=asked.suggest_float("shrinkage", 0.1, 30.0, log=True),
        random_cuts=asked.suggest_categorical("random_cuts", (False, True)),
        memory=Memory(
            _days(asked, "half_life_days", [each for each in HALF_LIVES if Memory(each).matters(past)]),
            _days(asked, "window_days", [each for each in WINDOWS if Memory(window_days=each).matters(past)]),
        ),
    )


def _days(asked: optuna.Trial, name: str, choices: Sequence[float | None]) -> float | None:
    found = asked.suggest_categorical(name, choices)
    return None if found is None else float(found)


def _parameters(recipe: Recipe) -> dict[str, Any]:
    return {
        "rounds": recipe.rounds,
        "leaves": recipe.leaves,
        "least_in_leaf": recipe.least_in_leaf,
        "features_per_tree": recipe.features_per_tree,
        "shrinkage": recipe.shrinkage,
        "random_cuts": recipe.random_cuts,
        "half_life_days": recipe.memory.half_life_days,
        "window_days": recipe.memory.window_days,
    }


def _loss(rows: Rows, split: Split, block: tuple[int, int], recipe: Recipe, threads: int, seed: int) -> float:
    asked = rows.at(slice(*block))
    each = probabilities(grow(rows.at(split.teachers(block)), recipe, threads, seed), asked.features)
    return choosing_loss(asked.truth, each, asked.selection)


def _thinned(rows: Rows, split: Split) -> tuple[Rows, Split]:
    """Evenly spaced rows before the test, and where the blocks lie among them."""
    step = max(1, -(-split.test * rows.classes // MOST_CELLS))
    blocks = tuple((-(-start // step), -(-end // step)) for start, end in split.blocks)
    data = rows.at(slice(0, split.test, step))
    return data, replace(split, blocks=blocks, test=len(data.truth), n=len(data.truth))
