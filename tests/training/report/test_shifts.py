import numpy as np

from data.vocabulary import Task
from features.catalogue import feature_set
from training.histories.rows import DAY, Rows
from training.histories.split import Split
from training.report.rehearsal import Rehearsal
from training.report.shifts import moved, weeks

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
    found = {each.feature: each.index for each in moved(FEATURES, rehearsal(np.arange(N) * DAY))}
    assert next(iter(found)) == "channel"
    assert found["queue_minutes"] > 0.5 > 0.25 > found["order_value"]
    assert found["queue_length"] == 0.0  # known nowhere, so it cannot have moved


def test_weeks_tell_the_rate_of_all_days_and_the_score_of_those_that_were_scored() -> None:
    told = weeks(Task.SLA_BREACH, rehearsal(np.arange(N) * DAY))
    assert sum(each.n for each in told) == N
    assert told[0].said is None
    assert told[-1].said == 0.3
    assert abs(np.mean([each.rate for each in told]) - 0.25) < 0.02


def test_cases_of_one_moment_have_no_course() -> None:
    assert weeks(Task.SLA_BREACH, rehearsal(np.zeros(N))) == []
