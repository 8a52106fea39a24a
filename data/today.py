"""A case as if it happened now: an example stays alive however old its file is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from data.case import Case
from data.record import Record, to_milliseconds

_LONGEST_NAME = 128
"""Characters that an identifier may have."""


def as_if_now(case: Case, now: datetime, fresh: str) -> Case:
    """The case with its event at `now` and every other instant moved as far, as a new event of a new exception.

    Calendar days move by whole days, as many as lie between the two days in UTC. `fresh` is an id nobody used yet: the
    event's, and the end of the exception's. What the sender's own attributes say is left alone.

    Raises:
        ValueError: an instant would fall outside the years 1 to 9999.
    """
    now = to_milliseconds(now.astimezone(UTC))
    try:
        moved: Case = _moved(case, now - case.event.time, now.date() - case.event.time.date())
    except OverflowError:
        raise ValueError("an instant of the case would fall outside the years 1 to 9999: correct it") from None
    event = moved.event.model_copy(update={"id": fresh})
    name = case.exception_id[: _LONGEST_NAME - len(fresh) - 1]
    return moved.model_copy(update={"event": event, "exception_id": f"{name}-{fresh}"})


def _moved(value: Any, by: timedelta, days: timedelta) -> Any:
    match value:
        case datetime():
            return value + by
        case date():
            return value + days
        case tuple():
            return tuple(_moved(each, by, days) for each in value)
        case Record():
            told = {name: _moved(getattr(value, name), by, days) for name in value.model_fields_set}
            return value.model_copy(update=told)
        case _:
            return value
