"""A drift report as a page, as a phone shows it."""

from __future__ import annotations

from data.vocabulary import Task
from models.drift_records import DriftReport, FeatureDrift
from training.drift.page import page


def test_the_tables_scroll_in_their_own_boxes_and_the_page_does_not() -> None:
    told = page(_report(), "later.jsonl")
    assert "<meta name='viewport' content='width=device-width,initial-scale=1'>" in told
    assert ".wide{overflow-x:auto}" in told
    assert told.count("<table>") == 2
    for name in ("Regions", "Features"):
        assert f"<div class='wide' tabindex='0' role='region' aria-label='{name}'><table>" in told


def _report() -> DriftReport:
    moved = FeatureDrift(
        feature="queue_minutes", psi=0.3, chance=0.0, discovery=0.0, missing_was=0.0, missing_is=0.1, level="large"
    )
    return DriftReport(
        task=Task.SLA_BREACH,
        n=100,
        with_outcome=0,
        features=(moved,),
        shifted=1,
        regions=(),
        currency="EUR",
        alarms=(),
        says="1 of 1 features have moved",
    )
