from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from data.case import Promise
from data.outcome import HistoryLine, Outcome
from data.record import canonical
from data.vocabulary import Task
from policies.policy import load_policy
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.task_models import task_model
from training.histories.baseline import RuleRates
from training.histories.history import open_history
from training.learning.evaluate import evaluate
from training.progress import Silent


def covered(file: Path, together: int, error_rate: str = "0.10") -> dict[str, Any]:
    """What the sets of a model cover of 600 cases, of which so many are updates of one exception."""
    with file.open("wb") as stream:
        for number in range(600):
            at, like = NOON + timedelta(minutes=number), number // 5
            case = a_case(
                number,
                at=at,
                promise=Promise(due_at=at + timedelta(hours=2)),
                workflow={"queue_minutes": float(like * 37 % 90), "queue_length": like * 11 % 30},
            ).model_copy(update={"exception_id": f"x-{number // together}"})
            told = Outcome(recorded_at=at + timedelta(hours=3), sla_breached=like % 4 == 0)
            stream.write(canonical(HistoryLine(case=case, outcome=told)) + b"\n")
    rules = RuleRates(np.array([0.25]), {}).to_json()
    model = replace(task_model(Task.SLA_BREACH), metrics={"rule_rates": rules}, lineage={"tested_on": {"to": 0.0}})
    policy = load_policy()
    assert policy.settings.conformal
    sets = policy.settings.conformal.model_copy(update={"error_rate": Decimal(error_rate)})
    policy = replace(policy, settings=policy.settings.model_copy(update={"conformal": sets}))
    scores = evaluate({Task.SLA_BREACH: model}, open_history(file), [], policy, Silent())
    whole: dict[str, Any] = scores[Task.SLA_BREACH]["conformal"]["all"]
    return whole


def test_updates_of_one_exception_make_no_coverage_surer(tmp_path: Path) -> None:
    alone, together = covered(tmp_path / "alone.jsonl", 1), covered(tmp_path / "together.jsonl", 5)
    assert (alone["n"], alone["coverage"]) == (together["n"], together["coverage"])
    assert 0.0 < alone["coverage"] < 1.0
    (low, high), (lowest, highest) = alone["interval"], together["interval"]
    assert highest - lowest > 1.5 * (high - low)


def test_sets_are_asked_for_the_error_rate_of_the_policy(tmp_path: Path) -> None:
    shares = {rate: covered(tmp_path / f"{rate}.jsonl", 1, rate)["coverage"] for rate in ("0.05", "0.10", "0.30")}
    assert shares["0.05"] > shares["0.10"] > shares["0.30"]
