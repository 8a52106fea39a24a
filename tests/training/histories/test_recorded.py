"""What a service has recorded is counted by whether it taught, and where none did that is said."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np

from data.case import Promise
from data.outcome import HistoryLine, Outcome
from data.vocabulary import ExceptionType, Task
from models.taught import event_key
from tests.fixtures.cases import NOON, a_case
from training.histories.known import Lessons
from training.histories.recorded import lessons, untaught, untaught_words

LATE = Promise(due_at=NOON - timedelta(hours=1))


def line(number: int, outcome: dict[str, Any] | None, **facts: Any) -> HistoryLine:
    told = None if outcome is None else Outcome(recorded_at=NOON + timedelta(days=1), **outcome)
    return HistoryLine(case=a_case(number, **facts), outcome=told)


def key(number: int) -> str:
    return event_key("oms", f"event-{number}")


def test_each_recorded_case_is_counted_once_by_what_became_of_it() -> None:
    recorded = [
        line(0, {"sla_breached": True}),
        line(1, {"sla_breached": False}),
        line(2, {"sla_breached": False}),
        line(3, None),
        line(4, {"resolved_at": NOON}, promise=LATE),
        line(5, {"exception_type": ExceptionType.SPLIT_SHIPMENT}),
    ]
    kinds = ("taught", "promise_open", "too_young")
    of_breach = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]], bool)
    told = {
        Task.SLA_BREACH: Lessons([*map(key, (0, 99, 1, 2, 98))], dict(zip(kinds, of_breach, strict=True))),
        Task.EXCEPTION_TYPE: Lessons([key(5)], {"taught": np.ones(1, bool)}),
    }
    assert lessons(recorded, told) == {
        Task.SLA_BREACH: dict.fromkeys(
            ("taught", "promise_open", "too_young", "no_outcome", "promise_passed", "tells_nothing"), 1
        ),
        Task.EXCEPTION_TYPE: {"taught": 1, "no_outcome": 1, "tells_nothing": 4},
    }


def test_where_no_recorded_case_taught_it_is_said_why_the_most_frequent_reason_first() -> None:
    counted = {Task.SLA_BREACH: Counter(promise_passed=3, no_outcome=1_200)}
    said = untaught_words(counted)
    assert said.startswith(
        "nothing was learned from use: none of the 1,203 recorded cases taught sla_breach (1,200 of which no outcome"
    )
    assert "; 3 whose promise had passed" in said
    assert said.endswith("what the challenger predicts it has learned from --history alone")


def test_a_task_that_none_taught_is_named_where_another_was_taught() -> None:
    counted = {Task.EXCEPTION_TYPE: Counter(taught=1, no_outcome=4), Task.SLA_BREACH: Counter(tells_nothing=5)}
    assert [*untaught(counted)] == [Task.SLA_BREACH]
    said = "none of the 5 recorded cases taught sla_breach (5 whose outcome tells nothing of that)"
    assert untaught_words(counted) == said


def test_where_a_recorded_case_taught_each_task_nothing_is_said() -> None:
    assert untaught_words({Task.SLA_BREACH: Counter(taught=1, no_outcome=400)}) == ""


def test_where_nothing_was_recorded_there_is_no_why() -> None:
    counted = lessons([], {Task.SLA_BREACH: Lessons([key(0)], {"taught": np.ones(1, bool)})})
    assert untaught_words(counted).startswith("no case was recorded, so what the challenger predicts")
