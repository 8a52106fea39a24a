"""Whether the cases that come in are still those the models learned from: measured on the latest decisions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from data.vocabulary import Task
from models.bundle import Bundle
from models.drift import drift_report
from models.performance import FEWEST
from serving.identifiers import Clock
from serving.in_force import InForce
from serving.models.decided import Decided, later_of, latest, stake_of
from serving.models.drift_schemas import ModelsDrift, TaskDrift
from serving.store import shelves
from serving.store.engine import Database
from serving.store.shelves import ShelfAnswer
from serving.track_records import records_of

USUAL = 1_000
"""Decisions looked at where nobody says how many."""
MOST = 5_000
FRESH_FOR = timedelta(minutes=5)
"""How long a measurement stands for `/metrics`, which is scraped far more often than cases change."""


class DriftService:
    """Measures drift from what the store keeps of every decision; numpy alone."""

    def __init__(self, database: Database, in_force: InForce, clock: Clock) -> None:
        self._database = database
        self._in_force = in_force
        self._clock = clock
        self._turn = threading.Lock()
        self._measured: tuple[datetime, ModelsDrift] | None = None

    def report(self, count: int = USUAL) -> ModelsDrift:
        """The latest `count` decisions beside the profiles of the models in force.

        Of shelves asked about by themselves, as many of the last days, drawn by lot.
        """
        bundle = self._in_force.bundle
        predictor = bundle.models.get(Task.STOCKOUT) if bundle else None
        now = self._clock()
        with self._database.read() as connection:
            found = latest(connection, count)
            asked = shelves.sample(connection, predictor.version, count) if predictor else []
            records = records_of(connection, bundle, now)
        moments = [*(each.issued_at for each in found), *(each.answered_at for each in asked)]
        return ModelsDrift(
            decisions=len(found),
            shelves=len(asked),
            since=min(moments, default=None),
            until=max(moments, default=None),
            tasks=tuple(
                self._task(task, bundle, found, asked if task is Task.STOCKOUT else (), now).model_copy(
                    update={"records": records.get(task, ())}
                )
                for task in Task
            ),
        )

    def recent(self) -> ModelsDrift:
        """A report that is a few minutes old at most."""
        with self._turn:
            now = self._clock()
            if self._measured is None or now - self._measured[0] >= FRESH_FOR:
                self._measured = now, self.report()
            return self._measured[1]

    def _task(
        self,
        task: Task,
        bundle: Bundle | None,
        found: Sequence[Decided],
        asked: Sequence[ShelfAnswer],
        now: datetime,
    ) -> TaskDrift:
        predictor = bundle.models.get(task) if bundle else None
        if predictor is None:
            return TaskDrift(task=task, decisions=0, reason="no_model")
        mine = [each for each in found if each.by(task, predictor.version)]
        told = TaskDrift(task=task, decisions=len(mine), shelves=len(asked))
        profile = predictor.model.profile
        if profile is None:
            return told.model_copy(update={"reason": "no_profile"})
        if len(mine) + len(asked) < FEWEST:
            return told.model_copy(update={"reason": "too_few_decisions"})
        features = predictor.model.features()
        at_stake = stake_of(task, mine, asked, self._in_force.policy)
        later = later_of(task, features, mine, asked, now)
        report = drift_report(task, profile, later, features.names, at_stake)
        return told.model_copy(update={"report": report})
