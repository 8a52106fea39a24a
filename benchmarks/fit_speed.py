"""From a matrix to a fitted model: `training.learning.fit` beside a bare LightGBM script with the same parameters.

    python -m benchmarks.fit_speed

A million simulated rows of sixty features, some of them categories, some values missing. Both sides run in one process,
taking turns, on the same matrix; the parameters of the bare script are those that our trees were grown with. The
linear term stands on a line of its own: it is no part of the bare script.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import lightgbm
import numpy as np
import typer

from data.console import console
from training.histories.rows import DAY, Rows
from training.learning.fit import Recipe, fit, linear_term, risk_recipe
from training.learning.tune import BOLDNESS
from training.progress import Progress
from training.terminal import progress_on

GOAL = 1.3
CATEGORIES = 6
LEVELS = 30
MISSING = 0.05
SEED = 0


@dataclass(frozen=True)
class Timed:
    """Seconds of each turn."""

    ours: list[float]
    bare: list[float]
    linear: list[float]

    @property
    def ratio(self) -> float:
        """Ours over the bare script, by the quickest turn of each: other work on the machine only ever adds."""
        return min(self.ours) / min(self.bare)


def main(
    rows: Annotated[int, typer.Option(min=1_000)] = 1_000_000,
    features: Annotated[int, typer.Option(min=CATEGORIES + 1)] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="Trees.")] = 100,
    turns: Annotated[int, typer.Option(min=1, help="How often each side fits.")] = 3,
    threads: Annotated[int, typer.Option(min=1, help="Cores.")] = 2,
) -> None:
    """Time both, print a table in Markdown and the ratio."""
    with progress_on(console(stderr=True)) as progress:
        progress.step("simulating the matrix")
        matrix = simulated(rows, features)
        recipe = replace(risk_recipe(rows), rounds=rounds)
        timed = taking_turns(matrix, recipe, turns, threads, progress)
    typer.echo(table(timed, matrix, recipe))


def simulated(n: int, k: int) -> Rows:
    """Rows of a year in time order; the first columns hold codes, and a few columns tell the truth."""
    rng = np.random.default_rng(SEED)
    features = rng.normal(size=(n, k))
    features[:, :CATEGORIES] = rng.integers(0, LEVELS, (n, CATEGORIES))
    effect = rng.normal(0.0, 0.5, LEVELS)
    score = effect[features[:, 0].astype(np.int64)] + features[:, CATEGORIES : CATEGORIES + 8].sum(axis=1) / 2 - 1.0
    truth = (rng.random(n) < 1.0 / (1.0 + np.exp(-score))).astype(np.int64)
    features[rng.random((n, k)) < MISSING] = np.nan
    return Rows(features, truth, np.linspace(0.0, 365 * DAY, n), tuple(range(CATEGORIES)), 1)


def taking_turns(matrix: Rows, recipe: Recipe, turns: int, threads: int, progress: Progress) -> Timed:
    """Each side in turn, after a small fit that tells the parameters and wakes the library."""
    small = fit(matrix.upto(10_000), replace(recipe, rounds=1), threads, SEED)
    parameters = {name: value for name, value in small.boosters[0].params.items() if name != "num_iterations"}
    timed = Timed([], [], [])
    sides: tuple[tuple[list[float], Callable[[], object]], ...] = (
        (timed.bare, lambda: bare(matrix, parameters, recipe.rounds)),
        (timed.ours, lambda: fit(matrix, recipe, threads, SEED)),
        (timed.linear, lambda: linear_term(matrix, replace(recipe, boldness=BOLDNESS[0]))),
    )
    for _ in progress.count(range(turns), "taking turns", turns):
        for seconds, side in sides:
            begun = time.perf_counter()
            side()
            seconds.append(time.perf_counter() - begun)
    return timed


def bare(matrix: Rows, parameters: dict[str, Any], rounds: int) -> lightgbm.Booster:
    """What somebody would write who has a matrix and LightGBM."""
    data = lightgbm.Dataset(
        matrix.features, matrix.truth, categorical_feature=list(matrix.categories), params={"verbose": -1}
    )
    return lightgbm.train(parameters, data, num_boost_round=rounds)


def table(timed: Timed, matrix: Rows, recipe: Recipe) -> str:
    """The quickest turns, all of them, and the ratio beside the goal."""
    n, k = matrix.features.shape
    heading = f"{n:,} rows, {k} features ({CATEGORIES} categorical), {recipe.rounds} trees of {recipe.leaves} leaves"
    lines = [heading, "", "| | quickest s | every turn |", "| --- | ---: | --- |"]
    for name, seconds in (("bare LightGBM", timed.bare), ("trees", timed.ours), ("linear term alone", timed.linear)):
        lines.append(f"| {name} | {min(seconds):.1f} | {', '.join(f'{each:.1f}' for each in seconds)} |")
    return "\n".join([*lines, "", f"trees / bare LightGBM: {timed.ratio:.2f} (goal: at most {GOAL})"])


if __name__ == "__main__":
    typer.run(main)
