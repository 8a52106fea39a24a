"""Which cases of a file are compared where nobody knows a later day: those that taught neither bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.case import Node, Promise
from data.outcome import HistoryLine, Outcome
from data.vocabulary import ExceptionType, RootCause, Task
from features.attributes import AttributeSchema
from models.task_model import TaskModel
from models.taught import event_key
from policies.policy import load_policy
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.lessons import BY_ROW, Table, keys, model
from training.errors import HistoryError
from training.histories.untaught import FEWEST_LOOKED_UP
from training.progress import Silent
from training.promotion.fresh import Fresh, Seen, fresh_cases, read_fresh, telling
from training.promotion.window import Replayed

AT = datetime(2026, 1, 1, tzinfo=UTC)
LARGE = 40_000


def rows(start: int, stop: int, an_exception: int = 1) -> list[Seen]:
    return [
        Seen(key, f"x{number // an_exception}", AT)
        for number, key in zip(range(start, stop), keys(start, stop), strict=True)
    ]


def chosen(models: list[TaskModel], seen: list[Seen], **table: Any) -> Fresh:
    return fresh_cases({f"model {number}": each for number, each in enumerate(models)}, seen, Table(**table).history)


def test_a_file_of_other_rows_is_compared_whole_and_says_how_sure_that_is() -> None:
    fresh = chosen([model(keys(0, LARGE)), model(keys(0, LARGE // 2))], rows(LARGE, LARGE + 3_000))
    assert fresh.left_out == frozenset()
    assert (fresh.told.cases, fresh.told.taught, fresh.told.left_out) == (3_000, 0, 0)
    assert 200 < fresh.told.looked_up < 400
    assert 0.0 < fresh.told.at_most < 0.015


def test_rows_of_small_trainings_are_known_one_by_one_and_left_out() -> None:
    fresh = chosen([model(keys(0, 1_000)), model(keys(500, 1_500))], rows(0, 2_000))
    assert fresh.left_out == {f"x{number}" for number in range(1_500)}
    assert (fresh.told.taught, fresh.told.left_out, fresh.told.at_most) == (1_500, 1_500, 0.0)


def test_of_a_file_that_overlaps_a_large_training_only_rows_known_to_be_new_stay() -> None:
    fresh = chosen([model(keys(0, LARGE))], rows(LARGE - 5_000, LARGE + 5_000))
    kept = {number for number in range(LARGE - 5_000, LARGE + 5_000) if f"x{number}" not in fresh.left_out}
    assert min(kept) >= LARGE, "no taught row is compared"
    assert len(kept) == 10_000 - fresh.told.left_out
    assert 350 < len(kept) < 650
    assert fresh.told.at_most == 0.0, "each that stays is known to be new"


def test_a_file_that_was_taught_is_refused_with_the_numbers_and_what_to_do() -> None:
    with pytest.raises(HistoryError, match=r"of 1,000 cases of other\.csv 1,000 can be looked up, 900 of them taught"):
        chosen([model(keys(0, 900))], rows(0, 1_000))
    with pytest.raises(HistoryError, match="the part that was kept from training"):
        chosen([model(keys(0, LARGE))], rows(0, 3_000))


def test_a_file_too_small_to_speak_for_itself_is_refused() -> None:
    with pytest.raises(HistoryError, match=f"at least {FEWEST_LOOKED_UP} are needed"):
        chosen([model(keys(0, LARGE))], rows(LARGE, LARGE + 300))
    assert chosen([model(keys(0, 1_000))], rows(1_000, 1_050)).told.looked_up == 50, "all of them are known"


def test_an_exception_goes_whole_for_one_row_that_was_taught() -> None:
    fresh = chosen([model(keys(0, 301))], rows(300, 900, an_exception=3))
    assert fresh.left_out == {"x100"}
    assert (fresh.told.taught, fresh.told.left_out) == (1, 3)


def test_of_more_than_are_needed_those_stay_that_can_best_be_looked_up() -> None:
    seen, taught = rows(LARGE, LARGE + 3_000), model(keys(0, LARGE))
    fresh = fresh_cases({"it": taught}, seen, Table().history, most=500)
    kept = [each.key for each in seen if each.exception not in fresh.left_out]
    assert sorted(kept) == sorted(keys(LARGE, LARGE + 3_000))[:500]
    assert (fresh.told.cases, fresh.told.left_out) == (3_000, 2_500)
    assert fresh.told.says.endswith("2,500 were left out, for the others are enough")


def test_a_model_that_keeps_nothing_is_named() -> None:
    with pytest.raises(HistoryError, match="model 1 does not keep which cases taught it"):
        chosen([model(keys(0, 900)), model([])], rows(1_000, 2_000))
    with pytest.raises(HistoryError, match="which cases taught its calibrator"):
        chosen([model(keys(0, 900), recalibrated_on={"n": 400})], rows(1_000, 2_000))


def test_events_that_are_named_otherwise_cannot_be_looked_up() -> None:
    with pytest.raises(HistoryError, match="names its events by"):
        chosen([model(keys(0, 900))], rows(1_000, 2_000), naming=BY_ROW)


@dataclass
class Lines(Table):
    """A history that can be read too."""

    told: tuple[HistoryLine, ...] = ()

    def lines(self) -> Iterator[HistoryLine]:
        return iter(self.told)


def told_of(*told: HistoryLine, task: Task = Task.SLA_BREACH) -> list[Seen]:
    return list(telling(Lines(told=told).history, (task,), load_policy(), Silent()))


def line(number: int, promise: Promise | None = None, **outcome: Any) -> HistoryLine:
    kind, node = ExceptionType.LATE_PICKUP_READINESS, Node(id="store-12", zone="Europe/Berlin")
    case = a_case(number, reported_type=kind, node=node, promise=promise)
    return HistoryLine(case=case, outcome=Outcome(recorded_at=NOON + timedelta(days=9), **outcome))


def test_a_case_tells_of_a_breach_by_the_promise_that_the_policy_makes() -> None:
    resolved = NOON + timedelta(days=8)
    assert told_of(line(1, resolved_at=resolved)) == [Seen(event_key("oms", "event-1"), "exc-1", NOON)]


def test_cases_that_do_not_tell_what_is_asked_are_passed_over() -> None:
    passed = line(1, Promise(due_at=NOON - timedelta(hours=1)), resolved_at=NOON)
    untold, known = HistoryLine(case=a_case(2)), Outcome(recorded_at=NOON, root_cause=RootCause.SYSTEM_LATENCY)
    cause = HistoryLine(case=a_case(3), outcome=known)
    assert told_of(passed, untold, cause) == []
    assert [each.exception for each in told_of(passed, untold, cause, task=Task.ROOT_CAUSE)] == ["exc-3"]


def test_an_event_that_is_there_twice_is_named_even_where_it_tells_nothing() -> None:
    with pytest.raises(HistoryError, match=r"other\.csv: event event-1 of oms is there twice"):
        told_of(HistoryLine(case=a_case(1)), line(1, sla_breached=True))


def test_what_was_left_out_is_not_compared_and_tells_its_answers() -> None:
    told = tuple(line(number, sla_breached=True) for number in (1, 2, 3))
    fresh, taught = (
        Fresh(frozenset({"exc-2"}), chosen([model(keys(0, 900))], rows(900, 2_000)).told),
        ["event-1", "event-2"],
    )
    of = {event_key("oms", each) for each in taught}
    read = read_fresh(Lines(told=told).history, fresh, AttributeSchema(), of, load_policy(), Silent())
    assert isinstance(read.later, Replayed)
    assert [each.case.exception_id for each in read.later.lines] == ["exc-1", "exc-3"]
    assert read.answers[Task.SLA_BREACH] == {event_key("oms", "event-2"): 1}
    assert read.again == {event_key("oms", "event-1")}
