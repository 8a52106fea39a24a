"""How long one answer takes: features, score and exact contributions of one case, in milliseconds.

    python -m benchmarks.answer_time BUNDLE

The cases are the golden ones of the bundle, each asked so many times in turn; medians are told. `answer` is what a
service waits for: features from the case, the probability, contributions of every feature and their sentences. The
last line says which kernel computed score and contributions; FAIRLEAD_KERNEL=numpy times the other one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from models.bundle import open_bundle
from models.files import BundleError
from models.kernel import told
from models.predictors import ModelPredictor
from models.task_model import TaskModel

ROUNDS = 25
HEAD = "| task | trees | leaves | features | features, ms | score, ms | contributions, ms | answer, ms |"


def main(bundle: Annotated[Path, typer.Argument(help="The folder of a bundle.")]) -> None:
    """Time every task of a bundle and print a table in Markdown."""
    try:
        models = {task: entry.model for task, entry in open_bundle(bundle).models.items()}
    except BundleError as error:
        raise typer.BadParameter(str(error), param_hint="BUNDLE") from None
    typer.echo(f"{HEAD}\n| --- |{' ---: |' * 7}")
    for task, model in models.items():
        size = (len(model.score.trees.tree_class), len(model.score.trees.leaf_value), model.score.n_features)
        typer.echo(f"| {task.value} | {' | '.join(f'{each:,}' for each in size)} | {_told(milliseconds(model))} |")
    typer.echo(f"\nKernel: {told()}.")


def milliseconds(model: TaskModel) -> tuple[float, ...]:
    """Medians over the golden cases: features, raw score, contributions, the whole answer."""
    predictor, features = ModelPredictor(model, "timed"), model.features()
    explained = [
        (golden.case, golden.standing, features.vector(golden.case, golden.standing)) for golden in model.golden
    ]
    steps: tuple[Callable[[int], object], ...] = (
        lambda at: features.vector(*explained[at][:2]),
        lambda at: model.score.raw(explained[at][2]),
        lambda at: model.score.contributions(explained[at][2], 0),
        lambda at: predictor.predict(*explained[at][:2]),
    )
    return tuple(median(_took(step, at) for _ in range(ROUNDS) for at in range(len(explained))) for step in steps)


def _took(step: Callable[[int], object], at: int) -> float:
    begun = time.perf_counter()
    step(at)
    return 1000 * (time.perf_counter() - begun)


def _told(times: tuple[float, ...]) -> str:
    return " | ".join(f"{each:.2f}" for each in times)


if __name__ == "__main__":
    typer.run(main)
