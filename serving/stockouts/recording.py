"""What is kept of questions about shelves: for drift and for the shadow, after the answer, which never waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from data.case import Case
from data.horizons import A_DAY
from data.prediction import RiskPrediction
from data.standing import Standing
from data.vocabulary import ServedBy, Task
from features.calendar import local_time
from policies.ladder import Served
from policies.policy import Policy
from policies.stakes import stake
from serving.following import Follower
from serving.in_force import InForce
from serving.metrics import Metrics
from serving.models.shadowing import Shadow
from serving.store import shelves
from serving.store.engine import Database
from serving.store.shelves import ShelfAnswer, lot_of
from serving.track_records import count_shelves

WAITING = 1_000
"""Shelves that may wait to be recorded: twenty of the largest questions."""


@dataclass(frozen=True)
class AskedShelf:
    """One shelf as it was asked about and answered, and by what."""

    answered_at: datetime
    case: Case
    """The case that was predicted on: what was asked, under the promise in force."""
    standing: Standing
    facts: Mapping[str, Any]
    """What the rules read of it."""
    served: Served
    prediction: RiskPrediction
    bundle: str | None
    policy: Policy


class ShelfRecorder:
    """Keeps answers about shelves, what the shadow says of them, and what the model's own came to."""

    def __init__(self, database: Database, in_force: InForce, shadow: Shadow, metrics: Metrics) -> None:
        self._database = database
        self._in_force = in_force
        self._shadow = shadow
        self._metrics = metrics
        self._follower = Follower[AskedShelf]("shelves", WAITING, self._work)
        self._log = structlog.get_logger("fairlead.shelves")

    def saw(self, asked: Sequence[AskedShelf]) -> None:
        """Take note of answers that are fixed. Never waits, never raises."""
        for each in asked:
            if not self._follower.follow(each):
                self._shadow.missed()
                self._metrics.shelves_lost(1)

    def drain(self) -> None:
        """Wait until everything seen so far is worked through."""
        self._follower.drain()

    def close(self) -> None:
        """Work through what waits, then end."""
        self._follower.close()

    def _work(self, asked: Sequence[AskedShelf]) -> None:
        try:
            answers = [self._answer(each) for each in asked if each.prediction.probability is not None]
            happened = {lot: truth for each in asked for lot, truth in _told(each.case)}
            with self._database.write() as connection:
                shelves.keep(connection, answers, asked[-1].answered_at.date())
                proven = shelves.tell(connection, happened)
                count_shelves(connection, self._in_force.basis, proven, asked[-1].answered_at)
        except Exception as error:  # nobody waits for this and no answer rests on it: what is lost is counted
            self._metrics.shelves_lost(len(asked))
            self._log.warning("shelves not recorded", error=type(error).__name__, shelves=len(asked))

    def _answer(self, asked: AskedShelf) -> ShelfAnswer:
        case, prediction, predicted = asked.case, asked.prediction, asked.served.predicted
        assert prediction.probability is not None
        (position,) = case.stock
        other = self._shadow.judge(asked.bundle, prediction.probability, case, asked.standing)
        moment = local_time(case).replace(tzinfo=None).isoformat()  # no offset: a day that is told later names none
        at_stake = stake(Task.STOCKOUT, asked.facts, asked.policy)
        return ShelfAnswer(
            lot=lot_of(position.sku, position.node, moment, prediction.horizon or ""),
            answered_at=asked.answered_at,
            bundle=asked.bundle,
            version=_version(asked.served),
            probability=prediction.probability,
            features=predicted.features if predicted and asked.served.served_by is ServedBy.MODEL else {},
            region=case.region,
            stake=None if at_stake is None else float(at_stake),
            challenger=None if other is None else self._shadow.digest,
            challenger_probability=other,
        )


def _version(served: Served) -> str | None:
    """The model that answered; None where it was not the one in force."""
    if served.predicted is None or served.served_by is not ServedBy.MODEL:
        return None
    return next((step.version for step in served.predicted.steps if step.kind == "model"), None)


def _told(case: Case) -> Iterator[tuple[int, bool]]:
    """What the past days of a question tell of the questions that were asked as they began."""
    (position,) = case.stock
    for each in position.history:
        if each.ran_empty is not None:
            yield lot_of(position.sku, position.node, f"{each.day}T00:00:00", A_DAY), each.ran_empty
