"""Of several sources the first that gives a value counts, for facts, attributes and the outcome alike."""

from __future__ import annotations

from typing import Any

import pytest

from data.outcome import HistoryLine
from training.errors import HistoryError
from training.tables.mapped import RowMapper
from training.tables.mapping import parse_mapping

SENT = {"column": "sent", "format": "%m/%d/%y"}
PLANNED = {"column": "planned", "format": "%d-%b-%y"}
MAPPING: dict[str, Any] = {
    "schema": "fairlead/mapping/1",
    "missing": ["Pre-PQ Process", "Date Not Captured"],
    "zone": "UTC",
    "facts": {
        "event.source": {"constant": "deliveries"},
        "event.id": "id",
        "event.time": {"first_of": [SENT, {**PLANNED, "plus": "-P30D"}]},
        "exception_id": "id",
        "channel": [
            {"column": "way", "values": {"shop": "bopis"}, "missing": "?"},
            {"column": "means", "values": {"Air": "ship_to_home"}},
        ],
    },
    "attributes": {
        "weight": {
            "kind": "number",
            "first_of": [{"column": "kg"}, {"column": "pounds", "scale": 0.5, "decimal": ","}],
        },
        "planned": {"kind": "instant", "first_of": [PLANNED, SENT], "known": {"column": "seen", "format": "%Y"}},
    },
    "outcome": {
        "sla_breached": [{"column": "late"}, {"later": ["arrived"], "than": PLANNED}],
        "recorded_at": ["arrived", {"constant": "2020-01-01"}],
    },
}
ROW = {"id": "7", "sent": "6/2/06", "planned": "2-Aug-06", "seen": "2006"}


def line(mapping: dict[str, Any] = MAPPING, **row: Any) -> HistoryLine:
    return RowMapper(parse_mapping(mapping)).line({**ROW, **row}, 3)


def day(**row: Any) -> str:
    return f"{line(**row).case.event.time:%Y-%m-%d}"


def test_each_source_is_read_in_its_own_way() -> None:
    assert day() == "2006-06-02"
    assert day(sent="Date Not Captured") == day(sent="Pre-PQ Process") == "2006-07-03"


def test_a_moment_that_no_source_gives_says_what_helps() -> None:
    with pytest.raises(HistoryError, match=r"'facts\.event\.time': the cell is empty.*\(first_of\)"):
        line(sent="Date Not Captured", planned="Pre-PQ Process")


def test_a_cell_that_does_not_fit_is_named_by_its_source() -> None:
    with pytest.raises(
        HistoryError, match=r"mapping key 'facts\.event\.time\.first_of\.1': expected an instant as %d-%b"
    ):
        line(sent="Pre-PQ Process", planned="2006-08-02")


def test_words_are_put_in_place_by_the_source_that_reads_them() -> None:
    assert line(way="shop", means="Air").case.channel == "bopis"
    assert line(way="?", means="Air").case.channel == "ship_to_home"
    assert line().case.channel is None
    with pytest.raises(HistoryError, match=r"got 'Truck'; values lists shop, Air: add it"):
        line(means="Truck")


def test_an_attribute_has_one_kind_and_several_sources() -> None:
    assert line(kg="2", pounds="1,5").case.attributes["weight"] == 2.0
    assert line(pounds="1,5").case.attributes["weight"] == 0.75


def test_when_it_is_known_holds_for_all_sources() -> None:
    assert line().case.attributes["planned_hours"] == 61 * 24.0
    assert "planned_hours" not in line(seen="2007").case.attributes
    assert line(sent="", planned="2-Aug-06").case.attributes["planned_hours"] == 30 * 24.0


@pytest.mark.parametrize(
    ("cells", "breached"),
    [
        ({"late": "no", "arrived": "2006-08-03"}, False),
        ({"arrived": "2006-08-03"}, True),
        ({"arrived": "2006-08-01"}, False),
        ({}, None),
    ],
)
def test_an_outcome_is_told_or_else_compared(cells: dict[str, Any], breached: bool | None) -> None:
    outcome = line(**cells).outcome
    assert outcome is not None
    assert outcome.sla_breached is breached


def test_formats_are_tried_in_turn() -> None:
    several = {"column": "sent", "format": ["%d-%b-%y", "%m/%d/%y", "epoch_seconds"]}
    mapping = {**MAPPING, "facts": {**MAPPING["facts"], "event.time": several}}
    days = [line(mapping, sent=sent).case.event.time for sent in ("2-Jun-06", "6/2/06", "1149206400")]
    assert {f"{each:%Y-%m-%d}" for each in days} == {"2006-06-02"}
    with pytest.raises(HistoryError) as caught:
        line(mapping, sent="2006-06-02")
    assert "expected an instant as %d-%b-%y or an instant as %m/%d/%y or a number of seconds" in str(caught.value)
    assert "do not fit it, '%Y-%m-%d' would; where both are written, say format: ['%d-%b-%y'," in str(caught.value)


@pytest.mark.parametrize("missing", ["<not a number>", ["?", "<not a number>"]])
def test_whatever_is_no_number_means_nothing_where_the_source_says_so(missing: Any) -> None:
    freight = {"column": "freight", "missing": missing}
    facts = {**MAPPING["facts"], "order.order_id": "id", "order.value": freight}
    attributes = {"freight": {**freight, "kind": "number", "values": {"none": 0}}}
    mapping = {**MAPPING, "facts": facts, "attributes": attributes}
    words = ("See ASN-10416 (ID#:65822)", "Freight Included", "NaN", "")
    told = [line(mapping, freight=each).case for each in (*words, "780.34", 12.5)]
    assert [case.attributes.get("freight") for case in told] == [None] * 4 + [780.34, 12.5]
    assert [float(case.order.value) for case in told if case.order and case.order.value] == [780.34, 12.5]
    assert line(mapping | {"facts": MAPPING["facts"]}, freight="none").case.attributes["freight"] == 0


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.726 kg", 1726.0),
        ("1.726kg", 1726.0),
        ("€ 33,52", 33.52),
        ("-€5", -5.0),
        ("€ -5", -5.0),
        ("7", 7.0),
        (7.5, 7.5),
    ],
)
def test_what_the_mapping_names_beside_a_number_is_not_read(cell: Any, number: float) -> None:
    weight = {"column": "w", "kind": "number", "without": ["kg", "€"], "decimal": ",", "thousands": "."}
    mapping = {**MAPPING, "attributes": {"weight": weight}}
    assert line(mapping, w=cell).case.attributes["weight"] == number
    with pytest.raises(HistoryError, match="expected a number, got '5 lb'"):
        line(mapping, w="5 lb")
    plain = {**MAPPING, "attributes": {"weight": {"column": "w", "kind": "number"}}}
    with pytest.raises(HistoryError, match="expected a number, got '- 5'"):
        line(plain, w="- 5")


def test_an_instant_becomes_the_parts_that_are_asked_for() -> None:
    planned = {"column": "planned", "format": "%d-%b-%y", "zone": "UTC", "kind": "instant"}
    usual = {"planned_hours": 61 * 24.0, "planned_hour": 0, "planned_weekday": 2}
    asked = {"planned_hours": 61 * 24.0, "planned_month": 8}
    for parts, told in (({}, usual), ({"parts": ["hours", "month"]}, asked)):
        mapping = {**MAPPING, "attributes": {"planned": {**planned, **parts}}}
        assert line(mapping).case.attributes == told
        assert set(parse_mapping(mapping).told_attributes()) == set(told)


def test_a_share_that_is_too_large_to_be_one_asks_whether_it_is_per_cent() -> None:
    facts = {**MAPPING["facts"], "carrier.id": "id", "carrier.address_score": "checked"}
    assert line({**MAPPING, "facts": facts}, checked="0.87").case.carrier
    with pytest.raises(HistoryError, match=r"'facts\.carrier\.address_score': .* got 87; .*per cent, say scale: 0\.01"):
        line({**MAPPING, "facts": facts}, checked="87")
    scaled = {**facts, "carrier.address_score": {"column": "checked", "scale": 0.01}}
    assert line({**MAPPING, "facts": scaled}, checked="87").case.carrier
    with pytest.raises(HistoryError) as caught:
        line({**MAPPING, "facts": {**facts, "carrier.distance_km": "km"}}, checked="0.9", km="60000")
    assert "per cent" not in str(caught.value)
