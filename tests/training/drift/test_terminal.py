"""What a person reads of a drift report in a terminal of eighty columns."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console, RenderableType

from data.vocabulary import Task
from models.drift_records import Alarm, DriftReport, FeatureDrift
from training.drift.terminal import report_for_people, summary_for_people


def test_two_features_with_a_long_common_start_can_be_told_apart() -> None:
    names = ("standing.attribute.assignment_group.breach_rate", "standing.attribute.assignment_group.outcomes")
    told = _on_a_terminal(_report(*names))
    assert max(map(len, told.splitlines())) <= 80
    first_column = "".join(line.split("  ")[0].strip() for line in told.splitlines())
    assert all(name in first_column for name in names)


def test_a_summary_has_every_alarm_and_no_table() -> None:
    alarm = Alarm(about="rate", says="more promises break than it was taught")
    told = _on_a_terminal(_report("queue_minutes").model_copy(update={"alarms": (alarm,)}), summary_for_people)
    assert "100 cases, 0 of them with an outcome that counts. something has moved." in told
    assert "! more promises break than it was taught" in told
    assert "queue_minutes" not in told


def test_money_is_said_to_be_the_policy_s_where_alarms_tell_any() -> None:
    priced = Alarm(about="rate", per_1000="494.00", says="about 494.00 EUR lost per 1,000 cases")
    report = _report("queue_minutes").model_copy(update={"stake": "48.00"})
    told = _on_a_terminal(report.model_copy(update={"alarms": (priced,)}), summary_for_people)
    assert "Money is reckoned from 48.00 EUR a case, by the policy and in its currency." in told
    free = Alarm(about="rate", says="more promises break")
    assert "Money" not in _on_a_terminal(report.model_copy(update={"alarms": (free,)}), summary_for_people)


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


def _on_a_terminal(report: DriftReport, told: Callable[[DriftReport, str], RenderableType] = report_for_people) -> str:
    screen = StringIO()
    Console(file=screen, width=80).print(told(report, "later.jsonl"))
    return screen.getvalue()
