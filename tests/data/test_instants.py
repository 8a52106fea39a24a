"""An instant is written one way, and what is read back is what was used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.case import Event
from data.record import canonical


def read(time: object) -> Event:
    return Event.model_validate_json(json.dumps({"source": "oms", "id": "1", "time": time}))


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "20261123",
        "1764000000",
        1764000000,
        "2026-11-23T06:40",
    ],
)
def test_refuses_what_is_not_an_instant(time: object) -> None:
    with pytest.raises(ValidationError):
        read(time)


LOW, HIGH = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
offsets = st.integers(-12 * 60, 12 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(LOW, HIGH, timezones=offsets))
def test_reading_back_gives_the_same_instant_and_bytes(time: datetime) -> None:
    event = read(time.isoformat())
    again = Event.model_validate_json(canonical(event))
    assert (again, canonical(again)) == (event, canonical(event))
    assert event.time.tzinfo is UTC
