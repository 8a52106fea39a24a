"""How a model is best grown, chosen on rows later than those that teach: memory, trees, when to stop, the linear term.

The blocks before the test are scored by models of the rows before them, as those that ship will be used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.histories.rows import Rows
from training.histories.split import Split
from training.learning.fit import (
    Memory,
    Recipe,
    averaged,
    choosing_loss,
    grow,
    grow_forests,
    levelled_loss,
    linear_terms,
    probabilities,
    probabilities_of,
    staged_scores,
)
from training.learning.search import Trial, best, few_teach, past_days, search
from training.progress import Progress
from training.report.metrics import losses_of

Floats = NDArray[np.float64]

TRIAL_ROUNDS = 50
TRIAL_LEARNING_RATE = 0.15
TRIAL_CELLS = 12_000
"""Trials of how fast to forget read at most this many rows, evenly spaced; fewer where each has many classes."""
MEMORIES = (Memory(), *map(Memory, (730.0, 365.0, 60.0, 21.0)), Memory(21.0, window_days=42.0))
"""Ways to forget that are tried where the history is long enough for them, the plainest first: a tie keeps it."""
SEASONS_ROUNDS = 100
SEASONS_WORTH = 0.001
"""Log loss by which the season must serve in a short trial."""
FORESTS = 4
"""Forests that are averaged where few rows teach a risk: see docs/decisions/0023."""
SMALL_LEAVES, SMALL_LEAST = 7, 10
"""Trees of few cuts, which may look at small groups."""
ROUND_SHARES = (1.0, 0.75, 0.5, 0.25)
"""Of the recipe's rounds, all of them first: a tie keeps them."""
BOLDNESS = (1.0, 0.25)
"""What of the strengths that the rows teach the linear term is given: where rates drift, less."""
TREE_SHARES = (1.0, 0.75, 0.5, 0.25)
"""What the trees may count beside a linear term, trees alone first: a tie keeps them."""


@dataclass(frozen=True)
class Chosen:
    """A recipe, and each block's raw scores by a model of the rows before it."""

    recipe: Recipe
    scores: list[Floats]
    trials: tuple[Trial, ...] = ()
    """What else was tried, in its order."""


@dataclass(frozen=True)
class Effort:
    """How hard to look for a recipe, with what: `trials` of the search, 0 for the quick way alone."""

    trials: int
    threads: int
    seed: int


def choose(rows: Rows, split: Split, recipe: Recipe, effort: Effort, progress: Progress, says: str) -> Chosen:
    """The recipe with its memory, its trees and, for a risk, its linear term chosen, one after another."""
    threads, seed = effort.threads, effort.seed
    recipe = choose_memory(rows, split, replace(recipe, seasons=False if rows.seasonal else None), threads, seed)
    recipe = choose_seasons(rows, split, recipe, threads, seed)
    recipe = choose_breadth(rows, split, recipe, threads, seed)
    recipe, trees = choose_cuts(rows, split, recipe, threads, seed)
    tried: tuple[Trial, ...] = ()
    if effort.trials:
        tried = tuple(progress.count(search(rows, split, recipe, effort.trials, threads, seed), says, effort.trials))
        found = best(tried, split.timeless)
        found = replace(found, forests=FORESTS) if few_teach(rows, split) else found
        trees = trees if found == recipe else _block_scores(rows, split, found, threads, seed)
        recipe = found
    chosen = Chosen(recipe, trees) if rows.classes > 1 else choose_linear(rows, split, recipe, trees)
    return replace(chosen, trials=tried)


def choose_memory(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> Recipe:
    """The recipe with the memory that gives the later blocks the lowest log loss in a short trial."""
    trial = quick(recipe)
    past = past_days(rows, split)
    tried = [memory for memory in MEMORIES if memory.matters(past)]
    if len(tried) == 1:
        return replace(recipe, memory=tried[0])
    losses = [_trial_loss(rows, split, replace(trial, memory=memory), threads, seed) for memory in tried]
    return replace(recipe, memory=tried[int(np.argmin(losses))])


def choose_seasons(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> Recipe:
    """The recipe with the season read where a short trial is the better for it, and worse on none of the later blocks.

    Twelve months are many words to learn by heart: where no season tells, to read it costs more than it brings. Steep
    trees learn so much by heart that the trial would tell chance; small ones grown slowly tell seasons.
    """
    if not rows.seasonal:
        return recipe
    trial = replace(recipe, rounds=SEASONS_ROUNDS, leaves=SMALL_LEAVES, least_in_leaf=SMALL_LEAST, forests=1)
    losses = [
        [float(_block_losses(rows, block, each, threads, seed).mean()) for block in split.blocks]
        for each in (trial, replace(trial, seasons=True))
    ]
    gains = np.array(losses[0]) - np.array(losses[1])
    worth = gains.min() >= 0.0 and gains.mean() > SEASONS_WORTH
    return replace(recipe, seasons=True) if worth else recipe


def choose_breadth(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> Recipe:
    """The recipe with what goes on around a case read or not, where few rows teach a risk: a tie reads less.

    How common a case's values are and how busy its parties were is dozens of columns. In many a history they tell the
    storm that breaks promises; few rows without one learn them by heart. To be left unread they must serve neither the
    blocks together nor the latest, which is the likest to what comes. Both are tried as the model would be grown, with
    random cuts, because quick trees and small ones were swayed by chance.
    """
    if not rows.background or split.timeless or not few_teach(rows, split):
        return recipe
    trial = replace(recipe, random_cuts=True, forests=1)
    read, unread = (_both_losses(rows, split, replace(trial, narrow=narrow), threads, seed) for narrow in (False, True))
    narrow = unread[-1] <= read[-1] and float(np.mean(unread)) <= float(np.mean(read))
    return replace(recipe, narrow=narrow)


def _both_losses(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> list[float]:
    """The loss of each block that the search minimises."""
    scores = _block_scores(rows, split, recipe, threads, seed)
    return [
        choosing_loss(part.truth, probabilities_of(raw), part.selection)
        for part, raw in ((rows.at(slice(*block)), raw) for block, raw in zip(split.blocks, scores, strict=True))
    ]


def quick(recipe: Recipe) -> Recipe:
    """The recipe with few and steep rounds, for trials."""
    return replace(recipe, rounds=TRIAL_ROUNDS, learning_rate=TRIAL_LEARNING_RATE, forests=1)


def choose_cuts(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> tuple[Recipe, list[Floats]]:
    """The recipe with its rounds and, where few rows teach a risk, its cuts chosen, and the blocks' raw scores.

    What one cut of few rows tells is half chance, which random cuts even out, or trees of few cuts; each says less, so
    that twice as many are grown. Labels, which grow a tree each a round, would pay for it in every explanation. Small
    trees are tried without times alone: where rates drift, blocks that prefer them are no sign of what comes.
    """
    tried = [recipe]
    if few_teach(rows, split):
        many = replace(recipe, rounds=2 * recipe.rounds)
        tried.append(replace(many, random_cuts=True))
        if split.timeless:
            tried.append(replace(many, leaves=SMALL_LEAVES, least_in_leaf=SMALL_LEAST))
    found = [choose_rounds(rows, split, each, threads, seed) for each in tried]
    return min(found, key=lambda each: _levelled(rows, split, each[1]))


def choose_rounds(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> tuple[Recipe, list[Floats]]:
    """The recipe with the rounds, of a few shares of its own, that serve all blocks best, and the blocks' raw scores.

    All blocks have their say: one alone stops too early where rates drift.
    """
    tried = [max(1, round(share * recipe.rounds)) for share in ROUND_SHARES]
    stages = [
        staged_scores(grow(rows.at(split.teachers(block)), recipe, threads, seed), rows.features[slice(*block)], tried)
        for block in split.blocks
    ]
    each = {rounds: [stage[rounds] for stage in stages] for rounds in tried}
    best = min(tried, key=lambda rounds: _levelled(rows, split, each[rounds]))
    return replace(recipe, rounds=best), each[best]


def _block_scores(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> list[Floats]:
    """Each block's raw scores by trees of the rows that teach who is asked about it."""
    return [
        averaged(grow_forests(rows.at(split.teachers(block)), recipe, threads, seed), rows.features[slice(*block)])
        for block in split.blocks
    ]


def choose_linear(rows: Rows, split: Split, recipe: Recipe, trees: list[Floats]) -> Chosen:
    """The recipe with the linear term, and the trees' share beside it, that tell the blocks' cases apart best.

    Where few rows are spread over years, what is known of other cases is old and rests on few: a term learns dozens of
    such columns by heart, which trees look at one by one. It then reads what a case says itself.
    """
    best, least = Chosen(recipe, trees), _levelled(rows, split, trees)
    recipe = replace(recipe, alone=True) if rows.seasonal and few_teach(rows, split) else recipe
    terms = [linear_terms(rows.at(split.teachers(block)), recipe, BOLDNESS) for block in split.blocks]
    for number, boldness in enumerate(BOLDNESS):
        linear = [
            each[number].raw_batch(rows.features[start:end])[:, None]
            for each, (start, end) in zip(terms, split.blocks, strict=True)
        ]
        for share in TREE_SHARES[1:]:
            mixed = [share * tree + (1.0 - share) * line for tree, line in zip(trees, linear, strict=True)]
            loss = _levelled(rows, split, mixed)
            if loss < least:
                best, least = Chosen(replace(recipe, boldness=boldness, tree_share=share), mixed), loss
    return best


def _levelled(rows: Rows, split: Split, scores: list[Floats]) -> float:
    """The mean levelled loss over the blocks, by raw scores."""
    each = [
        levelled_loss(part.truth, probabilities_of(raw), part.selection)
        for part, raw in ((rows.at(slice(*block)), raw) for block, raw in zip(split.blocks, scores, strict=True))
    ]
    return float(np.mean(each))


def _trial_loss(rows: Rows, split: Split, recipe: Recipe, threads: int, seed: int) -> float:
    losses = [_block_losses(rows, block, recipe, threads, seed) for block in split.blocks]
    counts = None if rows.selection is None else np.concatenate([rows.selection[slice(*each)] for each in split.blocks])
    return float(np.average(np.concatenate(losses), weights=counts))


def _block_losses(rows: Rows, block: tuple[int, int], recipe: Recipe, threads: int, seed: int) -> Floats:
    start, end = block
    step = max(1, start * rows.classes // TRIAL_CELLS)
    booster = grow(rows.at(slice(start % step, start, step)), recipe, threads, seed)
    return losses_of(rows.truth[start:end], probabilities(booster, rows.features[start:end]))
