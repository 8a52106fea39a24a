"""A real incident desk: trained on its past, judged on its last month, and a real case explained on the desk."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks.incident_log import LOG, MAPPING, measure
from data.case import Case
from data.explanation import Contribution, ModelStep
from data.recommendation import Recommendation
from data.vocabulary import ServedBy, Task
from tests.fixtures.service import Desk, open_desk
from training.commands.drift import app as drifting
from training.commands.train import app

pytestmark = pytest.mark.slow
CUT = pd.Timestamp("2016-04-18")
LATELY = pd.Timestamp("2016-03-08")
"""Of the time before, drift and recalibration are told of the weeks from here on."""


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


def test_real_incidents_are_posted_answered_by_the_model_and_explained_on_the_desk(
    folder: Path, scores: dict[str, Any], tmp_path: Path
) -> None:
    told = CliRunner().invoke(app, ["cases", str(folder / "later.parquet"), "--mapping", str(MAPPING), "--limit", "6"])
    assert told.exit_code == 0, told.stderr
    desk = open_desk(tmp_path / "var", bundle=folder / "bundle")
    with desk.client:
        made = [posted(desk, line) for line in told.stdout.splitlines()]
        page = case_page(desk, made[0].recommendation_id)
    features = [{each.feature for each in explained_by_the_model(recommendation)} for recommendation in made]
    assert all(any("attribute." in name for name in names) for names in features), "or what became of such cases"
    assert any(name.startswith("attribute.") for names in features for name in names), "a word of the table's own"
    drawn = re.findall(r'<svg [^>]*class="waterfall".*?</svg>', page, flags=re.DOTALL)
    assert len(drawn) == 1
    assert "assignment group" in drawn[0], "what the incident log tells of a case, in words"


def test_drift_is_told_and_recalibration_brings_the_error_down(
    folder: Path, scores: dict[str, Any], tmp_path: Path
) -> None:
    """What the first half of the last month tells of the model mends it for the second."""
    month = pd.read_parquet(folder / "later.parquet")
    earlier, middle, late, before = (tmp_path / f"{name}.parquet" for name in ("earlier", "middle", "late", "before"))
    past = pd.read_parquet(folder / "earlier.parquet")
    past = past[past["opened_at"] >= LATELY]
    past.to_parquet(earlier)
    month[month["opened_at"] < CUT].to_parquet(middle)
    month[month["opened_at"] >= CUT].to_parquet(late)
    pd.concat([past, pd.read_parquet(middle)]).to_parquet(before)
    mended = Path(shutil.copytree(folder / "bundle", tmp_path / "mended"))
    report = json.loads(asked(drifting, "drift", folder / "bundle", middle, earlier, "--json"))
    assert not report["regions"][0]["rate"]["holds"]
    assert report["regions"][0]["calibrated"] is False
    assert "the rate has drifted" in report["says"]
    assert "calibration" in {each["about"] for each in report["alarms"]}, "the rate alone costs too little to be one"
    asked(drifting, "recalibrate", mended, middle, earlier, "--no-track")
    each = (json.loads(asked(app, "evaluate", each, late, before, "--json")) for each in (folder / "bundle", mended))
    old, new = ({side: told[side] for side in ("as_trained", "model")} for told in each)
    for side in ("as_trained", "model"):
        assert new[side]["ece"] < 0.7 * old[side]["ece"]
        assert new[side]["log_loss"] < old[side]["log_loss"]
    mended_precision, precision = (told["as_trained"]["average_precision"] for told in (new, old))
    assert mended_precision == pytest.approx(precision, abs=1e-9), "a calibrator keeps the order of the cases"
    assert old["model"]["log_loss"] < old["as_trained"]["log_loss"], "the level has fallen, and its answers told so"


def asked(of: Typer, command: str, bundle: Path, history: Path, context: Path, *more: str) -> str:
    """What a command prints about the breach model of a bundle, on these incidents, after those."""
    read = ("--history", str(history), "--context", str(context), "--mapping", str(MAPPING))
    told = CliRunner().invoke(of, [command, str(bundle), "--task", "sla_breach", *read, *more])
    assert told.exit_code == 0, told.stderr
    return told.stdout


def posted(desk: Desk, line: str) -> Recommendation:
    """The answer to a case that is posted as it happens."""
    desk.clock.now = Case.model_validate_json(line).event.time
    answered = desk.post("/v1/recommendations", line.encode())
    assert answered.status_code == 200, answered.text
    return Recommendation.model_validate_json(answered.content)


def explained_by_the_model(recommendation: Recommendation) -> tuple[Contribution, ...]:
    """What contributed most; every attribute of the table was read."""
    assert recommendation.predictions.sla_breach.served_by is ServedBy.MODEL
    (step,) = (each for each in recommendation.explanation if isinstance(each, ModelStep))
    assert step.id == Task.SLA_BREACH
    assert recommendation.unused_attributes == ()
    return step.contributions


def case_page(desk: Desk, recommendation_id: str) -> str:
    """What a reviewer sees after signing in."""
    form = desk.client.get("/console/sign-in").text
    csrf = re.findall(r'name="csrf" value="([^"]*)"', form)[0]
    desk.client.post("/console/sign-in", data={"csrf": csrf, "key": desk.keys["reviewer-1"]}, follow_redirects=False)
    page = desk.client.get(f"/console/cases/{recommendation_id}", follow_redirects=False)
    assert page.status_code == 200, page.text
    html: str = page.text
    return html
