"""Both bundles on the later cases of one task: what each says of every case, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.record import digest_of
from data.vocabulary import Task
from models.task_model import TaskModel
from training.learning.evaluate import calibrated
from training.promotion.later import Floats, Later, Places, Truth


@dataclass(frozen=True)
class Side:
    """One bundle's model on the rows: its features, and its probabilities as it was trained, whatever record it has."""

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
    days: Truth | None = None
    """Each row's day, where days are resampled whole."""

    @property
    def drawn_whole(self) -> Truth:
        """What a resample holds whole: the day, where all of a day move together, else the exception."""
        return self.groups if self.days is None else self.days

    @property
    def sides(self) -> tuple[Side, Side]:
        """Champion, then challenger."""
        return self.champion, self.challenger


class Matrices:
    """The facts of the later cases; tasks and sides that declare the same attributes share them."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str, bool], Floats] = {}

    def of(self, model: TaskModel, later: Later, rows: Places) -> Floats:
        """The model's features of these rows float64[n, k]."""
        key = (id(later), digest_of(model.attributes), model.task is Task.STOCKOUT)
        if key not in self._made:
            self._made[key] = later.facts(model.task, model.attributes)
        whole, places = self._made[key], later.places(model.task, rows)
        # Rows ascend: so many are all of them, and many of them are not copied.
        own = whole if len(places) == len(whole) else whole[places]
        return model.complete(own, later.messages(rows))


def pair(champion: TaskModel, challenger: TaskModel, theirs: Later, its: Later, made: Matrices) -> Pair:
    """Both models on the cases whose outcome tells the truth of their task."""
    truth = its.truth(challenger.task)
    rows = np.flatnonzero(truth >= 0)
    return Pair(
        task=challenger.task,
        truth=truth[rows],
        groups=its.groups[rows],
        days=None if its.days is None else its.days[rows],
        rows=rows,
        champion=_side(champion, theirs, rows, made),
        challenger=_side(challenger, its, rows, made),
    )


def _side(model: TaskModel, later: Later, rows: NDArray[np.intp], made: Matrices) -> Side:
    features = made.of(model, later, rows)
    return Side(model, features, calibrated(model, features))
