"""Whether the cases that come in are still those the models learned from: measured on the latest decisions."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from data.vocabulary import Task
from models.bundle import Bundle
from models.drift import drift_report
from models.performance import FEWEST
from serving.identifiers import Clock
from serving.in_force import InForce
from serving.models.decided import Compared, delays_by_task, known_of, later_of, latest, settled, stake_of
from serving.models.drift_schemas import ModelsDrift, TaskDrift, Told
from serving.store import shelves
from serving.store.engine import Database
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
        """The latest `count` decisions beside the profiles of the models in force, and what as many came to.

        Of shelves asked about by themselves, as many of the last days, drawn by lot.
        """
        now, bundle = self._clock(), self._in_force.bundle
        predictor = bundle.models.get(Task.STOCKOUT) if bundle else None
        with self._database.read() as connection:
            found = latest(connection, count)
            proven, due = settled(connection, count, now)
            outcomes = Told(due=due, told=len(proven))
            delays = {} if outcomes.enough else delays_by_task(bundle)
            waited = {task: each.counted_by(now) for task, each in delays.items()}
            known = {by: settled(connection, count, by)[0] for by in set(waited.values())} | {now: proven}
            asked = shelves.sample(connection, predictor.version, count) if predictor else []
            records = records_of(connection, bundle, now)
        moments = [*(each.issued_at for each in found), *(each.answered_at for each in asked)]
        seen = {each.recommendation_id for each in found}

        def of(task: Task) -> TaskDrift:
            earlier = [each for each in known[waited.get(task, now)] if each.recommendation_id not in seen]
            compared = Compared(found, earlier, asked if task is Task.STOCKOUT else (), delays.get(task))
            told = self._task(task, bundle, compared, outcomes.hardly_any, now)
            return hedged(told, outcomes).model_copy(update={"records": records.get(task, ())})

        return ModelsDrift(
            bundle=bundle.digest if bundle else None,
            decisions=len(found),
            shelves=len(asked),
            since=min(moments, default=None),
            until=max(moments, default=None),
            outcomes=outcomes,
            tasks=tuple(map(of, Task)),
        )

    def recent(self) -> ModelsDrift:
        """A report that is a few minutes old at most, and of the bundle in force: of another it tells nothing."""
        with self._turn:
            now, bundle = self._clock(), self._in_force.bundle
            of = bundle.digest if bundle else None
            if self._measured is None or now - self._measured[0] >= FRESH_FOR or self._measured[1].bundle != of:
                self._measured = now, self.report()
            return self._measured[1]

    def _task(self, task: Task, bundle: Bundle | None, compared: Compared, faded: bool, now: datetime) -> TaskDrift:
        """Where hardly any outcomes are told, what outcomes feed has `faded`."""
        predictor = bundle.models.get(task) if bundle else None
        if predictor is None:
            return TaskDrift(task=task, decisions=0, reason="no_model")
        mine = compared.by(task, predictor.version)
        told = TaskDrift(task=task, version=predictor.version, decisions=len(mine.latest), shelves=len(mine.shelves))
        profile = predictor.model.comparable
        if profile is None:
            return told.model_copy(update={"reason": "no_profile"})
        if mine.n < FEWEST:
            return told.model_copy(update={"reason": "too_few_decisions"})
        features = predictor.model.features()
        at_stake = stake_of(task, mine.latest, mine.shelves, self._in_force.policy)
        later = later_of(task, features, mine, now)
        unfed = features.from_outcomes if faded else frozenset[str]()
        report = drift_report(task, profile, later, features.names, at_stake, unfed)
        waits = _waits(known_of(task, mine, now) - report.with_outcome)
        return told.model_copy(update={"report": report.model_copy(update={"says": report.says + waits})})


def _waits(count: int) -> str:
    """That some outcomes are known and do not count yet, and why."""
    if not count:
        return ""
    wait = "1 known outcome waits" if count == 1 else f"{count:,} known outcomes wait"
    return f"; {wait}: of their days only what is known soonest can be known, by how long outcomes took in training"


def hedged(told: TaskDrift, outcomes: Told) -> TaskDrift:
    """With what outcomes are still missing said in every alarm that rests on outcomes."""
    if told.report is None or not told.decisions or outcomes.enough:
        return told
    but = f"; but only {outcomes.told:,} of {outcomes.due:,} answers whose promise is due have told what happened"
    alarms = tuple(
        each if each.about == "inputs" else each.model_copy(update={"says": each.says + but})
        for each in told.report.alarms
    )
    return told.model_copy(update={"report": told.report.model_copy(update={"alarms": alarms})})
