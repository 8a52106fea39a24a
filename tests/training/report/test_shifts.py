from datetime import UTC, datetime

import numpy as np
import pytest

from data.vocabulary import Task
from tests.fixtures.rehearsals import N, rehearsal
from training.histories.rows import DAY
from training.report.shifts import MOST_PERIODS, WEEK, course

SPANS = (("sixty weeks", 419.9), ("sixty-one weeks", 420.1), ("sixty months", 1_815), ("sixty-one months", 1_850))


@pytest.mark.parametrize("days", [0.25, 1.0, 4.0])
def test_a_course_tells_the_rate_of_all_days_and_the_score_of_those_that_were_scored(days: float) -> None:
    told = course(Task.SLA_BREACH, rehearsal(np.arange(N) * days * DAY)).periods
    assert sum(each.n for each in told) == N
    assert told[0].said is None
    assert told[-1].said == pytest.approx(0.3, abs=1e-12)
    assert abs(np.mean([each.rate for each in told]) - 0.25) < 0.02


def test_cases_of_one_moment_have_no_course() -> None:
    assert course(Task.SLA_BREACH, rehearsal(np.zeros(N))).periods == ()


def parts(times: np.ndarray) -> tuple[int, int]:
    """How many cases the points of a course left and right of the line are of."""
    told = course(Task.SLA_BREACH, rehearsal(times))
    right = [each.middle > told.line for each in told.periods]
    assert right == sorted(right)
    assert all(each.start < told.line for each, is_right in zip(told.periods, right, strict=True) if not is_right)
    return sum(each.n for each in told.periods if each.middle < told.line), sum(
        each.n for each, is_right in zip(told.periods, right, strict=True) if is_right
    )


@pytest.mark.parametrize("days", [30.0, 34.9, 35.0, 400.0, 2_000.0])
def test_right_of_the_line_lie_the_latest_cases_and_no_others(days: float) -> None:
    begun = datetime(2016, 2, 29, tzinfo=UTC).timestamp()
    assert parts(begun + np.linspace(0, days, N) * DAY) == (800, 200)


def test_latest_cases_of_one_moment_lie_right_of_the_line_too() -> None:
    assert parts(np.where(np.arange(N) < 800, 3.0 * DAY, 4.0 * DAY)) == (800, 200)


def test_weeks_too_many_to_see_become_months_and_those_quarters() -> None:
    begun = datetime(2024, 2, 10, 7, tzinfo=UTC).timestamp()
    spans = {name: course(Task.SLA_BREACH, rehearsal(begun + np.linspace(0, days, N) * DAY)) for name, days in SPANS}
    # A period that begins before the latest cases do and goes on after is two.
    assert [(each.by, len(each.periods)) for each in spans.values()] == [
        ("week", MOST_PERIODS),
        ("month", 15 + 1),
        ("month", MOST_PERIODS),
        ("quarter", 21 + 1),
    ]
    starts = {name: [datetime.fromtimestamp(each.start, UTC) for each in told.periods] for name, told in spans.items()}
    assert starts["sixty weeks"][1].timestamp() == begun + WEEK
    assert starts["sixty-one weeks"][:2] == [datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)]
    assert starts["sixty-one months"][:2] == [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)]
