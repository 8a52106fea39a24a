"""What a person reads of a drift report in a terminal of eighty columns."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from data.vocabulary import Task
from models.drift_records import DriftReport, FeatureDrift
from training.drift.terminal import report_for_people


def test_two_features_with_a_long_common_start_can_be_told_apart() -> None:
    names = ("standing.attribute.assignment_group.breach_rate", "standing.attribute.assignment_group.outcomes")
    told = _on_a_terminal(_report(*names))
    assert max(map(len, told.splitlines())) <= 80
    first_column = "".join(line.split("  ")[0].strip() for line in told.splitlines())
    assert all(name in first_column for name in names)


def _report(*moved: str) -> DriftReport:
    return DriftReport(
        task=Task.SLA_BREACH,
        n=100,
        with_outcome=0,
        features=tuple(map(_moved, moved)),
        shifted=len(moved),
        regions=(),
        currency="EUR",
        alarms=(),
        says="something has moved",
    )


def _moved(name: str) -> FeatureDrift:
    return FeatureDrift(
        feature=name, psi=0.3, ks=0.2, chance=0.0, discovery=0.0, missing_was=0.0, missing_is=0.1, level="large"
    )


def _on_a_terminal(report: DriftReport) -> str:
    screen = StringIO()
    Console(file=screen, width=80).print(report_for_people(report, "later.jsonl"))
    return screen.getvalue()
