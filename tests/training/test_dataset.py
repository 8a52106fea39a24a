import itertools

import numpy as np
import pytest

from data.outcome import HistoryLine
from data.vocabulary import Task
from features.attributes import AttributeSchema, infer_attributes
from features.catalogue import feature_set
from features.standing import MemoryRows, StandingKeeper, replay
from policies.fallback import rule_row
from policies.policy import load_policy
from policies.promise import due_at, with_promise
from tests.fixtures.histories import small_history
from training.baseline import NO_RULE
from training.dataset import Study, study, truth_of
from training.history import open_history


@pytest.fixture(scope="module")
def lines() -> list[HistoryLine]:
    return list(itertools.islice(open_history(small_history()).lines(), 400))


@pytest.fixture(scope="module")
def attributes(lines: list[HistoryLine]) -> AttributeSchema:
    return infer_attributes(line.case for line in lines)


def studied(
    lines: list[HistoryLine], attributes: AttributeSchema, first: int = 0, sampled: frozenset[int] = frozenset()
) -> Study:
    reads = ((line, number >= first) for number, line in enumerate(lines))
    return study(reads, Task, attributes, load_policy(), StandingKeeper(MemoryRows(), attributes), sampled)


@pytest.fixture(scope="module")
def whole(lines: list[HistoryLine], attributes: AttributeSchema) -> Study:
    return studied(lines, attributes)


@pytest.mark.parametrize("task", list(Task))
def test_every_row_is_what_serving_would_compute_at_that_moment(
    task: Task, lines: list[HistoryLine], attributes: AttributeSchema, whole: Study
) -> None:
    policy = load_policy()
    promised = [
        line.model_copy(update={"case": with_promise(line.case, due_at(line.case, policy).due_at)}) for line in lines
    ]
    known = [
        (line, standing)
        for line, standing in replay(promised, StandingKeeper(MemoryRows(), attributes))
        if truth_of(task, line) >= 0
    ]
    rows = whole.known(task)
    one_by_one = [feature_set(task, attributes).vector(line.case, standing) for line, standing in known]
    np.testing.assert_array_equal(rows.facts, np.array(one_by_one))
    assert rows.truth.tolist() == [truth_of(task, line) for line, _ in known]
    assert rows.fired == [rule_row(task, line.case, standing, policy) or NO_RULE for line, standing in known]
    assert rows.messages == [line.case.message for line, _ in known]


def test_context_is_known_to_the_standing_and_never_scored(
    lines: list[HistoryLine], attributes: AttributeSchema, whole: Study
) -> None:
    later = studied(lines, attributes, first=250).known(Task.SLA_BREACH)
    n = len(later.truth)
    assert 0 < n < len(whole.known(Task.SLA_BREACH).truth)
    np.testing.assert_array_equal(later.facts, whole.known(Task.SLA_BREACH).facts[-n:])


def test_an_outcome_recorded_later_changes_no_row_before_it(
    lines: list[HistoryLine], attributes: AttributeSchema, whole: Study
) -> None:
    cut = len(lines) // 2
    moment = lines[cut].case.event.time
    forgotten = [
        line
        if line.outcome is None or line.outcome.recorded_at <= moment
        else line.model_copy(update={"outcome": None})
        for line in lines
    ]
    known = studied(forgotten, attributes).known(Task.SLA_BREACH)
    rows = {time: facts for time, facts in zip(known.times, known.facts, strict=True) if time <= moment.timestamp()}
    assert rows
    before = whole.known(Task.SLA_BREACH)
    for time, facts in zip(before.times, before.facts, strict=True):
        if time in rows:
            np.testing.assert_array_equal(facts, rows[time])


def test_sampled_cases_are_kept_whole(lines: list[HistoryLine], attributes: AttributeSchema) -> None:
    samples = studied(lines, attributes, sampled=frozenset({3, 390})).samples
    assert [sample.position for sample in samples] == [3, 390]
    assert samples[0].case.event == lines[3].case.event
    assert samples[1].standing.parties
