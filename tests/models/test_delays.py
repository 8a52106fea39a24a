"""A known answer stands for those of its label and days that are not known yet; none does while that were a guess."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delays import EPOCH, LEAST, Delays

DAY = timedelta(days=1)
DELAYS = Delays(2, {"no": (0.5, 0.9, 1.0), "yes": (0.0, 0.5, 1.0)})
"""Steps of two days: of broken promises none is known as the step ends, half two days later, all after four."""


@pytest.mark.parametrize(
    ("passed", "stand_for"),
    [
        (-DAY, {}),
        (0 * DAY, {}),
        (0.3 * DAY, {}),
        (0.5 * DAY, {"no": 1 / 0.6, "yes": 8.0}),
        (1 * DAY, {"no": 1 / 0.7, "yes": 4.0}),
        (2 * DAY, {"no": 1 / 0.9, "yes": 2.0}),
        (3 * DAY, {"no": 1 / 0.95, "yes": 1 / 0.75}),
        (4 * DAY, {"no": 1.0, "yes": 1.0}),
        (900 * DAY, {"no": 1.0, "yes": 1.0}),
    ],
)
def test_a_known_answer_stands_for_those_that_are_not(passed: timedelta, stand_for: dict[str, float]) -> None:
    assert DELAYS.stand_for(passed) == pytest.approx(stand_for)
    assert DELAYS.horizon == 4 * DAY


shares = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9).map(lambda each: (*sorted(each), 1.0))


@given(st.integers(1, 20), shares, shares, st.floats(-40.0, 400.0))
def test_none_stands_for_many_and_none_for_less_than_itself(
    days: int, no: tuple[float, ...], yes: tuple[float, ...], passed: float
) -> None:
    found = Delays(days, {"no": no, "yes": yes}).stand_for(passed * DAY)
    assert set(found) in (set(), {"no", "yes"})
    assert all(1.0 <= each <= 1.0 / LEAST + 1e-9 for each in found.values())


@given(st.integers(1, 20), st.datetimes(timezones=st.just(UTC)))
def test_a_step_ends_after_what_is_in_it_by_its_own_length_at_most(days: int, since: datetime) -> None:
    ends = Delays(days, {"no": (1.0,), "yes": (1.0,)}).end_of_step(since)
    assert (ends - EPOCH) % (days * DAY) == timedelta()
    if since.year < 9_999:
        assert since < ends <= since + days * DAY


def test_an_answer_counts_by_when_it_could_be_known() -> None:
    since = EPOCH + DAY
    """Its step ends a day later."""
    assert DELAYS.counts_for("yes", since, since + DAY) == 0.0
    assert DELAYS.counts_for("yes", since, since + 3 * DAY) == 2.0
    assert DELAYS.counts_for("no", since, since + 3 * DAY) == pytest.approx(1 / 0.9)
    assert DELAYS.counts_for("nobody heard of", since, since + 3 * DAY) == 0.0


@given(st.integers(1, 20), shares, shares, st.timedeltas(-30_000 * DAY, 90_000 * DAY))
def test_what_could_be_known_before_that_counts(
    days: int, no: tuple[float, ...], yes: tuple[float, ...], later: timedelta
) -> None:
    at = EPOCH + later
    delays = Delays(days, {"no": no, "yes": yes})
    by = delays.counted_by(at)
    just_before = by - timedelta(microseconds=1)
    assert all(delays.counts_for(label, just_before, at) >= 1.0 for label in ("no", "yes"))
    assert not all(delays.counts_for(label, by, at - (at - EPOCH) % (days * DAY)) for label in ("no", "yes"))


def test_delays_are_read_as_they_were_written() -> None:
    assert Delays.from_json(json.loads(json.dumps(DELAYS.to_json()))) == DELAYS


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"known": {"no": [1.0]}},
        {"days": 0, "known": {"no": [1.0]}},
        {"days": 1.5, "known": {"no": [1.0]}},
        {"days": 1, "known": {}},
        {"days": 1, "known": {"no": []}},
        {"days": 1, "known": {"no": 1.0}},
        {"days": 1, "known": {"no": [0.5, 1.5]}},
        {"days": 1, "known": {"no": [float("nan")]}},
        {"days": 1, "known": {"no": ["1"]}},
    ],
)
def test_what_are_no_delays_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="delays"):
        Delays.from_json(told)
