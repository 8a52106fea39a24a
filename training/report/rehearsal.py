"""What a rehearsal leaves to look at: the rows it knew, the later ones it was measured on, and what it said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.histories.rows import Rows
from training.histories.split import Split

if TYPE_CHECKING:
    from models.task_model import TaskModel

Floats = NDArray[np.float64]

EXPLAINED = 200
"""Latest rows that are explained for pictures and cards, evenly spaced."""


@dataclass(frozen=True)
class Rehearsal:
    """The rows that were kept and where they were cut.

    `said` are probabilities float64[m, k] of the rows from the first block on, each by a model of the rows before it;
    `rules` those of the rules for the latest rows alone.
    """

    rows: Rows
    split: Split
    said: Floats
    rules: Floats

    @property
    def latest(self) -> Rows:
        """The rows that the rehearsal was measured on."""
        return self.rows.at(self.split.latest)

    @property
    def probabilities(self) -> Floats:
        """What was said of the latest rows."""
        return self.said[self.split.test - self.split.blocks[0][0] :]

    def measured(self, base: Floats) -> Measured:
        """The latest rows with what was said of them; `base` float64[n, k] is what the base rate says."""
        rows = self.latest
        return Measured(rows.features, rows.truth, self.probabilities, self.rules, base, rows.selection)


@dataclass(frozen=True)
class Explained:
    """Some of the latest rows with the exact contributions to the raw score of the answer, both float64[n, k]."""

    features: Floats
    contributions: Floats


@dataclass(frozen=True)
class Measured:
    """The cases that a rehearsal was measured on, float64[n, k] and int64[n], and what each side said of them."""

    features: Floats
    truth: NDArray[np.int64]
    model: Floats
    rules: Floats
    base: Floats
    selection: Floats | None = None
    """What each case counts for because of why its outcome is known; None where all count alike."""


def explain(model: TaskModel, latest: Floats) -> Explained:
    """The contributions that the model which ships gives for at most `EXPLAINED` of the latest rows float64[n, k]."""
    rows = latest[:: max(1, len(latest) // EXPLAINED)][:EXPLAINED]
    answered = model.score.raw_batch(rows).argmax(axis=1)
    each = [model.score.contributions(row, int(label)) for row, label in zip(rows, answered, strict=True)]
    return Explained(rows, np.array(each))
