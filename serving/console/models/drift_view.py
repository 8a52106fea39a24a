"""What is known of drift, task by task, as the models page tells it."""

from __future__ import annotations

from datetime import timedelta

from models.drift_records import DriftReport
from models.performance import FEWEST
from serving.console import display
from serving.console.case_view import moment
from serving.console.models.context import (
    DriftRow,
    DriftTable,
)
from serving.console.models.view import bundle_name
from serving.models.drift_schemas import ModelsDrift, TaskDrift

_NO_DRIFT = {
    "no_model": "no model in force serves it",
    "no_profile": "its bundle keeps no profile to compare with",
    "too_few_decisions": "too few decisions to tell",
}


MOST_MOVED = 3
"""Features that are named of those that have moved; the interface tells all."""


def drift_table(drift: ModelsDrift) -> DriftTable:
    """What is known of drift, task by task."""
    bundle = bundle_name(drift.bundle) if drift.bundle else None
    return DriftTable(bundle, _compared(drift), tuple(map(_drift_row, drift.tasks)))


def _compared(drift: ModelsDrift) -> str:
    """What was looked at; of less than a day, a warning that the clock alone moves features."""
    if drift.since is None or drift.until is None:
        return "Nothing was decided yet."
    many = f"{drift.decisions:,} decisions" + (f" and {drift.shelves:,} shelves asked about" if drift.shelves else "")
    early = " Under a day: what tells the hour, the day or the season has moved for that alone."
    brief = early if drift.until - drift.since < timedelta(days=1) else ""
    return f"The latest {many}, since {moment(drift.since, None).text}; measured within the last five minutes.{brief}"


def _drift_row(told: TaskDrift) -> DriftRow:
    says = _seen(told.report) if told.report else _NO_DRIFT[told.reason or "no_model"]
    says += _came_to(told)
    alarms = tuple(each.says for each in told.report.alarms) if told.report else ()
    version = bundle_name(told.version).short if told.version else ""
    task = display.heading(display.words(told.task))
    return DriftRow(task, version, f"{told.decisions + told.shelves:,}", says, alarms)


def _seen(report: DriftReport) -> str:
    """The report's sentence, and what moved furthest."""
    moved = [display.words(each.feature) for each in report.features if each.level != "none"][:MOST_MOVED]
    return f"{report.says} (moved furthest: {', '.join(moved)})" if moved else report.says


def _came_to(told: TaskDrift) -> str:
    """What a risk's answers came to of late, once enough are known to say so; empty for labels."""
    everywhere = next((each for each in told.records if each.region is None), None)
    if everywhere is None or not told.task.is_risk or everywhere.answers < FEWEST:
        return ""
    more = "more" if everywhere.surplus >= 0 else "fewer"
    so_far = f"as far as {everywhere.answers:,.0f} known outcomes tell"
    return f"; {so_far}, {abs(everywhere.surplus):,.0f} {more} came true than was said"
