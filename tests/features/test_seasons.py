"""The month is read where a history tells of each season twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.standing import Standing
from data.vocabulary import Task
from features.attributes import TWO_YEARS, AttributeSchema, Declaration, infer_attributes
from features.catalogue import feature_set
from features.seasons import MONTHS, month_of_year, months
from features.sentences import sentence
from tests.fixtures.cases import NOON, a_case

WITH_SEASONS = AttributeSchema(seasons=True)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_month_is_that_of_the_event(month: int) -> None:
    at = datetime(2026, month, 15, tzinfo=UTC)
    value = month_of_year.of(a_case(at=at), Standing(as_of=at))
    assert value == month - 1
    assert sentence(month_of_year, value, None) == f"it is {MONTHS[month - 1]}"


@pytest.mark.parametrize(("days", "told"), [(TWO_YEARS.days - 1, False), (TWO_YEARS.days, True)])
def test_only_a_history_of_two_years_has_seasons(days: int, told: bool) -> None:
    assert infer_attributes([a_case(1, at=NOON + timedelta(days)), a_case()]).seasons == told


def test_a_model_of_a_shorter_history_reads_what_it_always_read() -> None:
    for task in Task:
        assert feature_set(task, WITH_SEASONS).names == (*feature_set(task).names, "month_of_year")
    assert "seasons" not in AttributeSchema().model_dump(), "bundles of short histories keep their bytes"


def test_months_are_known_by_what_the_mapping_made_of_an_instant_and_by_no_name() -> None:
    declared = {
        "promised_month": Declaration(kind="number", part="month", zone="UTC"),
        "promised_hours": Declaration(kind="number", part="hours", zone="UTC"),
        "forecast_3_month": Declaration(kind="number"),
    }
    assert months(AttributeSchema(attributes=declared)) == {"month_of_year", "attribute.promised_month"}
