from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.simulator.clock import offset_hours, seconds, stamp


@given(st.integers(0, 4_102_444_800))
def test_a_stamp_reads_back_as_its_moment(at: int) -> None:
    assert datetime.fromisoformat(stamp(at)) == datetime.fromtimestamp(at, UTC)
    assert seconds(datetime.fromtimestamp(at, UTC)) == at


def test_a_moment_with_another_offset_is_the_same_moment() -> None:
    here = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=2)))

    assert seconds(here) == seconds(datetime(2026, 11, 23, 7, tzinfo=UTC))


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an offset"):
        seconds(datetime(2026, 11, 23))  # noqa: DTZ001


def test_clocks_change_with_the_season() -> None:
    summer = int(seconds(datetime(2026, 7, 1, tzinfo=UTC)) // 86400)

    assert offset_hours("Europe/Berlin", summer) == 2
    assert offset_hours("Europe/Berlin", summer + 180) == 1
    assert offset_hours("America/New_York", summer) == -4
