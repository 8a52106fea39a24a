"""Both bundles on the later cases of one task: what each says of every case, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.record import digest_of
from data.vocabulary import Task
from features.catalogue import feature_set
from models.task_model import TaskModel
from training.evaluate import calibrated
from training.promotion.window import Later

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """One bundle's model on the rows: its features, and its probabilities as they are served."""

    model: TaskModel
    features: Floats
    probabilities: Floats


@dataclass(frozen=True)
class Pair:
    """Both sides on the same rows, in time order."""

    task: Task
    truth: Truth
    groups: Truth
    rows: NDArray[np.intp]
    """Positions of the rows among the later cases."""
    champion: Side
    challenger: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Champion, then challenger."""
        return self.champion, self.challenger


class Matrices:
    """The facts of the later cases; tasks and sides that declare the same attributes share them."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str, bool], Floats] = {}

    def of(self, model: TaskModel, later: Later, rows: NDArray[np.intp]) -> Floats:
        """The model's features of these rows float64[n, k]."""
        shelf = model.task is Task.STOCKOUT
        key = (id(later), digest_of(model.attributes), shelf)
        if key not in self._made:
            fit = [each for each in later.known if not shelf or each[0].at_stake is not None]
            self._made[key] = feature_set(model.task, model.attributes).matrix(fit)
        whole = self._made[key][_places(later, rows) if shelf else rows]
        return model.complete(whole, [later.known[row][0].message for row in rows])


def _places(later: Later, rows: Sequence[int] | NDArray[np.intp]) -> NDArray[np.intp]:
    """Where the rows lie among the cases that name a shelf."""
    named = np.cumsum([case.at_stake is not None for case, _ in later.known]) - 1
    return np.asarray(named[rows], np.intp)


def pair(champion: TaskModel, challenger: TaskModel, theirs: Later, its: Later, made: Matrices) -> Pair:
    """Both models on the cases whose outcome tells the truth of their task."""
    truth = its.truth(challenger.task)
    rows = np.flatnonzero(truth >= 0)
    return Pair(
        task=challenger.task,
        truth=truth[rows],
        groups=its.groups[rows],
        rows=rows,
        champion=_side(champion, theirs, rows, made),
        challenger=_side(challenger, its, rows, made),
    )


def _side(model: TaskModel, later: Later, rows: NDArray[np.intp], made: Matrices) -> Side:
    features = made.of(model, later, rows)
    return Side(model, features, calibrated(model, features))
