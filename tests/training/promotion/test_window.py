"""Until when a bundle has learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import Task
from models.bundle import Bundle, open_bundle
from models.predictors import ModelPredictor
from tests.fixtures.bundles import a_bundle
from training.errors import HistoryError
from training.promotion.window import taught_until

FITTED = {"fitted_on": {"from": 0.0, "to": 100.0}, "tested_on": {"from": 80.0, "to": 100.0}}


def bundle(folder: Path, lineage: dict[str, Any]) -> Bundle:
    opened = open_bundle(a_bundle(folder))
    model = replace(opened.models[Task.SLA_BREACH].model, lineage=lineage)
    return replace(opened, models={Task.SLA_BREACH: ModelPredictor(model, "v")})


def test_a_calibrator_fitted_later_counts_as_learning(tmp_path: Path) -> None:
    recalibrated = bundle(tmp_path / "one", {**FITTED, "recalibrated_on": {"from": 100.0, "to": 250.0}})
    plain = bundle(tmp_path / "two", FITTED)
    assert taught_until(plain) == datetime.fromtimestamp(100, UTC)
    assert taught_until(plain, recalibrated) == datetime.fromtimestamp(250, UTC)


def test_a_bundle_that_does_not_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="does not say until when"):
        taught_until(bundle(tmp_path / "one", {}))
