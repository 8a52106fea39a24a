"""A real incident desk: trained on its past, judged on its last month, and a real case explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.incident_log import LOG, MAPPING, measure
from data.explanation import ModelStep
from data.standing import Standing
from data.vocabulary import ServedBy, Task
from models.ladder import load_predictors
from policies.policy import load_policy
from policies.recommend import recommend
from training.history import open_history
from training.mapping import load_mapping


@pytest.mark.slow
def test_the_model_beats_base_rate_and_rules_on_the_last_month_and_explains_a_real_case(tmp_path: Path) -> None:
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    scores = measure(Path(folder) / LOG, tmp_path, threads=1)
    assert scores["n"] > 5_000
    for other in ("base", "rules"):
        assert scores["model"]["log_loss"] < scores[other]["log_loss"]
        assert scores["model"]["average_precision"] > 1.5 * scores[other]["average_precision"]

    case = next(iter(open_history(tmp_path / "later.parquet", load_mapping(MAPPING)).lines())).case
    now = case.event.time
    answered = recommend(
        case, Standing(as_of=now), load_predictors(tmp_path / "bundle"), load_policy(), now, "r"
    ).recommendation
    assert answered.predictions.sla_breach.served_by is ServedBy.MODEL
    (step,) = (each for each in answered.explanation if isinstance(each, ModelStep))
    assert step.id == Task.SLA_BREACH
    assert any(each.feature.startswith("attribute.") for each in step.contributions)
    assert answered.unused_attributes == ()
