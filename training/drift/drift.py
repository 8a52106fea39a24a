"""A bundle's model beside a later history: have its cases moved, does it still do as well, what does that cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.outcome import Outcome
from data.vocabulary import Task
from models.drift import FEW_TOLD, Later, drift_report, of_all
from models.drift_alarms import Stake
from models.drift_records import DriftReport
from models.task_model import TaskModel
from models.weights import mean, part
from policies.policy import Policy
from policies.stakes import alarm_from
from training.daily.history import DailyHistory
from training.errors import HistoryError
from training.histories.history import History
from training.histories.known import Known
from training.histories.split import without_times
from training.histories.truth import UNKNOWN
from training.learning.evaluate import Snapshot, calibrated, studied
from training.learning.profiling import spread
from training.progress import Progress

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """The later cases of a task as its model sees them: features float64[n, k] and what is known of each."""

    features: Floats
    known: Known
    tells_outcomes: bool = True
    """Whether enough of the later cases tell what came of them that what outcomes feed can be compared."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many cases say nothing of performance, by why, and for how many others count: see `Known.left_out`."""


def see(
    model: TaskModel,
    history: History,
    before: History | Snapshot,
    policy: Policy,
    progress: Progress,
    without_outcome: bool = False,
) -> Seen:
    """Read a later history as the model would have met it; `before` is what was known of the parties.

    Raises:
        HistoryError: it holds no case of the task.
    """
    arrivals = not without_times(model.lineage)
    read = studied(history, before, (model.task,), model.attributes, policy, progress, without_outcome, arrivals)
    whole = read.known(model.task)
    known = whole.unsure()
    if not len(known.truth):
        raise HistoryError(f"{history.name} holds no case that {model.task} is asked about; check its outcomes")
    return Seen(model.complete(known.facts, known.messages), known, _tells_outcomes(known, history), whole.left_out)


def _tells_outcomes(known: Known, history: History) -> bool:
    """By the truths of the task; only where these are few, the history is read again for what else it tells."""
    if np.mean(known.truth != UNKNOWN) >= FEW_TOLD:
        return True
    if isinstance(history, DailyHistory):
        return False
    told = [_tells(line.outcome) for line in history.lines()]
    return sum(told) >= FEW_TOLD * len(told)


def _tells(outcome: Outcome | None) -> bool:
    if outcome is None:
        return False
    return outcome.resolved_at is not None or any(outcome.truth(task, None) is not None for task in Task)


def drift_of(model: TaskModel, seen: Seen, policy: Policy) -> DriftReport:
    """The report on later cases.

    Raises:
        HistoryError: the bundle was made by a Fairlead that kept no profile.
    """
    profile = model.comparable
    if profile is None:
        raise HistoryError(f"the bundle has no profile of {model.task} to compare with: train it again")
    known = seen.known
    whole = of_all(known.selection, known.truth)
    later = Later.of(
        model.features().as_shown(spread(seen.features)),
        calibrated(model, seen.features),
        known.truth,
        known.regions,
        known.selection,
        None if whole is None else spread(whole),
    )
    features = model.features()
    unfed = frozenset[str]() if seen.tells_outcomes else features.from_outcomes
    return drift_report(model.task, profile, later, features.names, stake_of(known, policy), unfed)


def stake_of(known: Known, policy: Policy) -> Stake:
    """What hangs on a prediction on average over these cases."""
    told = ~np.isnan(known.stakes)
    counts = part(of_all(known.selection, known.truth), told)
    amount = mean(known.stakes[told], counts) if told.any() else None
    return Stake(amount, policy.settings.currency.reference, float(alarm_from(policy)))
