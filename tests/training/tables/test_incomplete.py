"""A record that a row cannot tell is left out of that row's case; what every case needs is an error."""

from __future__ import annotations

from typing import Any

import pytest

from data.case import Case
from data.record import plain
from training.errors import HistoryError
from training.tables.mapped import RowMapper
from training.tables.mapping import parse_mapping

NEEDED = {"event.source": {"constant": "shop"}, "event.id": "id", "event.time": "at", "exception_id": "case"}
LINE = {"line_id": "line", "sku": "article", "quantity": "pieces", "unit_price": "price"}
FACTS: dict[str, Any] = {
    **NEEDED,
    "order.order_id": "order",
    "order.value": "value",
    **{f"order.lines.0.{fact}": column for fact, column in LINE.items()},
    "order.lines.1.line_id": {"constant": "2"},
    "order.lines.1.sku": "second",
    "order.lines.1.quantity": {"constant": 1},
    "stock.0.sku": {"column": "article", "missing": "?"},
    "stock.0.node": "place",
    "stock.0.on_hand": "left",
    "stock.1.sku": "second",
    "stock.1.node": {"constant": "central"},
    "carrier.id": {"column": "carrier", "known": {"column": "given_at"}},
    "carrier.distance_km": "km",
}
ROW = {
    **{"id": "e1", "case": "c1", "at": "2026-01-02T00:00:00Z", "order": "o1", "value": "9.5", "second": "b"},
    **{"line": "1", "article": "a", "pieces": "3", "price": "2.5", "place": "p", "left": "0", "km": "7"},
    **{"carrier": "dhl", "given_at": "2026-01-01T00:00:00Z"},
}


def mapper() -> RowMapper:
    content = {"schema": "fairlead/mapping/1", "zone": "UTC", "facts": FACTS, "attributes": {"price": "price"}}
    return RowMapper(parse_mapping(content))


def case(**cells: str) -> Case:
    return mapper().line({**ROW, **cells}, 3).case


def left_out(**cells: str) -> list[str]:
    return mapper().left_out({**ROW, **cells}, 3)


def test_a_row_that_tells_all_is_whole() -> None:
    assert left_out() == []
    told = case()
    assert told.order
    assert [each.sku for each in told.order.lines] == ["a", "b"]
    assert [each.sku for each in told.stock] == ["a", "b"]


@pytest.mark.parametrize("column", ["pieces", "line"])
def test_a_line_without_what_it_needs_is_left_out_and_nothing_else(column: str) -> None:
    whole, told = plain(case()), plain(case(**{column: ""}))
    assert [line["sku"] for line in told["order"]["lines"]] == ["b"]
    whole["order"]["lines"], told["order"]["lines"] = [], []
    assert told == whole


def test_a_record_takes_what_lies_inside_it_along() -> None:
    told = case(order="")
    assert told.order is None
    assert told.attributes == {"price": "2.5"}
    assert left_out(order="", pieces="") == ["facts.order.order_id"]


def test_the_last_record_of_a_list_leaves_no_list() -> None:
    told = case(pieces="", second="")
    assert told.order
    assert told.order.lines == ()
    assert float(told.order.value or 0) == 9.5


def test_no_other_position_takes_the_place_of_the_one_at_stake() -> None:
    assert case(place="").stock == ()
    assert case(article="?").at_stake is None
    assert [each.sku for each in case(second="").stock] == ["a"]


def test_the_keys_that_are_empty_are_told() -> None:
    assert left_out(pieces="", place="") == ["facts.stock.0.node", "facts.order.lines.0.quantity"]


def test_what_is_not_known_yet_is_absent_as_an_empty_cell_is() -> None:
    assert case().carrier
    assert case(given_at="2026-01-03T00:00:00Z").carrier is None
    assert left_out(given_at="2026-01-03T00:00:00Z") == ["facts.carrier.id"]


def test_a_record_of_which_nothing_is_told_is_no_record() -> None:
    assert case(carrier="", km="").carrier is None
    assert left_out(carrier="", km="") == []


@pytest.mark.parametrize(("key", "column"), [("event.id", "id"), ("event.time", "at"), ("exception_id", "case")])
def test_what_every_case_needs_is_an_error_with_row_column_and_what_helps(key: str, column: str) -> None:
    says = rf"row 3 of the data .*'facts\.{key}': the cell is empty \('{column}'\); every case needs it: .*first_of"
    with pytest.raises(HistoryError, match=says):
        case(**{column: ""})
