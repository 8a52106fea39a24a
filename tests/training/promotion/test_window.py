"""Until when a bundle has learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.case import Promise
from data.outcome import HistoryLine, Outcome
from data.record import canonical
from data.vocabulary import ExceptionType, Task
from features.attributes import EMPTY
from models.bundle import Bundle, open_bundle
from models.predictors import ModelPredictor
from policies.policy import load_policy
from tests.fixtures.bundles import a_bundle
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.histories import as_of_monday
from training.errors import HistoryError
from training.histories.history import open_history
from training.histories.truth import UNKNOWN, truth_of
from training.progress import Silent
from training.promotion.window import Replayed, replayed, taught_until

HOUR = timedelta(hours=1)
FITTED = {"fitted_on": {"from": 0.0, "to": 100.0}, "tested_on": {"from": 80.0, "to": 100.0}}


def bundle(folder: Path, lineage: dict[str, Any]) -> Bundle:
    opened = open_bundle(a_bundle(folder))
    model = replace(opened.models[Task.SLA_BREACH].model, lineage=lineage)
    return replace(opened, models={Task.SLA_BREACH: ModelPredictor(model, "v")})


def test_a_calibrator_fitted_later_counts_as_learning(tmp_path: Path) -> None:
    recalibrated = bundle(tmp_path / "one", {**FITTED, "recalibrated_on": {"from": 100.0, "to": 250.0}})
    plain = bundle(tmp_path / "two", FITTED)
    assert taught_until(plain) == datetime.fromtimestamp(100, UTC)
    assert taught_until(plain, recalibrated) == datetime.fromtimestamp(250, UTC)


def test_a_bundle_that_does_not_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="does not say until when"):
        taught_until(bundle(tmp_path / "one", {}))


def truths(folder: Path, lines: list[HistoryLine]) -> list[int]:
    """What a comparison on all of a history knows of its promises."""
    file = folder / "told.jsonl"
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    everything = replayed(open_history(file), lambda line: True, [], EMPTY, (), load_policy(), Silent())
    told: list[int] = everything.later.truth(Task.SLA_BREACH).tolist()
    return told


def test_of_a_promise_that_is_not_due_nothing_is_compared(tmp_path: Path) -> None:
    """A kept one is known by then, a broken one is not: the more careless of two models would look the better."""
    lines = [
        HistoryLine(
            case=a_case(number, at=NOON + number * HOUR, promise=Promise(due_at=NOON + number * HOUR + 3 * HOUR)),
            outcome=Outcome(recorded_at=NOON + (number + 1) * HOUR, sla_breached=False, stockout=True),
        )
        for number in range(8)
    ]
    assert truths(tmp_path, lines) == [0] * 6 + [UNKNOWN] * 2
    one_moment = [
        line.model_copy(update={"case": line.case.model_copy(update={"event": lines[0].case.event})}) for line in lines
    ]
    assert truths(tmp_path, one_moment) == [0] * 8, "such a history has no end"


def test_of_cases_so_young_that_only_kept_promises_are_known_nothing_is_compared(tmp_path: Path) -> None:
    lines = as_of_monday()
    told = truths(tmp_path, lines)
    known = [line.outcome is not None for line in lines]
    left_out = [
        each for each, (truth, is_known) in enumerate(zip(told, known, strict=True)) if is_known != (truth >= 0)
    ]
    assert left_out, "their outcome is known, and says too little"
    assert min(left_out) == pytest.approx(1_440 - 10 * 24, abs=36)
    broken = [truth_of(Task.SLA_BREACH, lines[each]) for each in left_out]
    assert sum(broken) < 0.1 * len(broken)


def test_how_long_outcomes_take_is_learned_from_the_cases_before_those_that_are_compared(tmp_path: Path) -> None:
    """Ten days are compared, all too young: six days and more until a broken promise is known."""
    file = tmp_path / "monday.jsonl"
    lines = as_of_monday()
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    late = lines[-240].case.event.time
    read = replayed(
        open_history(file), lambda line: line.case.event.time >= late, [], EMPTY, (), load_policy(), Silent()
    )
    assert read.later.truth(Task.SLA_BREACH).tolist() == [UNKNOWN] * 240
    assert isinstance(read.later, Replayed)
    alone = replace(read.later, earlier={}).truth(Task.SLA_BREACH)
    assert (alone != UNKNOWN).any(), "they alone know of nothing slow"


def test_an_earlier_outcome_is_awaited_from_the_promise_that_the_policy_gives(tmp_path: Path) -> None:
    """A missing article that is to be delivered is put right within a day, which nobody dated; told an hour later."""
    file = tmp_path / "earlier.jsonl"
    lines = [
        HistoryLine(
            case=a_case(number, at=NOON + number * HOUR, reported_type=ExceptionType.UNAVAILABLE_INVENTORY),
            outcome=Outcome(recorded_at=NOON + (number + 25) * HOUR, sla_breached=False),
        )
        for number in range(9)
    ]
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    last = lines[-1].case.event.time
    read = replayed(
        open_history(file), lambda line: line.case.event.time >= last, [], EMPTY, (), load_policy(), Silent()
    )
    assert isinstance(read.later, Replayed)
    assert read.later.earlier[Task.SLA_BREACH].took.delays.tolist() == [HOUR.total_seconds()] * 8
