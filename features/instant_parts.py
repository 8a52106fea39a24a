"""What an instant becomes as attributes of a case; and those told anew where a case is moved in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from data.case import AttributeValue, Case
from features.attributes import AttributeSchema
from features.calendar import hour_of_day, zone_named
from features.wording import InstantPart, Wordings

_HOUR = 3_600.0

INSTANT_PARTS: dict[InstantPart, Callable[[datetime, datetime], float | int]] = {
    "hours": lambda moment, time: round((moment - time).total_seconds() / _HOUR, 4),
    "hour": lambda moment, _: moment.hour,
    "weekday": lambda moment, _: moment.weekday(),
    "month": lambda moment, _: moment.month,
}
"""What an instant becomes, given the moment of the event; the instant stands on the clock of its zone."""

LOCAL: tuple[InstantPart, ...] = ("hour", "weekday", "month")
"""What a move in time changes; how far off the instant is stays."""

_CYCLIC = re.compile(
    r"(^|[_.-])(hour|weekday|month|week|quarter|dow|(hour|time)_?of_?day|day_?of_?(week|month|year)|"
    r"month_?of_?year|week_?of_?year)$",
    re.IGNORECASE,
)
"""What columns are called that tell a place in a day, a week or a year."""


def told_anew(moved: Case, wordings: Wordings) -> tuple[Case, tuple[str, ...]]:
    """A case that was moved in time, with the hour, weekday and month of its instants as they are now; and those left.

    An instant is known from how many hours off it is, and its clock from what a bundle keeps of the mapping. Left are
    numbers that are called like such a part and could not be told anew.
    """
    anew = dict(_anew(moved, wordings))
    left = tuple(name for name, value in moved.attributes.items() if name not in anew and _is_part(name, value))
    return moved.model_copy(update={"attributes": {**moved.attributes, **anew}}), left


def _anew(moved: Case, wordings: Wordings) -> Iterator[tuple[str, AttributeValue]]:
    for name in moved.attributes:
        wording = wordings.get(name)
        zone = zone_named(wording.zone) if wording and wording.zone else None
        if wording is None or wording.part not in LOCAL or zone is None:
            continue
        off = moved.attributes.get(f"{name.removesuffix(f'_{wording.part}')}_hours")
        if isinstance(off, int | float) and not isinstance(off, bool):
            seconds = round(off * _HOUR)  # It was rounded to a third of one.
            moment = moved.event.time + timedelta(seconds=seconds)
            yield name, INSTANT_PARTS[wording.part](moment.astimezone(zone), moved.event.time)


def cyclic(attributes: AttributeSchema) -> frozenset[str]:
    """The features that begin anew after their last value, so that more of them is neither later nor larger.

    A part of an instant is known from its mapping, another's from what its column is called.
    """
    own = {
        f"attribute.{name}"
        for name, wording in attributes.wordings.items()
        if wording.part in LOCAL or (wording.part is None and _CYCLIC.search(name))
    }
    return frozenset({hour_of_day.name, *own})


def _is_part(name: str, value: AttributeValue) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and name.endswith(tuple(f"_{part}" for part in LOCAL))
