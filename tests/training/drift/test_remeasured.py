"""What a recalibrated model's card tells of the cases that measured it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.task_model import TaskModel
from tests.training.drift.test_recalibrate import N, model, seen
from training.drift.remeasured import remeasured

FITTED = {"fitted_on": {"from": 0.0, "to": 1.0}, "tested_on": {"from": 0.5, "to": 1.0}}
ONE_MOMENT = {"fitted_on": {"from": 1.0, "to": 1.0}, "tested_on": {"from": 1.0, "to": 1.0}}


@pytest.mark.parametrize(("lineage", "later"), [(FITTED, True), (ONE_MOMENT, False)])
def test_features_are_told_beside_the_days_of_the_trees_where_those_have_days(
    lineage: dict[str, dict[str, float]], later: bool
) -> None:
    told, met = replace(model(), lineage=lineage), seen()
    assert bool(remeasured(told, met.features, met.known, said(told, met.features))["moved"]) is later


def test_each_case_counts_for_its_weight() -> None:
    told, met = model(), seen()
    what, none = said(told, met.features), met.known
    heavy = replace(none, selection=np.where(none.truth == 1, 9.0, 1.0))
    counted, plain = (remeasured(told, met.features, each, what)["top_tenth"]["base"] for each in (heavy, none))
    assert counted > plain
    assert len(what) == N


def said(told: TaskModel, features: np.ndarray) -> np.ndarray:
    return told.calibrator.probability(told.score.raw_batch(features)[:, 0]).reshape(-1, 1)
