"""Two pictures of a model on the latest days: do its probabilities come true, and what moves its scores.

SHAP's own summary plot draws our exact contributions, those that stand in every answer.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("Agg")

import shap
from matplotlib import pyplot
from matplotlib.figure import Figure

from data.vocabulary import Task
from models.task_model import TaskModel
from training.metrics import calibration_bins

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

EXPLAINED = 200
SHOWN = 15


def reliability(path: Path, task: Task, truth: Truth, probabilities: Floats) -> None:
    """Draw probability against observed rate, bin by bin; of the likeliest label where the task has labels."""
    happened = truth if task.is_risk else probabilities.argmax(axis=1) == truth
    said = probabilities.max(axis=1)
    bins = calibration_bins(happened, said)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([each[0] for each in bins], [each[1] for each in bins], marker="o")
    axes.set(xlabel="probability said", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"{task.value}: {len(truth):,} latest cases")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def summary(path: Path, model: TaskModel, features: Floats) -> None:
    """Draw what moves the raw score of the model's answer, over at most `EXPLAINED` evenly spaced rows."""
    rows = features[:: max(1, len(features) // EXPLAINED)][:EXPLAINED]
    names = [each.replace("_", " ") for each in model.features().names]
    shap.summary_plot(
        _contributions(model, rows),
        rows,
        feature_names=names,
        max_display=SHOWN,
        show=False,
        rng=np.random.default_rng(0),
    )
    figure = pyplot.gcf()
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)


def _contributions(model: TaskModel, rows: Floats) -> Floats:
    answered = model.score.raw_batch(rows).argmax(axis=1)
    each = [model.score.contributions(row, int(label)) for row, label in zip(rows, answered, strict=True)]
    return np.array(each)
