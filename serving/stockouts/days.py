"""A shelf's past days: each is told once, and only after it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from data.case import Case, StockDay
from features.calendar import local_time
from serving.bodies import MOST_FAULTS
from serving.errors import Fault, InvalidRequest

TWICE = "a day of its own: this one is told before"
NOT_ENDED = "a day before the one asked about, on the clock of node.zone (of UTC where it is not told)"


def refuse_days_out_of_place(cases: Iterable[Case]) -> None:
    """Refuse days told twice and days that had not ended. One case per position; raises InvalidRequest."""
    found = (fault for index, case in enumerate(cases) for fault in _faults(index, case))
    faults = list(islice(found, MOST_FAULTS))
    if faults:
        raise InvalidRequest("See `errors` for the days that cannot be read.", faults=faults)


def _faults(index: int, case: Case) -> Iterator[Fault]:
    (position,) = case.stock
    for place, expected in _out_of_place(position.history, local_time(case).date()):
        yield Fault(f"/positions/{index}/history/{place}/day", expected)


def _out_of_place(history: Iterable[StockDay], today: date) -> Iterator[tuple[int, str]]:
    seen: set[date] = set()
    for place, each in enumerate(history):
        if each.day in seen:
            yield place, TWICE
        elif each.day >= today:
            yield place, NOT_ENDED
        seen.add(each.day)
