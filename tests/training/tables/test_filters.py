"""Which rows stay, by words and by bounds; a condition that leaves none says what it removes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from training.errors import MappingError
from training.tables.filters import kept_rows
from training.tables.mapping import parse_mapping

FACTS = {"event.source": {"constant": "desk"}, "event.id": "id", "event.time": "at", "exception_id": "id"}
TABLE = pd.DataFrame(
    {
        "id": ["1", "2", "3", "4"],
        "sent": ["2-Jun-06", "14-Nov-06", "Date Not Captured", "1-Jan-07"],
        "at": ["2006-06-02 23:30", "2006-11-14", "2006-12-31T23:30:00Z", None],
        "clock": pd.to_datetime(["2006-06-02", "2006-11-14", None, "2007-01-01"]),
        "month": ["2006-06", "2006-11", "2006", "2007-01"],
        "count": ["5", "7", "n/a", ""],
        "price": ["1.200,50", "999,99", "12", None],
        "weight": [1.5, 2.0, None, 3.25],
    }
)


def kept(where: dict[str, Any], **changes: Any) -> list[str]:
    content = {"schema": "fairlead/mapping/1", "facts": FACTS, "where": where, **changes}
    return list(kept_rows(TABLE, parse_mapping(content))["id"])


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({"sent": {"at_least": "2006-11-14", "format": "%d-%b-%y"}}, ["2", "4"]),
        ({"sent": {"below": "2006-11-14", "format": ["%m/%d/%y", "%d-%b-%y"]}}, ["1"]),
        ({"at": {"at_least": "2006-06-03"}}, ["2", "3"]),
        ({"at": {"at_least": "2006-06-03", "zone": "Pacific/Auckland"}}, ["2", "3"]),
        ({"at": {"below": "2006-06-02T12:00:00Z", "zone": "Pacific/Auckland"}}, ["1"]),
        ({"clock": {"at_least": "2006-11-14", "format": "%d-%b-%y"}}, ["2", "4"]),
        ({"month": {"at_least": "2006-06", "below": "2007"}}, ["1", "2"]),
        ({"count": {"at_least": 6}}, ["2"]),
        ({"count": {"below": 7}, "id": {"none_of": ["2"]}}, ["1"]),
    ],
)
def test_bounds_compare_instants_and_numbers_not_text(where: dict[str, Any], ids: list[str]) -> None:
    assert kept(where) == ids


def test_the_zone_of_the_mapping_holds_for_cells_and_bounds_without_one() -> None:
    where = {"at": {"at_least": "2007-01-01"}}
    with pytest.raises(MappingError, match="no row is left"):
        kept(where)
    assert kept(where, zone="Europe/Berlin") == ["3"]


def test_numbers_are_read_as_the_mapping_says_or_the_condition() -> None:
    german = {"decimal": ",", "thousands": "."}
    assert kept({"price": {"at_least": 100}}, **german) == ["1", "2"]
    assert kept({"price": {"at_least": 1_000.5, **german}}) == ["1"]
    assert kept({"price": {"below": 1_000, "thousands": "."}}, decimal=",", thousands="'") == ["2", "3"]
    assert kept({"weight": {"at_least": 2}}, **german) == ["2", "4"], "a number in the file is one, whatever is written"


def test_a_cell_that_may_be_a_thousand_times_more_is_refused_beside_a_bound() -> None:
    with pytest.raises(MappingError, match=r"'where.price': expected a number with a decimal comma .*say thousands"):
        kept({"price": {"below": 1_000}}, decimal=",")


@pytest.mark.parametrize(
    ("where", "key", "says"),
    [
        (
            {"sent": {"at_least": "2006-01-01"}},
            "where.sent",
            "this condition alone removes 4 of 4, such as '2-Jun-06', which is no instant as ISO 8601: say how it is "
            'written: format: "%d-%b-%y"',
        ),
        ({"sent": {"below": "2006-01-01", "format": "%d-%b-%y"}}, "where.sent", "removes 4 of 4, such as '2-Jun-06';"),
        ({"id": ["1", "2"], "sent": "1-Jan-07"}, "where.sent", "removes 3 of 4, such as '2-Jun-06'; check the cond"),
        ({"count": {"at_least": 8}, "id": {"none_of": ["1", "2"]}}, "where.count", "removes 4 of 4, such as '5';"),
        ({"id": {"filled": False}}, "where.id", "removes 4 of 4, such as '1'; check the condition against the words"),
        ({"at": {"at_least": "soon"}}, "where.at.at_least", "a number or an instant as ISO 8601, got 'soon'"),
        ({"at": {"at_least": "2006-01-01", "zone": "Berlin"}}, "where.at.zone", "an IANA zone such as Europe/Berlin"),
        ({"at": {"at_least": 7, "format": "%Y"}}, "where.at", "give at_least or below an instant"),
        ({"at": {"at_least": "2006-01-01", "decimal": ","}}, "where.at", "give at_least or below a number"),
        (
            {"price": {"at_least": 5_000}},
            "where.price",
            "such as '1.200,50', which is no number: decimal and thousands say how numbers are written",
        ),
        ({"id": {"one_of": []}}, "where.id", "one_of: [] says nothing: expected one or more in the list, or no one_of"),
        ({"at": {"below": "2007-01-01", "format": []}}, "where.at", "format: [] says nothing"),
    ],
)
def test_a_condition_that_leaves_nothing_says_what_it_removes(where: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(MappingError) as caught:
        kept(where)
    assert caught.value.key == key
    assert says in str(caught.value)


def test_cells_that_are_empty_are_called_so() -> None:
    empty = TABLE.assign(at=[None] * 4)
    content = {"schema": "fairlead/mapping/1", "facts": FACTS, "where": {"at": {"at_least": "2006-01-01"}}}
    with pytest.raises(MappingError, match="removes 4 of 4, all of them empty cells"):
        kept_rows(empty, parse_mapping(content))
