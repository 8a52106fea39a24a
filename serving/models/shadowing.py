"""A bundle in the shadow: it answers beside the one in force, after the answer is fixed, without effect.

One thread works through the recommendations; where it falls behind, cases are dropped and counted, never waited for.
Shelves that are asked about by themselves come from `serving.stockouts.recording`, in its thread. What it would have
said is kept beside what was said, so that both can be held against the outcome once there is one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

from data.case import Case
from data.prediction import LabelPrediction, PredictionFailed, RiskPrediction
from data.standing import Standing
from data.vocabulary import Task
from models.bundle import Bundle, open_bundle
from models.files import BundleError
from policies.ladder import YES, checked
from serving.errors import StoreUnavailable
from serving.following import Follower
from serving.metrics import Metrics
from serving.models.decided import delays_by_task
from serving.models.shadow_report import ShadowCounts, ShadowReport, ShadowTask, Weighing, first_of, report, tasks_of
from serving.recommendations.answering import Answer
from serving.store import shadows, shelves
from serving.store.engine import Database
from serving.store.shadows import Beside, Seen

WAITING = 1_000
"""Answers that may wait for the shadow."""

Said = dict[str, dict[str, Any]]


class Shadow:
    """Sees every recorded answer; without a bundle it sees nothing and costs nothing."""

    def __init__(self, database: Database, folder: Path | None, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._counts = ShadowCounts()
        self.problem: str | None = None
        self._bundle = self._opened(folder)
        self._follower = Follower[Answer]("shadow", WAITING, self._work)
        self._log = structlog.get_logger("fairlead.shadow")

    @property
    def digest(self) -> str | None:
        """The bundle in the shadow; None where there is none."""
        return self._bundle.digest if self._bundle else None

    def saw(self, made: Answer) -> None:
        """Take note of an answer that is fixed and recorded. Never waits, never raises."""
        if self._bundle is not None and not self._follower.follow(made):
            self.missed()

    def missed(self) -> None:
        """Count one answer that it did not see; none where there is no shadow."""
        if self._bundle is not None:
            self._counts.dropped += 1
            self._metrics.shadow_dropped()

    def judge(self, champion: str | None, said: float, case: Case, standing: Standing) -> float | None:
        """How likely the challenger holds it that this shelf runs empty, where `said` was answered; never raises.

        None where it was not the bundle in force that answers, and where the challenger has no such model or fails.
        """
        predictor = self._bundle.models.get(Task.STOCKOUT) if self._bundle else None
        if predictor is None or champion is None or champion == self.digest:
            return None
        try:
            told = checked(predictor.predict(case, standing), Task.STOCKOUT).probabilities
        except Exception as error:  # whatever a challenger does wrong, it is counted and the service goes on
            self._fail(type(error).__name__, 1)
            return None
        self._counts.shelves += 1
        self._metrics.shadow_shelf()
        if disagree(Task.STOCKOUT, {YES: said}, told):
            self._metrics.shadow_disagreement(Task.STOCKOUT)
        return told[YES]

    def report(self, in_force: Bundle | None, now: datetime) -> ShadowReport:
        """How the shadow compares with what was answered, live, by what is known of it."""
        champion = in_force.digest if in_force else None
        with self._database.read() as connection:
            rows = _both(connection, champion, self.digest, now) if champion and self.digest else []
        return report(champion, self.digest, self.problem, self._counts, rows, Weighing(delays_by_task(in_force), now))

    def compared(
        self, champion: str, challenger: str, in_force: Bundle | None, now: datetime
    ) -> tuple[ShadowTask, ...]:
        """How any two bundles compared live while one answered and the other was in the shadow; outcomes take as long
        as by what is in force.
        """
        with self._database.read() as connection:
            return tasks_of(_both(connection, champion, challenger, now), Weighing(delays_by_task(in_force), now))

    def drain(self) -> None:
        """Wait until everything seen so far is worked through."""
        self._follower.drain()

    def close(self) -> None:
        """Work through what waits, then end."""
        self._follower.close()

    def _opened(self, folder: Path | None) -> Bundle | None:
        if folder is None:
            return None
        try:
            bundle = open_bundle(folder)
        except (BundleError, OSError, KeyError, ValueError):
            self.problem = "the shadow's folder holds no bundle that can be read: train into it, restart the service"
            return None
        if bundle.problems:
            self.problem = f"these tasks of the shadow cannot be read: {', '.join(map(str, bundle.problems))}"
        return bundle

    def _work(self, answers: Sequence[Answer]) -> None:
        self._keep([beside for made in answers if (beside := self._beside(made))])

    def _keep(self, rows: list[Beside]) -> None:
        if not rows:
            return
        try:
            with self._database.write() as connection:
                shadows.add(connection, rows)
        except StoreUnavailable:
            self._fail("store", len(rows))
            return
        self._counts.answers += len(rows)
        self._metrics.shadow_answers(len(rows))

    def _beside(self, made: Answer) -> Beside | None:
        """What both say of the case; None where the answer was not the bundle in force's, or the shadow failed."""
        assert self._bundle is not None
        champion = made.recommendation.receipt.bundle
        if champion is None or champion == self._bundle.digest:
            return None
        try:
            said = self._said(made)
        except Exception as error:  # whatever a challenger does wrong, it is counted and the service goes on
            self._fail(type(error).__name__, 1)
            return None
        risk = made.recommendation.predictions.sla_breach
        due = risk.due_at.isoformat() if risk.due_at else None
        content = json.dumps({"due_at": due, "said": said})
        return Beside(made.recommendation.recommendation_id, champion, self._bundle.digest, content)

    def _said(self, made: Answer) -> Said:
        assert self._bundle is not None
        standing = Standing.model_validate_json(made.standing)
        said: Said = {}
        for task, predictor in self._bundle.models.items():
            answered = getattr(made.recommendation.predictions, task.value)
            champion = told_by(task, answered)
            if champion is None:
                continue
            try:
                predicted = checked(predictor.predict(made.predicted_on, standing), task).probabilities
            except PredictionFailed:
                continue
            said[task.value] = {"champion": champion, "challenger": predicted}
            if disagree(task, champion, predicted):
                self._metrics.shadow_disagreement(task)
        return said

    def _fail(self, why: str, count: int) -> None:
        self._counts.failures += count
        self._metrics.shadow_failures(count)
        self._log.warning("shadow failed", error=why)


def _both(connection: Connection, champion: str, challenger: str, now: datetime) -> list[Seen]:
    return shadows.newest(connection, champion, challenger, now) + shelves.beside(connection, champion, challenger)


def told_by(task: Task, answered: LabelPrediction | RiskPrediction) -> dict[str, float] | None:
    """The probabilities an answer tells: of the event, or of the label and its runner-up; None where it tells none."""
    if answered.probability is None:
        return None
    if isinstance(answered, RiskPrediction):
        return None if answered.settled else {YES: answered.probability}
    if answered.label is None or answered.label not in task.labels:
        return None
    runner_up = {answered.runner_up[0]: answered.runner_up[1]} if answered.runner_up else {}
    return runner_up | {answered.label: answered.probability}


def disagree(task: Task, champion: dict[str, float], challenger: dict[str, float]) -> bool:
    """Whether the two name different labels, or stand on different sides of one half."""
    return first_of(task, champion) != first_of(task, challenger)
