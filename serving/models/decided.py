"""The latest decisions as drift sees them: what each model saw and said, and what happened where it is known."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from data.case import Case
from data.explanation import Seen
from data.outcome import Outcome, known_from
from data.prediction import LabelPrediction, Predictions
from data.vocabulary import ServedBy, Task
from features.catalogue import FeatureSet
from models.bundle import Bundle
from models.conformal import NO_AND_YES
from models.delays import Delays
from models.drift import Later
from models.drift_alarms import Stake
from policies.policy import Policy
from policies.stakes import alarm_from, stake
from serving.errors import RecordAltered
from serving.store import decisions, documents, outcomes
from serving.store.shelves import ShelfAnswer

UNKNOWN = -1


@dataclass(frozen=True)
class Decided:
    """One decision: the case, the predictions, which model made each and from what, and the outcome if it is known."""

    recommendation_id: str
    issued_at: datetime
    case: Case
    predictions: Predictions
    versions: Mapping[str, str]
    """The version of the model behind each task's prediction."""
    features: Mapping[str, Mapping[str, Seen]]
    outcome: Outcome | None

    def by(self, task: Task, version: str) -> bool:
        """Whether this very model served the task: an earlier one's probabilities tell nothing of it."""
        prediction = getattr(self.predictions, task.value)
        return prediction.served_by is ServedBy.MODEL and self.versions.get(task.value) == version


def latest(connection: Connection, count: int) -> list[Decided]:
    """The latest decisions, the newest first."""
    return _whole(connection, decisions.latest(connection, count))


def settled(connection: Connection, count: int, by: datetime) -> tuple[list[Decided], int]:
    """The latest decisions whose promise was due by then and whose outcome is known, and how many are due in their
    time.
    """
    rows, due = decisions.settled(connection, count, by)
    return _whole(connection, rows), due


def _whole(connection: Connection, rows: Iterable[decisions.Decision]) -> list[Decided]:
    """Without those whose documents are lost or altered: the doctor's find."""
    found = []
    for each in rows:
        with contextlib.suppress(LookupError, RecordAltered):
            found.append(_decided(connection, each))
    return found


def _decided(connection: Connection, found: decisions.Decision) -> Decided:
    answer: dict[str, Any] = json.loads(documents.get(connection, found.answer))
    models = (step for step in answer["explanation"] if step["kind"] == "model")
    return Decided(
        recommendation_id=found.recommendation_id,
        issued_at=found.issued_at,
        case=Case.model_validate_json(documents.get(connection, found.input)),
        predictions=Predictions.model_validate_json(json.dumps(answer["predictions"])),
        versions={step["id"]: step["version"] for step in models},
        features=json.loads(documents.get(connection, found.features)),
        outcome=outcomes.get(connection, found.recommendation_id),
    )


@dataclass(frozen=True)
class Compared:
    """One model's answers that drift looks at."""

    latest: Sequence[Decided]
    """The latest decisions."""
    settled: Sequence[Decided]
    """Earlier ones whose outcome is known: of the latest it seldom is."""
    shelves: Sequence[ShelfAnswer]
    """Answers about shelves that were asked about by themselves."""
    delays: Delays | None = None
    """By which known outcomes stand for those that are not known yet; None where nearly all are known, or nobody tells
    how long they take."""

    def by(self, task: Task, version: str) -> Compared:
        """Those of this very model; shelves are of it already."""
        latest, settled = ([each for each in some if each.by(task, version)] for some in (self.latest, self.settled))
        return replace(self, latest=latest, settled=settled)

    @property
    def n(self) -> int:
        """Answers whose features and predictions are compared."""
        return len(self.latest) + len(self.shelves)


def delays_by_task(bundle: Bundle | None) -> dict[Task, Delays]:
    """How long the outcomes of each task take, of the models that tell it."""
    models = bundle.models if bundle else {}
    return {task: each.model.delays for task, each in models.items() if each.model.delays is not None}


def later_of(task: Task, features: FeatureSet, compared: Compared, now: datetime) -> Later:
    """What drift compares: features and predictions of the latest answers, and what these and earlier ones came to.

    What a promise came to is known once it is due: see `data.outcome.Outcome.counts`.
    """
    latest, shelves = compared.latest, compared.shelves
    shown = [each.features[task.value] for each in latest] + [each.features for each in shelves]
    alone = [each.probability for each in shelves]
    decided = [*latest, *compared.settled]
    since = [_since(task, each) for each in decided] + [each.answered_at for each in shelves]
    happened = _came(task, compared, now)
    counts = [_counts(compared.delays, *each, now) for each in zip(happened, since, strict=True)]
    return Later(
        features=np.array([features.read(each) for each in shown]),
        probability=np.array([_probability(task, each.predictions) for each in decided] + alone),
        happened=np.array([each if count else UNKNOWN for each, count in zip(happened, counts, strict=True)], np.int64),
        said=np.array([_said(task, each.predictions) for each in latest] + alone),
        regions=[each.case.region for each in decided] + [each.region for each in shelves],
        selection=None if compared.delays is None else np.array(counts),
    )


def known_of(task: Task, compared: Compared, now: datetime) -> int:
    """Of how many answers it is known what they came to, whether or not they count yet for others."""
    return sum(each != UNKNOWN for each in _came(task, compared, now))


def _came(task: Task, compared: Compared, now: datetime) -> list[int]:
    """What the answers came to, in the order of `later_of`."""
    decided = [_happened(task, each, now) for each in (*compared.latest, *compared.settled)]
    return decided + [_ran(each) for each in compared.shelves]


def stake_of(task: Task, decided: Iterable[Decided], shelves: Iterable[ShelfAnswer], policy: Policy) -> Stake:
    """What hangs on a prediction on average over these answers, in the policy's currency."""
    told = [stake(task, _facts(each, policy), policy) for each in decided]
    known = [float(each) for each in told if each is not None]
    known += [each.stake for each in shelves if each.stake is not None]
    amount = sum(known) / len(known) if known else None
    return Stake(amount, policy.settings.currency.reference, float(alarm_from(policy)))


def _facts(each: Decided, policy: Policy) -> dict[str, Any]:
    """What the table of broken promises asks: the case's own words, and the type that is predicted."""
    case, order = each.case, each.case.order
    exchange = policy.exchange(case.currency)
    return {
        "customer_tier": case.customer.tier if case.customer else None,
        "channel": case.channel,
        "exception_type": _likeliest(each.predictions.exception_type)[0],
        "order_margin": exchange.to_reference(order.margin) if order else None,
    }


def _likeliest(prediction: LabelPrediction) -> tuple[str | None, float]:
    """The likeliest label, which an unrecognised type names as its runner-up."""
    if prediction.probability is None and prediction.runner_up is not None:
        return prediction.runner_up
    return prediction.label, prediction.probability or 0.0


def _probability(task: Task, predictions: Predictions) -> float:
    prediction = getattr(predictions, task.value)
    return prediction.probability or 0.0 if task.is_risk else _likeliest(prediction)[1]


def _said(task: Task, predictions: Predictions) -> float:
    prediction = getattr(predictions, task.value)
    if task.is_risk:
        return prediction.probability or 0.0
    label = _likeliest(prediction)[0]
    return float(task.labels.index(label)) if label in task.labels else float("nan")


def _since(task: Task, each: Decided) -> datetime:
    return known_from(task, each.case.event.time, each.predictions.sla_breach.due_at)


def _counts(delays: Delays | None, happened: int, since: datetime, now: datetime) -> float:
    """As how many an answer counts, of which it is known whether the risk's event happened."""
    if delays is None or happened == UNKNOWN:
        return 1.0
    return delays.counts_for(NO_AND_YES[happened], since, now)


def _ran(shelf: ShelfAnswer) -> int:
    return UNKNOWN if shelf.happened is None else int(shelf.happened)


def _happened(task: Task, each: Decided, now: datetime) -> int:
    due_at, outcome = each.predictions.sla_breach.due_at, each.outcome
    truth = outcome.truth(task, due_at) if outcome and outcome.counts(task, due_at, now) else None
    if truth is None:
        return UNKNOWN
    return int(truth) if task.is_risk else int(truth == _likeliest(getattr(each.predictions, task.value))[0])
