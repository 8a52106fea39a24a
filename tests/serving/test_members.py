"""Which members may stand where: read from the schema, told to whoever sent others."""

from __future__ import annotations

from typing import Any

import pytest

from data.actions import OfAmount, OfSystem, Replenishment, WithSupplier
from data.case import Case, Event, StockDay, StockPosition
from data.outcome import Outcome
from data.record import Record
from data.review import ReviewRequestBody
from serving.members import expected_at, members_at
from serving.stockouts.schemas import StockoutQuestion
from tests.fixtures.service import Desk, an_exception


@pytest.mark.parametrize(
    ("model", "location", "members"),
    [
        (Case, (), tuple(Case.model_fields)),
        (Case, ("event",), tuple(Event.model_fields)),
        (Case, ("stock", 3, "history", 2), tuple(StockDay.model_fields)),
        (StockoutQuestion, ("positions", 0), (*StockPosition.model_fields, "attributes")),
        (ReviewRequestBody, (), tuple(ReviewRequestBody.model_fields)),
        (Outcome, (), tuple(Outcome.model_fields)),
        (Case, ("region",), ()),
        (Case, ("nowhere", 1, "x"), ()),
    ],
)
def test_members_are_those_of_the_object_at_the_place(
    model: type[Record], location: tuple[int | str, ...], members: tuple[str, ...]
) -> None:
    assert members_at(model, location) == members


@pytest.mark.parametrize(
    ("body", "pointer", "told"),
    [
        ({"c4n4ry": 1}, "", "reported_type"),
        ({"node": {"id": "s", "c4n4ry": 1}}, "/node", "zone"),
        ({"stock": [{"sku": "s", "node": "n", "c4n4ry": 1}]}, "/stock/0", "on_hand"),
        ({"sku": "s"}, "/sku", "exception_id"),
    ],
)
def test_an_unknown_member_is_answered_with_those_that_are_known(
    desk: Desk, body: dict[str, Any], pointer: str, told: str
) -> None:
    response = desk.post("/v1/recommendations", {**an_exception(), **body})
    [fault] = response.json()["errors"]
    assert (response.status_code, fault["pointer"]) == (422, pointer)
    assert fault["expected"].startswith("only members that the schema names here: ")
    assert f" {told}" in fault["expected"]
    assert "c4n4ry" not in response.text


@pytest.mark.parametrize(
    ("model", "location", "told"),
    [
        (WithSupplier, ("supplier",), "a text of 1 to 128 characters"),
        (WithSupplier, ("purchase_order",), "a text of 1 to 128 characters"),
        (OfAmount, ("amount",), "a number of at least 0 or a text"),
        (Replenishment, ("quantity",), "a whole number from 0 to 10,000,000"),
        (Replenishment, ("needed_by",), "an instant with its offset, such as 2026-01-31T08:30:00Z"),
        (StockDay, ("day",), "a day, such as 2026-01-31"),
        (Case, ("event",), "an object with source, id, time"),
        (Case, ("stock",), "a list"),
        (Case, ("nowhere", 1, "x"), ""),
    ],
)
def test_what_is_expected_at_a_place_is_said_in_words(
    model: type[Record], location: tuple[int | str, ...], told: str
) -> None:
    assert expected_at(model, location) == told


def test_of_few_words_all_are_named() -> None:
    assert expected_at(OfSystem, ("system",)).startswith("one of oms, wms, erp, ")


def test_a_member_that_is_missing_is_answered_with_what_it_is(desk: Desk) -> None:
    response = desk.post("/v1/recommendations", {})
    told = {each["pointer"]: each["expected"] for each in response.json()["errors"]}
    assert told["/event"] == "this member: an object with source, id, time"
