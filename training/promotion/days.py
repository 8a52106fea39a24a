"""The later days of a daily table, all at once: what replaying its questions one by one would give, for millions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.record import digest_of
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import feature_set
from policies.policy import Policy
from policies.promise import promised
from training.daily.history import CaseWriter, DailyHistory, daily_study, questions_of
from training.errors import HistoryError
from training.histories.dataset import Study
from training.histories.truth import UNKNOWN
from training.progress import Progress
from training.promotion.answering import ASKED
from training.promotion.later import Floats, Places, Reading, Truth


class LaterDays:
    """The questions about the days from one on; see `Later`. Only stock-outs have features and answers."""

    def __init__(self, history: DailyHistory, first: int, policy: Policy) -> None:
        self._history, self._policy = history, policy
        self._later = np.zeros(history.grid.shape, bool)
        self._later[:, first:] = True
        self._shelf, self._day = questions_of(history.grid.exists & self._later)
        self._studies: dict[str, Study] = {}

    @property
    def n(self) -> int:
        """All questions, also those that were not asked."""
        return len(self._day)

    @cached_property
    def groups(self) -> Truth:
        """Every question is an exception of its own, numbered in the order of their ids."""
        names = np.array([f"{name}." for name in self._writer.names])
        order = np.unique(names, return_inverse=True)[1][self._shelf]
        numbers = np.unique(order * self._history.grid.shape[1] + self._day, return_inverse=True)[1]
        return np.asarray(numbers, np.int64)

    @property
    def days(self) -> Truth:
        """A promotion or the weather moves all shelves of a day."""
        return np.asarray(self._day, np.int64)

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """The first and the last day, as they begin."""
        grid = self._history.grid
        return grid.moment(int(self._day[0])), grid.moment(int(self._day[-1]))

    def truth(self, task: Task) -> Truth:
        """Whether the shelf ran empty."""
        if task is not Task.STOCKOUT:
            return np.full(self.n, UNKNOWN, np.int64)
        answered, empty = (each[self._shelf, self._day] for each in (self._answered, self._history.grid.empty))
        return np.where(answered, np.nan_to_num(empty), UNKNOWN).astype(np.int64)

    def facts(self, task: Task, attributes: AttributeSchema) -> Floats:
        """The features of the questions that have an answer; of another task none has."""
        if task is not Task.STOCKOUT:
            return np.empty((0, len(feature_set(task, attributes).names)))
        return self._studied(attributes).known(task).facts

    def places(self, task: Task, rows: Places) -> Places:
        """Where some stand among the questions that have an answer."""
        return np.asarray((np.cumsum(self.truth(task) != UNKNOWN) - 1)[rows], np.intp)

    def messages(self, rows: Places) -> list[str | None]:
        """Nobody wrote any."""
        return [None] * len(rows)

    def cases(self, rows: Places) -> Sequence[Case]:
        """For every question the case of one about the same day and region, without the days before it."""
        made: dict[tuple[int, str | None], Case] = {}
        found = []
        for shelf, day in zip(self._shelf[rows].tolist(), self._day[rows].tolist(), strict=True):
            key = (day, self._regions[shelf])
            if key not in made:
                made[key] = promised(self._writer.case(shelf, day, with_history=False), self._policy)
            found.append(made[key])
        return found

    def asked(self, rows: Places, attributes: AttributeSchema) -> Sequence[tuple[Case, Standing]]:
        """Of all that have an answer."""
        return [(sample.case, sample.standing) for sample in self._studied(attributes).samples]

    def _studied(self, attributes: AttributeSchema) -> Study:
        digest = digest_of(attributes)
        if digest not in self._studies:
            grid, mapping = self._history.grid, self._history.mapping
            self._studies[digest] = daily_study(grid, self._later, mapping, attributes, self._policy, ASKED)[0]
        return self._studies[digest]

    @cached_property
    def _writer(self) -> CaseWriter:
        return CaseWriter(self._history.grid, self._history.mapping)

    @cached_property
    def _answered(self) -> NDArray[np.bool_]:
        return self._history.grid.answered()

    @cached_property
    def _regions(self) -> list[str | None]:
        labels = self._history.grid.labels
        return labels["region"].tolist() if "region" in labels else [None] * self._history.grid.shape[0]


def read_later_days(
    history: DailyHistory, after: datetime, taught: Collection[str], policy: Policy, progress: Progress
) -> Reading:
    """The questions about the days after a moment, and what those about earlier ones came to of events in `taught`.

    Raises:
        HistoryError: no earlier day in the table, so that nothing would be known of any shelf.
    """
    progress.step(f"reading {history.name}")
    grid = history.grid
    first = next((day for day in range(grid.shape[1]) if grid.moment(day) > after), grid.shape[1])
    if first == 0:
        raise HistoryError(
            f"{history.name} begins after {after:%Y-%m-%d}, up to when the bundles learned, and a shelf is judged by "
            "its days before: give the table with the earlier days too"
        )
    return Reading(LaterDays(history, first, policy), {Task.STOCKOUT: _answers(history, first, taught)})


def _answers(history: DailyHistory, first: int, taught: Collection[str]) -> dict[str, int]:
    answered = history.grid.answered()
    answered[:, first:] = False
    shelf, day = questions_of(answered)
    keys = CaseWriter(history.grid, history.mapping).keys(shelf, day)
    return {keys[at]: int(history.grid.empty[shelf[at], day[at]]) for at in keys.among(taught).tolist()}
