"""What the card of a recalibrated model tells: the report of the cases that measured its new calibrator.

The trees are those of before, so what moved is told beside the days that they learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.drift import features_drift
from models.drift_records import FeatureDrift
from models.profile import PREDICTION
from models.task_model import TaskModel
from training.histories.baseline import RuleRates
from training.histories.known import Known
from training.histories.split import without_times
from training.learning.profiling import spread
from training.report.rehearsal import Measured, explain
from training.report.report import report

Floats = NDArray[np.float64]


def remeasured(model: TaskModel, features: Floats, measured: Known, said: Floats) -> dict[str, Any]:
    """The report on cases float64[n, k] of which a new calibrator said `said` float64[n, labels]."""
    rules = RuleRates.from_json(model.metrics["rule_rates"])
    latest = Measured(
        features,
        measured.truth,
        said,
        rules.probabilities(measured.fired),
        rules.base_probabilities(len(features)),
        measured.selection,
    )
    return report(model, latest, explain(model, features), _moved(model, features, measured.selection))


def _moved(model: TaskModel, features: Floats, selection: Floats | None) -> Sequence[FeatureDrift]:
    """The features beside what the trees learned from, as `fairlead drift` compares; without times none is later."""
    profile = model.comparable
    if profile is None or without_times(model.lineage):
        return ()
    told = replace(profile, features=tuple(each for each in profile.features if each.name != PREDICTION))
    weight = None if selection is None else spread(selection)
    read = model.features()
    return features_drift(told, read.as_shown(spread(features)), read.names, weight)
