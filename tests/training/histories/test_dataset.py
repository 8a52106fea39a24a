import itertools
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from data.case import Promise
from data.outcome import HistoryLine, Outcome, Selection
from data.standing import PartyStanding, Standing
from data.vocabulary import ExceptionType, RootCause, Task
from features.attributes import AttributeSchema, infer_attributes
from features.catalogue import feature_set
from features.standing import MemoryRows, StandingKeeper, replay
from policies.fallback import rule_row
from policies.policy import load_policy
from policies.promise import due_at, with_promise
from policies.recommend import recommend
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.fixed_predictors import NONE
from tests.fixtures.histories import as_of_monday, small_history
from training.histories import dataset
from training.histories.baseline import NO_RULE
from training.histories.dataset import Study, study
from training.histories.history import open_history
from training.histories.truth import UNKNOWN, promise_passed, told_at, truth_of


@pytest.fixture(scope="module")
def lines() -> list[HistoryLine]:
    return list(itertools.islice(open_history(small_history()).lines(), 400))


@pytest.fixture(scope="module")
def attributes(lines: list[HistoryLine]) -> AttributeSchema:
    return infer_attributes(line.case for line in lines)


def studied(
    lines: list[HistoryLine],
    attributes: AttributeSchema,
    first: int = 0,
    sampled: frozenset[int] = frozenset(),
    processes: int = 1,
) -> Study:
    reads = ((line, number >= first) for number, line in enumerate(lines))
    keeper = StandingKeeper(MemoryRows(), attributes)
    return study(reads, Task, attributes, load_policy(), keeper, sampled, processes=processes)


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


@pytest.mark.parametrize("processes", [1, 3])
def test_blocks_and_processes_change_nothing(
    processes: int, lines: list[HistoryLine], attributes: AttributeSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = studied(lines, attributes, 50, frozenset({0, 7, 149}))
    monkeypatch.setattr(dataset, "BLOCK_CASES", 37)
    parted = studied(lines, attributes, 50, frozenset({0, 7, 149}), processes)
    assert parted.samples == whole.samples
    assert [each.position for each in whole.samples] == [0, 7, 149]
    for task in Task:
        one, other = asdict(whole.known(task)), asdict(parted.known(task))
        for name, value in one.items():
            np.testing.assert_array_equal(other[name], value, err_msg=f"{task} {name}")


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


def late(line: HistoryLine, minutes: float, **outcome: Any) -> HistoryLine:
    """The case as if its promise had passed so many minutes before it was noticed; resolved an hour later."""
    at = line.case.event.time
    promise = Promise(due_at=at - timedelta(minutes=minutes))
    facts = {"recorded_at": at + timedelta(hours=2), "resolved_at": at + timedelta(hours=1), **outcome}
    return HistoryLine(case=line.case.model_copy(update={"promise": promise}), outcome=Outcome(**facts))


@pytest.mark.parametrize(("minutes", "left_out"), [(30, True), (0, True), (-1, False), (-600, False)])
def test_a_promise_that_had_passed_is_no_breach_to_learn(
    lines: list[HistoryLine], minutes: float, left_out: bool
) -> None:
    line = late(lines[0], minutes)
    assert promise_passed(line) is left_out
    assert (truth_of(Task.SLA_BREACH, line) == UNKNOWN) is left_out


def test_a_sender_who_tells_the_breach_means_a_promise_of_their_own(lines: list[HistoryLine]) -> None:
    """Their flag may follow another moment than `due_at`: such a case stays, whatever the flag says."""
    for told in (True, False):
        line = late(lines[0], 30, sla_breached=told)
        assert not promise_passed(line)
        assert truth_of(Task.SLA_BREACH, line) == int(told)


def test_passed_promises_are_counted_and_other_tasks_keep_their_cases(
    lines: list[HistoryLine], attributes: AttributeSchema
) -> None:
    before = studied(lines, attributes)
    mixed = [
        late(line, 30, root_cause=RootCause.LABOR_SHORTAGE) if number % 10 == 0 else line
        for number, line in enumerate(lines)
    ]
    seen = studied(mixed, attributes)
    passed = sum(promise_passed(line) for line in mixed)
    assert passed >= len(mixed) // 10
    assert seen.known(Task.SLA_BREACH).left_out["promise_passed"] == passed
    assert len(seen.known(Task.SLA_BREACH).truth) < len(before.known(Task.SLA_BREACH).truth)
    assert not seen.known(Task.ROOT_CAUSE).left_out
    assert len(seen.known(Task.ROOT_CAUSE).truth) >= len(before.known(Task.ROOT_CAUSE).truth)


def test_what_is_left_out_of_the_scores_is_what_the_service_does_not_ask_a_model(lines: list[HistoryLine]) -> None:
    policy = load_policy()
    for line in (late(lines[0], minutes) for minutes in (30, 0, -1)):
        case = line.case
        told = recommend(case, Standing(as_of=case.event.time), NONE, policy, case.event.time, "r").recommendation
        assert told.predictions.sla_breach.settled is promise_passed(line)


def test_what_is_known_of_a_promise_counts_in_a_record_once_it_was_due_and_a_cause_as_it_is_known(
    lines: list[HistoryLine], attributes: AttributeSchema
) -> None:
    at = lines[0].case.event.time
    early = late(lines[0], -5 * 24 * 60, sla_breached=False, root_cause=RootCause.LABOR_SHORTAGE)
    seen = studied([early, early.model_copy(update={"outcome": None})], attributes)
    assert seen.known(Task.ROOT_CAUSE).counts_at.tolist() == [(at + timedelta(hours=2)).timestamp()]
    counts_at = datetime.fromtimestamp(seen.known(Task.SLA_BREACH).counts_at.item(), UTC)
    assert at + timedelta(days=5) <= counts_at == counts_at.replace(hour=0, minute=0, second=0, microsecond=0)


def still_open(lines: list[HistoryLine]) -> list[HistoryLine]:
    """The same, its last case with a promise that was kept at once and is due a day after all that is told."""
    until = max(told_at(line) for line in lines)
    last = lines[-1].case.model_copy(update={"promise": Promise(due_at=until + timedelta(days=1))})
    outcome = Outcome(recorded_at=until, resolved_at=until, root_cause=RootCause.LABOR_SHORTAGE)
    return [*lines[:-1], HistoryLine(case=last, outcome=outcome)]


def test_a_promise_that_is_open_when_the_history_ends_teaches_nothing(
    lines: list[HistoryLine], attributes: AttributeSchema
) -> None:
    seen = studied(still_open(lines), attributes)
    known = seen.known(Task.SLA_BREACH)
    assert known.left_out["promise_open"] == known.promise_open == known.open.sum() >= 1
    assert known.open[-1]
    assert known.telling().truth.tolist() == known.truth[~known.open].tolist()
    np.testing.assert_array_equal(known.telling().facts, known.facts[~known.open])
    assert known.unsure().truth.tolist() == np.where(known.open, UNKNOWN, known.truth).tolist()
    assert seen.known(Task.ROOT_CAUSE).promise_open == 0, "a cause is promised to nobody"


def test_rows_that_came_after_the_last_outcome_close_no_promise(
    lines: list[HistoryLine], attributes: AttributeSchema
) -> None:
    """New cases of which nobody looked what came: what was open before them still is."""
    opened = still_open(lines)
    much_later = max(told_at(line) for line in lines) + timedelta(days=40)
    case = lines[0].case
    event = case.event.model_copy(update={"time": much_later, "id": "new"})
    promise = Promise(due_at=much_later + timedelta(days=1))
    new = HistoryLine(case=case.model_copy(update={"event": event, "promise": promise, "exception_id": "new"}))
    known = studied([*opened, new], attributes).known(Task.SLA_BREACH)
    assert known.promise_open == studied(opened, attributes).known(Task.SLA_BREACH).promise_open >= 1


def test_without_times_no_promise_is_open(lines: list[HistoryLine], attributes: AttributeSchema) -> None:
    """The end of such a history is made up, as its moment is."""
    made_up = lines[0].case.event.time
    at_once = [
        line.model_copy(
            update={
                "case": line.case.model_copy(
                    update={
                        "event": line.case.event.model_copy(update={"time": made_up}),
                        "promise": Promise(due_at=made_up + timedelta(days=9)),
                    }
                ),
                "outcome": Outcome(recorded_at=made_up + timedelta(days=1), sla_breached=False),
            }
        )
        for line in lines
    ]
    assert studied(at_once, attributes).known(Task.SLA_BREACH).promise_open == 0


def test_known_outcomes_of_late_stand_for_those_that_are_not_known_yet() -> None:
    """Of the last six days every known promise was kept, and of the eight before not all that were broken are known."""
    known = studied(as_of_monday(), AttributeSchema()).known(Task.SLA_BREACH)
    lately = known.times >= known.times[-1] - 4.9 * 86_400
    assert known.truth[lately].sum() == 0
    assert known.too_young == pytest.approx(9 * 16 + 8, abs=24), "sixteen a day; half of the slow take ten days"
    assert known.left_out == {
        "no_outcome": sum(line.outcome is None for line in as_of_monday()),
        "too_young": known.too_young,
        "not_known_yet": known.not_known_yet,
    }
    telling = known.telling()
    assert len(telling.truth) == len(known.truth) - known.too_young
    last = telling.times >= telling.times[-1] - 3 * 86_400
    assert telling.selection is not None
    weighed = float(np.average(telling.truth[last], weights=telling.selection[last]))
    assert telling.truth[last].mean() < 0.27
    assert weighed == pytest.approx(1 / 3, abs=0.05)
    assert (telling.selection[: len(telling.truth) // 2] == 1.0).all()
    unsure = known.unsure()
    assert (unsure.truth == UNKNOWN).sum() == known.too_young
    assert unsure.selection is not None
    assert unsure.selection[unsure.truth != UNKNOWN].tolist() == telling.selection.tolist()
    assert unsure.unsure() is unsure, "counted once"


def test_what_cases_count_for_besides_is_multiplied() -> None:
    plain = studied(as_of_monday(), AttributeSchema()).known(Task.SLA_BREACH)
    twice = replace(plain, selection=np.full(len(plain.truth), 2.0)).telling().selection
    once = plain.telling().selection
    assert once is not None
    assert twice is not None
    assert twice.tolist() == (2.0 * once).tolist()


def test_outcomes_of_context_are_awaited_from_the_promise_that_the_policy_gives() -> None:
    """Articles to be delivered within a day, told an hour after it: nothing is slow, counted from there."""
    hour, lines = timedelta(hours=1), []
    for number in range(600):
        at = NOON + number * hour
        told = Outcome(recorded_at=at + 25 * hour, sla_breached=False) if number < 575 else None
        case = a_case(number, at=at, reported_type=ExceptionType.UNAVAILABLE_INVENTORY)
        lines.append(HistoryLine(case=case, outcome=told))
    assert studied(lines, AttributeSchema(), first=500).known(Task.SLA_BREACH).maturity is None


def test_where_a_history_was_written_down_long_after_nothing_is_young() -> None:
    told = Outcome(recorded_at=NOON + timedelta(days=90), sla_breached=False)
    last = [HistoryLine(case=line.case, outcome=told) for line in as_of_monday()[1_200:1_210]]
    known = studied([*as_of_monday()[:1_200], *last], AttributeSchema()).known(Task.SLA_BREACH)
    assert known.maturity is None
    assert known.telling() is known


def test_sampled_cases_are_kept_whole(lines: list[HistoryLine], attributes: AttributeSchema) -> None:
    samples = studied(lines, attributes, sampled=frozenset({3, 390})).samples
    assert [sample.position for sample in samples] == [3, 390]
    assert samples[0].case.event == lines[3].case.event
    assert samples[1].standing.parties


def test_what_the_service_knew_goes_before_what_a_history_tells(
    lines: list[HistoryLine], attributes: AttributeSchema
) -> None:
    at = lines[-1].case.event.time
    stored = Standing(as_of=at, parties=(PartyStanding(kind="node", id="n", outcomes=77.0),))
    last = lines[-1].model_copy(update={"standing": stored})
    plain = studied(lines, attributes, sampled=frozenset({399})).samples[0].standing
    known = studied([*lines[:-1], last], attributes, sampled=frozenset({399})).samples[0].standing
    node = known.of("node")
    assert node is not None
    assert node.outcomes == 77.0
    assert plain.of("node") != node
    assert {each.kind for each in known.parties} == {each.kind for each in plain.parties} | {"node"}
    assert known.of("retailer") == plain.of("retailer")


def test_what_an_outcome_counts_for_reaches_its_row(lines: list[HistoryLine], attributes: AttributeSchema) -> None:
    assert studied(lines, attributes).known(Task.ROOT_CAUSE).selection is None
    chosen = Selection(stratum="review/reviewed", observed=0.5, weight=2.5)
    weighed = [
        line.model_copy(update={"selection": chosen}) if number % 2 else line for number, line in enumerate(lines)
    ]
    known = studied(weighed, attributes).known(Task.ROOT_CAUSE)
    expected = [2.5 if number % 2 else 1.0 for number, line in enumerate(lines) if truth_of(Task.ROOT_CAUSE, line) >= 0]
    assert known.selection is not None
    assert known.selection.tolist() == expected
