"""What the answers of the models in force came to: told with each standing, and counted as outcomes become known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from data.case import Case
from data.outcome import Outcome
from data.recommendation import Recommendation
from data.standing import Standing, TrackRecord
from data.vocabulary import Task
from models.bundle import Bundle
from models.conformal import NO_AND_YES
from models.predictors import ModelPredictor
from models.track_record import Proven, keys_of, known, learn
from serving.in_force import Basis
from serving.store.shelves import ShelfAnswer
from serving.store.track_records import StoredRecords


def with_records(
    connection: Connection,
    basis: Basis,
    standings: Sequence[Standing],
    region: str | None,
    tasks: Iterable[Task] = Task,
) -> list[Standing]:
    """Standings of one moment and region with the records of the models in force, of all regions and of that one."""
    models = _models(basis)
    asked = [models[task] for task in tasks if task in models]
    keys = [key for each in asked for key in keys_of(each.task, each.version, region)]
    delays = {each.task: each.model.delays for each in asked}
    records = known(StoredRecords(connection), keys, standings[0].as_of, delays) if standings else ()
    return [each.model_copy(update={"records": records}) for each in standings] if records else list(standings)


def records_of(connection: Connection, bundle: Bundle | None, at: datetime) -> Mapping[Task, tuple[TrackRecord, ...]]:
    """Every record of the bundle's models, of all regions first."""
    rows = StoredRecords(connection)
    models = bundle.models if bundle else {}
    return {
        task: known(rows, rows.regions(task, each.version), at, {task: each.model.delays})
        for task, each in models.items()
    }


def count_outcome(
    connection: Connection,
    basis: Basis,
    recommendation: Recommendation,
    features: bytes,
    case: Case,
    outcome: Outcome,
    known_at: datetime,
) -> None:
    """Count what an outcome tells of each answer that a model in force gave; `features` are those it was given from."""
    shown: Mapping[str, Any] = json.loads(features)
    due_at = recommendation.predictions.sla_breach.due_at
    for task, predictor in _answered(basis, recommendation):
        truth = outcome.truth(task, due_at)
        if truth is not None:
            promised = due_at if task is Task.SLA_BREACH else None
            proven = predictor.proven(
                shown[task.value], case.region, _label(truth), known_at, promised, case.event.time
            )
            _count(connection, predictor, proven, case.region)


def count_shelves(connection: Connection, basis: Basis, answers: Iterable[ShelfAnswer], known_at: datetime) -> None:
    """Count answers about shelves asked about by themselves, of which it is now told whether they ran empty."""
    predictor = _models(basis).get(Task.STOCKOUT)
    for each in answers:
        if predictor is not None and each.version == predictor.version and each.happened is not None:
            truth = _label(each.happened)
            proven = predictor.proven(each.features, each.region, truth, known_at, asked_at=each.answered_at)
            _count(connection, predictor, proven, each.region)


def _count(connection: Connection, predictor: ModelPredictor, proven: Proven, region: str | None) -> None:
    keys = keys_of(predictor.task, predictor.version, region)
    learn(StoredRecords(connection), keys, proven, predictor.model.delays)


def _label(truth: bool | str) -> str:
    return NO_AND_YES[truth] if isinstance(truth, bool) else str(truth)


def _answered(basis: Basis, recommendation: Recommendation) -> Iterable[tuple[Task, ModelPredictor]]:
    """The tasks that a model of the bundle in force answered: what an earlier one said is no proof of it."""
    versions = {step.id: step.version for step in recommendation.explanation if step.kind == "model"}
    for task, predictor in _models(basis).items():
        if versions.get(task.value) == predictor.version:
            yield task, predictor


def _models(basis: Basis) -> Mapping[Task, ModelPredictor]:
    return basis.answering.models if basis.answering else {}
