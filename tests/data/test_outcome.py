"""Whether a promise broke, from what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.outcome import Outcome
from data.vocabulary import Disposition, ExceptionType, RootCause, Task, most_cautious

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("resolved", "recorded", "told", "breached"),
    [
        (DUE - HOUR, DUE + HOUR, None, False),
        (DUE, DUE + HOUR, None, False),
        (DUE + HOUR, DUE + HOUR, None, True),
        (None, DUE + HOUR, None, True),
        (None, DUE - HOUR, None, None),
        (DUE + HOUR, DUE + HOUR, False, False),
    ],
)
def test_a_breach_is_work_unresolved_at_the_promise(
    resolved: datetime | None, recorded: datetime, told: bool | None, breached: bool | None
) -> None:
    outcome = Outcome(recorded_at=recorded, resolved_at=resolved, sla_breached=told)
    assert outcome.breached(DUE) is breached
    assert outcome.truth(Task.SLA_BREACH, DUE) is breached


def test_what_a_promise_came_to_counts_once_it_is_due() -> None:
    kept = Outcome(recorded_at=DUE - HOUR, resolved_at=DUE - HOUR, root_cause=RootCause.LABOR_SHORTAGE)
    assert not kept.counts(Task.SLA_BREACH, DUE, DUE - HOUR)
    assert kept.counts(Task.SLA_BREACH, DUE, DUE)
    assert kept.counts(Task.SLA_BREACH, None, DUE - HOUR)
    assert kept.counts(Task.ROOT_CAUSE, DUE, DUE - HOUR), "a cause is promised to nobody"


def test_without_a_promise_only_the_senders_word_counts() -> None:
    assert Outcome(recorded_at=DUE, resolved_at=DUE).breached(None) is None
    assert Outcome(recorded_at=DUE, sla_breached=True).breached(None) is True


def test_labels_are_told_as_confirmed() -> None:
    outcome = Outcome(recorded_at=DUE, exception_type=ExceptionType.SPLIT_SHIPMENT, stockout=False)
    assert outcome.truth(Task.EXCEPTION_TYPE, None) == "split_shipment"
    assert outcome.truth(Task.ROOT_CAUSE, None) is None
    assert outcome.truth(Task.STOCKOUT, None) is False


def test_the_most_cautious_verdict_wins_and_silence_is_a_review() -> None:
    assert most_cautious([Disposition.PROCEED, Disposition.HOLD, Disposition.REVIEW]) is Disposition.HOLD
    assert most_cautious([Disposition.PROCEED]) is Disposition.PROCEED
    assert most_cautious([]) is Disposition.REVIEW
