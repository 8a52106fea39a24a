"""The cases of the later days as a comparison reads them, replayed one by one or read all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]
Places = NDArray[np.intp]


class Later(Protocol):
    """The cases of the later days in time order, as the models of one attribute schema see them."""

    @property
    def n(self) -> int:
        """How many there are, with those whose outcome tells nothing."""
        ...

    @property
    def groups(self) -> Truth:
        """A number for each case's exception: cases of one exception are resampled together."""
        ...

    @property
    def days(self) -> Truth | None:
        """A number for each case's day, where all of a day move together and days are resampled whole; else None."""
        ...

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """The moments of the first and of the last case."""
        ...

    def truth(self, task: Task) -> Truth:
        """The label's index, 0 or 1 for a risk; -1 where the outcome does not tell."""
        ...

    def facts(self, task: Task, attributes: AttributeSchema) -> Floats:
        """The features of all cases that have any for the task, without those of the message: float64[n, k]."""
        ...

    def places(self, task: Task, rows: Places) -> Places:
        """Where some cases stand among those that have features for the task."""
        ...

    def messages(self, rows: Places) -> list[str | None]:
        """What the messages of some cases say."""
        ...

    def cases(self, rows: Places) -> Sequence[Case]:
        """Some cases, under the promise in force, with all that cuts and prices read of a case."""
        ...

    def asked(self, rows: Places, attributes: AttributeSchema) -> Sequence[tuple[Case, Standing]]:
        """A few of these cases, spread over them, whole and with what was known: to see how long answers take."""
        ...


@dataclass(frozen=True)
class Reading:
    """What was read of a history: the later days by attribute schema, and the answers of its earlier events."""

    later: Later
    answers: Mapping[Task, Mapping[str, int]]
    """By task and event, what the earlier events came to of which the challenger was taught."""
    again: frozenset[str] = frozenset()
    """The events among the later ones of which the challenger keeps that they taught it."""
    earlier: int = 0
    """How many cases were replayed that are not compared; none where all days are read at once."""
