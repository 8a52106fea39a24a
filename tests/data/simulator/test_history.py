"""Histories as files and streams: valid, repeatable, in order, exactly as long as asked."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.outcome import HistoryLine
from data.simulator import simulate, write_history
from data.vocabulary import ExceptionType, RootCause

UNTIL = datetime(2026, 5, 11, 15, 30, tzinfo=UTC)
SEED = 90210
"""Not a seed the simulator was tuned on."""


@pytest.fixture(scope="module")
def lines() -> list[HistoryLine]:
    return list(simulate(SEED, 3000, UNTIL, weeks=5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def write(path: Path, *, workers: int = 1, seed: int = SEED, count: int = 400) -> bytes:
    write_history(path, seed=seed, count=count, until=UNTIL, weeks=2, workers=workers)
    return path.read_bytes()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = (write(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))

    assert first == again
    assert first != other


@pytest.mark.slow
def test_the_number_of_processes_does_not_change_the_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "one") == write(tmp_path / "two", workers=2)


def test_a_file_holds_what_the_stream_gives(path: Path) -> None:
    written = write(path).splitlines()

    assert [HistoryLine.model_validate_json(each) for each in written] == list(simulate(SEED, 400, UNTIL, weeks=2))


def test_a_gzipped_history_is_the_same_history_with_the_same_bytes(tmp_path: Path) -> None:
    plain, packed, again = (write(tmp_path / name) for name in ("a.jsonl", "a.jsonl.gz", "b.jsonl.gz"))

    assert gzip.decompress(packed) == plain
    assert packed == again


def test_every_line_is_valid_and_there_are_exactly_as_many_as_asked(lines: list[HistoryLine]) -> None:
    assert len(lines) == 3000


def test_lines_are_in_time_order_within_the_weeks_asked_for(lines: list[HistoryLine]) -> None:
    times = [line.case.event.time for line in lines]

    assert times == sorted(times)
    assert UNTIL - timedelta(weeks=5) <= times[0]
    assert times[-1] < UNTIL


def test_events_are_told_apart_by_source_and_id(lines: list[HistoryLine]) -> None:
    assert len({(line.case.event.source, line.case.event.id) for line in lines}) == len(lines)


def test_some_exceptions_send_a_second_event_about_the_same_order(lines: list[HistoryLine]) -> None:
    by_exception: dict[str, list[HistoryLine]] = {}
    for line in lines:
        by_exception.setdefault(line.case.exception_id, []).append(line)
    twice = [events for events in by_exception.values() if len(events) > 1]

    assert 0.02 < len(twice) / len(by_exception) < 0.1
    for first, second in twice:
        assert first.case.event.time <= second.case.event.time
        assert first.case.order == second.case.order
        assert first.outcome == second.outcome


def test_outcomes_become_known_after_the_exception_and_before_the_end(lines: list[HistoryLine]) -> None:
    for line in lines:
        if line.outcome:
            assert line.case.event.time < line.outcome.recorded_at <= UNTIL
            assert line.outcome.resolved_at is None or line.outcome.resolved_at <= line.outcome.recorded_at
    assert any(line.outcome is None for line in lines[-200:])


def test_a_stockout_is_told_only_of_a_position_and_a_day_later(lines: list[HistoryLine]) -> None:
    told = [line for line in lines if line.outcome and line.outcome.stockout is not None]

    assert all(line.case.stock for line in told)
    for line in told:
        assert line.outcome is not None
        assert line.outcome.recorded_at >= line.case.event.time + timedelta(days=1) - timedelta(hours=12)


def test_every_decision_has_its_propensity_and_its_action_is_in_the_outcome(lines: list[HistoryLine]) -> None:
    for line in lines:
        assert line.decision is not None
        assert 0.0 < line.decision.propensity <= 1.0
        if line.outcome:
            assert line.outcome.action == line.decision.action


def test_all_types_and_causes_occur(lines: list[HistoryLine]) -> None:
    outcomes = [line.outcome for line in lines if line.outcome]

    assert {each.exception_type for each in outcomes} == {*ExceptionType, None}
    assert {each.root_cause for each in outcomes} == {*RootCause, None}


def test_lines_stay_small(path: Path) -> None:
    assert len(write(path, count=1000)) / 1000 < 3000


def test_two_thousand_cases_take_seconds(tmp_path: Path) -> None:
    began = time.process_time()
    write_history(tmp_path / "h", seed=SEED, count=2000, until=UNTIL, weeks=8)

    assert time.process_time() - began < 8.0


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("before")

    def fail(_: int) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        write_history(tmp_path / "kept", seed=1, count=50, until=UNTIL, weeks=1, progress=fail)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "before"


def test_progress_adds_up_to_the_count(path: Path) -> None:
    seen: list[int] = []
    write_history(path, seed=1, count=123, until=UNTIL, weeks=2, progress=seen.append)

    assert sum(seen) == 123


@pytest.mark.parametrize(("count", "weeks"), [(0, 1), (5, 0)])
def test_a_history_of_nothing_is_refused(count: int, weeks: int) -> None:
    with pytest.raises(ValueError, match="at least one line and one week"):
        list(simulate(1, count, UNTIL, weeks=weeks))


def test_nothing_hidden_is_emitted(path: Path) -> None:
    hidden = {"slipping", "inaccuracy", "abusive", "runs_out", "cause", "slack", "left"}
    names: set[str] = set()
    for line in write(path).splitlines():
        names |= _names(json.loads(line)["case"])

    assert not names & hidden


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in _names(each)}
    return {name for each in value for name in _names(each)} if isinstance(value, list) else set()
