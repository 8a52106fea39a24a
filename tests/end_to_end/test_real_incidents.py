"""A real incident desk: trained on its past, judged on its last month, and a real case explained on the desk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.incident_log import LOG, MAPPING, measure
from data.case import Case
from data.explanation import ModelStep
from data.recommendation import Recommendation
from data.vocabulary import ServedBy, Task
from tests.fixtures.service import Desk, open_desk
from training.commands import app

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("incidents")


@pytest.fixture(scope="module")
def scores(folder: Path) -> dict[str, Any]:
    """Of a model that was trained in `folder/bundle`; the last month lies beside it as `later.parquet`."""
    data = os.environ.get("FAIRLEAD_DATA")
    if not data:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    return measure(Path(data) / LOG, folder, threads=1)


def test_the_model_beats_base_rate_and_rules_on_the_last_month(scores: dict[str, Any]) -> None:
    assert scores["n"] > 5_000
    for other in ("base", "rules"):
        assert scores["model"]["log_loss"] < scores[other]["log_loss"]
        assert scores["model"]["average_precision"] > 1.5 * scores[other]["average_precision"]


def test_a_real_incident_is_posted_answered_by_the_model_and_explained_on_the_desk(
    folder: Path, scores: dict[str, Any], tmp_path: Path
) -> None:
    told = CliRunner().invoke(app, ["cases", str(folder / "later.parquet"), "--mapping", str(MAPPING), "--limit", "1"])
    assert told.exit_code == 0, told.stderr
    desk = open_desk(tmp_path / "var", bundle=folder / "bundle")
    desk.clock.now = Case.model_validate_json(told.stdout).event.time
    with desk.client:
        answered = desk.post("/v1/recommendations", told.stdout.strip().encode())
        assert answered.status_code == 200, answered.text
        recommendation = Recommendation.model_validate_json(answered.content)
        explained_by_the_model(recommendation)
        page = case_page(desk, recommendation.recommendation_id)
    drawn = re.findall(r'<svg [^>]*class="waterfall".*?</svg>', page, flags=re.DOTALL)
    assert len(drawn) == 1
    assert "assignment group" in drawn[0], "what the incident log tells of a case, in words"


def explained_by_the_model(recommendation: Recommendation) -> None:
    assert recommendation.predictions.sla_breach.served_by is ServedBy.MODEL
    (step,) = (each for each in recommendation.explanation if isinstance(each, ModelStep))
    assert step.id == Task.SLA_BREACH
    assert any(each.feature.startswith("attribute.") for each in step.contributions)
    assert recommendation.unused_attributes == ()


def case_page(desk: Desk, recommendation_id: str) -> str:
    """What a reviewer sees after signing in."""
    form = desk.client.get("/console/sign-in").text
    csrf = re.findall(r'name="csrf" value="([^"]*)"', form)[0]
    desk.client.post("/console/sign-in", data={"csrf": csrf, "key": desk.keys["reviewer-1"]}, follow_redirects=False)
    page = desk.client.get(f"/console/cases/{recommendation_id}", follow_redirects=False)
    assert page.status_code == 200, page.text
    html: str = page.text
    return html
