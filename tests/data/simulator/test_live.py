from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.simulator import live_cases, simulate

NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)


def test_live_cases_happened_in_the_last_hours_and_are_mostly_due_in_the_next() -> None:
    cases = live_cases(7, 120, NOW)
    due = [case.promise.due_at for case in cases if case.promise and case.promise.due_at]
    soon = [each for each in due if NOW < each < NOW + timedelta(hours=12)]

    assert len(cases) == 120
    assert all(NOW - timedelta(hours=2) <= case.event.time < NOW for case in cases)
    assert len(soon) > 0.6 * len(cases)


def test_live_cases_are_of_the_same_parties_as_the_history() -> None:
    stores = {line.case.node.id for line in simulate(7, 1500, NOW, weeks=1) if line.case.node}
    live = {case.node.id for case in live_cases(7, 60, NOW) if case.node}

    assert len(live & stores) > 0.7 * len(live)


def test_the_same_moment_gives_the_same_cases_and_a_later_one_others() -> None:
    first, again, later = live_cases(7, 20, NOW), live_cases(7, 20, NOW), live_cases(7, 20, NOW + timedelta(minutes=5))

    assert first == again
    assert not {case.exception_id for case in first} & {case.exception_id for case in later}


def test_live_ids_are_not_those_of_the_history() -> None:
    past = {line.case.exception_id for line in simulate(7, 300, NOW, weeks=1)}

    assert not past & {case.exception_id for case in live_cases(7, 60, NOW)}


def test_cases_across_midnight_are_possible() -> None:
    cases = live_cases(7, 40, NOW.replace(hour=1))

    assert {case.event.time.day for case in cases} == {10, 11}


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an offset"):
        live_cases(7, 1, datetime(2026, 5, 11))  # noqa: DTZ001
