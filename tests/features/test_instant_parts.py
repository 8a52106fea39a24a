"""A case that is moved in time tells hour, weekday and month as its instants then have them, or says which are left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from data.case import AttributeValue
from data.today import as_if_now
from features.attributes import AttributeSchema, Declaration
from features.instant_parts import cyclic, told_anew
from features.wording import Wording
from tests.fixtures.cases import NOON, a_case
from training.histories.history import MappedHistory, Table
from training.tables.mapping import parse_mapping

PARTS = ["hours", "hour", "weekday", "month"]


def mapped(at: str, promised: str, zone: str = "America/Sao_Paulo") -> MappedHistory:
    """One row, read by a mapping with an instant of the retailer's own."""
    facts = {"event.source": {"constant": "s"}, "event.id": "id", "event.time": "at", "exception_id": "id"}
    promise = {"column": "promised", "kind": "instant", "parts": PARTS}
    content = {"schema": "fairlead/mapping/1", "zone": zone, "facts": facts, "attributes": {"promised": promise}}
    frame = pd.DataFrame({"id": ["1"], "at": [at], "promised": [promised]})
    return MappedHistory(Table("t.csv", "sha256:0", frame), parse_mapping(content))


@pytest.mark.parametrize("days", [1, 40, 400])
def test_moved_by_days_it_says_what_the_mapping_would_have_said(days: int) -> None:
    history = mapped("2026-01-30T22:15:00", "2026-01-31T23:30:01")
    (case,) = (line.case for line in history.lines())
    by = timedelta(days=days)
    moved, left = told_anew(as_if_now(case, case.event.time + by, "fresh"), history.wordings)
    then = datetime(2026, 1, 31, 23, 30, 1) + by  # noqa: DTZ001 - on the clock of the zone, which has no summer time
    (expected,) = (line.case for line in mapped(str(datetime(2026, 1, 30, 22, 15) + by), str(then)).lines())  # noqa: DTZ001
    assert moved.attributes == expected.attributes
    assert moved.attributes["promised_weekday"] == then.weekday()
    assert left == ()


@pytest.mark.parametrize(
    ("told", "wording"),
    [
        ({"promised_hour": 7}, Wording(part="hour", zone="UTC")),
        ({"promised_hours": 2.0, "promised_hour": 7}, Wording(part="hour")),
        ({"promised_hours": 2.0, "promised_hour": 7}, Wording()),
        ({"promised_hours": 2.0, "promised_hour": 7}, Wording(part="hour", zone="Mars/Base")),
        ({"promised_hours": True, "promised_hour": 7}, Wording(part="hour", zone="UTC")),
    ],
)
def test_what_cannot_be_told_anew_is_left_and_named(told: dict[str, AttributeValue], wording: Wording) -> None:
    case = a_case(attributes={**told, "rush_hour": "yes", "size": 3})
    moved, left = told_anew(as_if_now(case, datetime(2027, 3, 1, tzinfo=UTC), "fresh"), {"promised_hour": wording})
    assert moved.attributes == case.attributes
    assert left == ("promised_hour",), "a word is no part of an instant, whatever it is called"


def test_a_case_without_any_is_the_same() -> None:
    case = a_case(at=NOON, attributes={"size": 3})
    assert told_anew(case, {}) == (case, ())


@pytest.mark.parametrize(
    "name", ["scheduled_month", "month", "Order.Weekday", "pickup-hour", "day_of_week", "HourOfDay"]
)
def test_a_place_in_a_day_week_or_year_is_cyclic_by_what_its_column_is_called(name: str) -> None:
    number = Declaration(kind="number")
    schema = AttributeSchema(attributes={name: number, "lead_hours": number, "monthly_orders": number})
    assert cyclic(schema) == {"hour_of_day", f"attribute.{name}"}


def test_a_mapping_that_names_the_part_of_an_instant_is_believed_before_the_name() -> None:
    parts = {
        "due_x": Declaration(kind="number", called="due date", part="month"),
        "due_hour": Declaration(kind="number", called="due date", part="hours"),
    }
    assert cyclic(AttributeSchema(attributes=parts)) == {"hour_of_day", "attribute.due_x"}
