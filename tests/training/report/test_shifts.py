from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from data.vocabulary import Task
from features.catalogue import feature_set
from features.chain import is_chained
from tests.fixtures.task_models import chained_model
from training.histories.rows import DAY, Rows
from training.histories.split import Split
from training.report.rehearsal import Rehearsal
from training.report.shifts import MOST_PERIODS, WEEK, course, moved

SPANS = (("sixty weeks", 419.9), ("sixty-one weeks", 420.1), ("sixty months", 1_815), ("sixty-one months", 1_850))
FEATURES = feature_set(Task.SLA_BREACH)
N = 1_000


def rehearsal(times: np.ndarray) -> Rehearsal:
    dice = np.random.default_rng(1)
    table = np.full((N, len(FEATURES.names)), np.nan)
    for name in ("queue_minutes", "order_value"):
        table[:, FEATURES.names.index(name)] = dice.normal(size=N)
    table[800:, FEATURES.names.index("queue_minutes")] += 2.0
    table[:, FEATURES.names.index("channel")] = np.where(np.arange(N) < 800, 0, 1)
    truth = (np.arange(N) % 4 == 0).astype(np.int64)
    rows = Rows(table, truth, times, FEATURES.categories, 1)
    split = Split(((400, 600), (600, 800)), 800, N, np.arange(N))
    return Rehearsal(rows, split, np.full((600, 1), 0.3), np.full((200, 1), 0.2))


def test_what_moved_comes_first_and_what_stayed_is_near_nothing() -> None:
    found = {each.feature: each.index for each in moved(FEATURES, rehearsal(np.arange(N) * DAY), FEATURES.names)}
    assert next(iter(found)) == "channel"
    assert found["queue_minutes"] > 0.5 > 0.25 > found["order_value"]
    assert found["queue_length"] == 0.0  # known nowhere, so it cannot have moved


def test_what_can_tell_nothing_has_not_moved() -> None:
    found = [each.feature for each in moved(FEATURES, rehearsal(np.arange(N) * DAY), {"queue_minutes", "order_value"})]
    assert found == ["queue_minutes", "order_value"]


def test_what_an_earlier_task_says_is_compared_where_it_could_be_said() -> None:
    link = chained_model().links[0]
    features = feature_set(Task.SLA_BREACH, links=(link,))
    said, fact = next(name for name in features.names if is_chained(name)), "order_value"
    table = np.full((N, len(features.names)), np.nan)
    table[200:, [features.names.index(said), features.names.index(fact)]] = np.random.default_rng(2).normal(
        size=(N - 200, 1)
    )
    whole = rehearsal(np.arange(N) * DAY)
    told = replace(whole, rows=replace(whole.rows, features=table))
    found = {each.feature: each.index for each in moved(features, told, {said, fact})}
    assert found[said] < 0.25 < found[fact]


@pytest.mark.parametrize("days", [0.25, 1.0, 4.0])
def test_a_course_tells_the_rate_of_all_days_and_the_score_of_those_that_were_scored(days: float) -> None:
    told = course(Task.SLA_BREACH, rehearsal(np.arange(N) * days * DAY)).periods
    assert sum(each.n for each in told) == N
    assert told[0].said is None
    assert told[-1].said == pytest.approx(0.3, abs=1e-12)
    assert abs(np.mean([each.rate for each in told]) - 0.25) < 0.02


def test_cases_of_one_moment_have_no_course() -> None:
    assert course(Task.SLA_BREACH, rehearsal(np.zeros(N))).periods == ()


def test_weeks_too_many_to_see_become_months_and_those_quarters() -> None:
    begun = datetime(2024, 2, 10, 7, tzinfo=UTC).timestamp()
    spans = {name: course(Task.SLA_BREACH, rehearsal(begun + np.linspace(0, days, N) * DAY)) for name, days in SPANS}
    assert [(each.by, len(each.periods)) for each in spans.values()] == [
        ("week", MOST_PERIODS),
        ("month", 15),
        ("month", MOST_PERIODS),
        ("quarter", 21),
    ]
    starts = {name: [datetime.fromtimestamp(each.start, UTC) for each in told.periods] for name, told in spans.items()}
    assert starts["sixty weeks"][1].timestamp() == begun + WEEK
    assert starts["sixty-one weeks"][:2] == [datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)]
    assert starts["sixty-one months"][:2] == [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)]
