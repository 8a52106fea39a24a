"""A bundle on later days: the model, the rules with the rates of the model's own window, and the base rate."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.record import digest_of
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.standing import MemoryRows, going_on
from models.calibration import BinaryCalibrator, MulticlassCalibrator
from models.conformal import set_labels
from models.task_model import TaskModel
from policies.policy import Policy
from training.daily.history import DailyHistory, daily_study
from training.errors import HistoryError
from training.histories.baseline import RuleRates
from training.histories.dataset import Read, Study, study
from training.histories.history import History
from training.histories.known import Known
from training.histories.left_out import PROMISE_PASSED, SCORED_OPEN, SCORED_YOUNG, counted
from training.histories.split import without_times
from training.histories.unseen import acquaintance
from training.learning.conformal_fit import AIM, Calibrating, coverage, stay
from training.learning.heed import Later, heed
from training.progress import Progress
from training.report.metrics import scores_of

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

DECIMALS = 9

TAUGHT = "taught"
"""The key of the scores that tells which of the cases taught the model, where it learned without times."""

NOT_LATER = "not_later"
"""The key of what is printed that tells how many of the cases happened before the model was trained and tested."""

AS_TRAINED = "as_trained"
"""The key of the model's scores without its track record, where it heeds the record's level."""

CONFORMAL = "conformal"
"""The key of the scores that tells what the conformal sets cover."""

Snapshot = list[dict[str, Any]]


@dataclass(frozen=True)
class Answered:
    """Later cases as a model answered them: probabilities float64[n, k], k being 1 for a risk."""

    known: Known
    told: Floats
    as_trained: Floats
    """Without what the model's answers came to."""
    rules: Floats
    """What the fallback rules say of them."""
    stays: NDArray[np.bool_] | None
    """Which labels (`models.conformal.set_labels`) stay in each case's set at the policy's error rate; None without
    sets."""


class Evaluated(NamedTuple):
    """What later cases came to: the scores, as JSON values, and every answer."""

    scores: dict[str, Any]
    answers: Answered


def evaluate(
    models: Mapping[Task, TaskModel],
    history: History,
    before: History | Snapshot,
    policy: Policy,
    progress: Progress,
) -> dict[Task, dict[str, Any]]:
    """The scores of models on a history, each case answered as the service would: by the model, and by what its answers
    to earlier cases of the history came to, as far as their outcomes were known by then.

    `before` is what was known of the parties: earlier cases, which are never scored, or the snapshot of a bundle.
    Models that declare the same attributes, as those trained together do, are scored in one pass.

    Raises:
        HistoryError: no case tells a task's truth.
    """
    evaluated = answered(models, history, before, policy, progress)
    return {task: each.scores for task, each in evaluated.items()}


def answered(
    models: Mapping[Task, TaskModel],
    history: History,
    before: History | Snapshot,
    policy: Policy,
    progress: Progress,
) -> dict[Task, Evaluated]:
    """The scores that `evaluate` tells, with the answers behind them. Raises HistoryError as it does."""
    evaluated: dict[Task, Evaluated] = {}
    for attributes in _distinct(model.attributes for model in models.values()):
        together = {task: model for task, model in models.items() if model.attributes == attributes}
        arrivals = not any(without_times(model.lineage) for model in together.values())
        seen = studied(history, before, together, attributes, policy, progress, arrivals=arrivals)
        evaluated |= {task: _evaluated(model, seen.known(task), history, policy) for task, model in together.items()}
    return evaluated


def studied(
    history: History,
    before: History | Snapshot,
    tasks: Iterable[Task],
    attributes: AttributeSchema,
    policy: Policy,
    progress: Progress,
    without_outcome: bool = False,
    arrivals: bool = True,
) -> Study:
    """A history as models of these attributes would have met it; see `evaluate` and `training.histories.dataset.study`.

    Models that learned without times met no `arrivals`.
    """
    if isinstance(history, DailyHistory):
        progress.step(f"reading {history.name}")
        grid, own = history.after(before) if isinstance(before, DailyHistory) else (history.grid, history.grid.exists)
        return daily_study(grid, own, history.mapping, attributes, policy, samples=0)[0]
    keeper = going_on(MemoryRows(), before if isinstance(before, list) else [], attributes, arrivals)
    lines = progress.count(_merged(history, before), f"reading {history.name}")
    return study(lines, tasks, attributes, policy, keeper, without_outcome=without_outcome)


def _distinct(schemas: Iterable[AttributeSchema]) -> list[AttributeSchema]:
    return list({digest_of(schema): schema for schema in schemas}.values())


def _evaluated(model: TaskModel, known: Known, history: History, policy: Policy) -> Evaluated:
    if not len(known.truth):
        late = f" ({known.promise_passed:,} are left out: their promise had passed)" if known.promise_passed else ""
        raise HistoryError(f"{history.name}: no case tells the truth of {model.task}{late}; check its outcomes")
    features = model.complete(known.facts, known.messages)
    rules = RuleRates.from_json(model.metrics["rule_rates"])
    cases = Calibrating(known.truth, calibrated(model, features), known.regions, known.times)
    rate = float(policy.settings.conformal.error_rate) if policy.settings.conformal else AIM
    later = Later(cases, known.counts_at, known.since, model.delays)
    told = heed(model.task, later, model.conformal, model.record_share, rate)
    compared = compare(model.task, known.truth, told.probabilities, rules, known.fired, known.selection)
    if model.record_share:
        compared[AS_TRAINED] = scores_of(known.truth, cases.probabilities, known.selection)
    sets = None if policy.settings.conformal is None else model.conformal
    if sets is not None:
        compared[CONFORMAL] = coverage(sets, model.task, cases, rate, told.asked, known.exceptions)
    stays = None if sets is None else stay(sets, set_labels(model.task.labels), cases, told.asked)
    answers = Answered(known, told.probabilities, cases.probabilities, rules.probabilities(known.fired), stays)
    return Evaluated(compared | _scored_too(known) | _acquainted(model, known, history), answers)


def _scored_too(known: Known) -> dict[str, int]:
    """The cases left out of the scores, and those that are in because somebody asked for the scores of just these."""
    kinds = {PROMISE_PASSED: known.promise_passed, SCORED_OPEN: known.promise_open, SCORED_YOUNG: known.too_young}
    return counted(kinds)


def _acquainted(model: TaskModel, known: Known, history: History) -> dict[str, Any]:
    """Whether the cases taught the model, where no moment tells."""
    return {TAUGHT: acquaintance(model, known.events, history)} if without_times(model.lineage) else {}


def calibrated(model: TaskModel, features: Floats) -> Floats:
    """Probabilities float64[n, k] as they are served: from the exported arrays, calibrated, nine decimals."""
    return np.round(probabilities_of(model.calibrator, model.score.raw_batch(features)), DECIMALS)


def probabilities_of(calibrator: BinaryCalibrator | MulticlassCalibrator, raw: Floats) -> Floats:
    """Calibrated probabilities float64[n, k] of raw scores of that shape."""
    if isinstance(calibrator, BinaryCalibrator):
        return calibrator.probability(raw[:, 0]).reshape(-1, 1)
    return calibrator.probability(raw)


def compare(
    task: Task,
    truth: Truth,
    probabilities: Floats,
    rules: RuleRates,
    fired: Sequence[str],
    selection: Floats | None = None,
) -> dict[str, Any]:
    """The scores of the model beside those of the rules and of the base rate, as JSON values.

    Each case counts for its `selection`: outcomes that are known of some cases rather than of others are not all.

    `base_rate` is the share of the event, or of the commonest label; `said` of the model and of the base rate of what
    was learned from is the mean probability of the event, or of the likeliest label.
    """
    counts = np.bincount(truth, selection)
    return {
        "task": task.value,
        "n": len(truth),
        "base_rate": float(counts[1:].sum() if task.is_risk else counts.max()) / float(counts.sum()),
        "model": {
            **scores_of(truth, probabilities, selection),
            "said": float(np.average(probabilities.max(axis=1), weights=selection)),
        },
        "rules": scores_of(truth, rules.probabilities(fired), selection),
        "base": {
            **scores_of(truth, rules.base_probabilities(len(truth)), selection),
            "said": float(rules.base.max()),
        },
    }


def overlap(history: History, moment: datetime) -> float:
    """The share of the cases that are not later than a moment, such as the last one a model was taught or tested on."""
    if isinstance(history, DailyHistory):
        times = np.array([history.grid.moment(day) > moment for day in range(history.grid.shape[1])])
        return 1.0 - float(history.grid.exists[:, times].sum() / history.grid.exists.sum())
    later = [line.case.event.time > moment for line in history.lines()]
    return 1.0 - sum(later) / len(later) if later else 0.0


def _merged(history: History, before: History | Snapshot) -> Iterator[Read]:
    """Both histories in time order; at one instant the earlier one comes first."""
    scored = ((line, True) for line in history.lines())
    if isinstance(before, list):
        return scored
    earlier = ((line, False) for line in before.lines())
    return heapq.merge(earlier, scored, key=lambda read: read[0].case.event.time)
