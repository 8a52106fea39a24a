"""What a message proposes for a cell that cannot be read must read it."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from data.record import Unit
from training.errors import HistoryError, MappingError
from training.tables.cells import CellError
from training.tables.guesses import formats_of
from training.tables.mapped import RowMapper
from training.tables.mapping import parse_mapping
from training.tables.sources import Source
from training.tables.values import fact_converter

FACTS = {"event.source": {"constant": "desk"}, "event.id": "id", "event.time": "at", "exception_id": "id"}
ROW = {"id": "7", "at": "2026-01-02T10:00Z"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("31/01/2013 06:07", "%d/%m/%Y %H:%M"),
        ("01/31/2013", "%m/%d/%Y"),
        ("31.01.2013 06:07:08", "%d.%m.%Y %H:%M:%S"),
        ("2013/01/31 06:07", "%Y/%m/%d %H:%M"),
        ("1/31/2013 6:07 PM", "%m/%d/%Y %I:%M %p"),
        ("8-Aug-06", "%d-%b-%y"),
        ("8-Aug-2006", "%d-%b-%Y"),
        ("8 Aug 2006", "%d %b %Y"),
        ("08.May.06 6:07", "%d.%b.%y %H:%M"),
        ("8 August 2006", "%d %B %Y"),
        ("Aug 8, 2006", "%b %d, %Y"),
        ("August 8, 2006 6:07 PM", "%B %d, %Y %I:%M %p"),
        ("Tue, 08 Aug 2006 06:07:08 +0200", "%a, %d %b %Y %H:%M:%S %z"),
        ("Tuesday, August 8, 2006", "%A, %B %d, %Y"),
        ("8/14/06 6:07", "%m/%d/%y %H:%M"),
        ("14/8/06", "%d/%m/%y"),
        ("2006/08/14 06:07:08.250", "%Y/%m/%d %H:%M:%S.%f"),
        ("8/14/2006 6:07PM", "%m/%d/%Y %I:%M%p"),
        ("99.12.31", "%y.%m.%d"),
        ("1767434400", "epoch_seconds"),
        ("1767434400000", "epoch_milliseconds"),
    ],
)
def test_the_format_that_is_proposed_reads_what_came(text: str, first: str) -> None:
    assert formats_of(text) == [first]
    assert fact_converter("", Unit.INSTANT, Source(row=True, format=(first,), zone="UTC"))(text)


def test_a_day_that_may_be_a_month_is_left_to_the_reader() -> None:
    assert formats_of("01/02/2013") == ["%d/%m/%Y", "%m/%d/%Y"]
    assert formats_of("6/2/06") == ["%d/%m/%y", "%m/%d/%y"]
    assert formats_of("soon") == []


def refused(row: dict[str, Any], **changes: Any) -> str:
    content = {"schema": "fairlead/mapping/1", "zone": "UTC", "facts": FACTS, **changes}
    with pytest.raises(HistoryError) as caught:
        RowMapper(parse_mapping(content)).line({**ROW, **row}, 3)
    return str(caught.value)


def test_an_instant_that_is_not_iso_8601_is_answered_with_its_format() -> None:
    said = refused({"at": "31/01/2013 06:07"})
    assert "row 3 of the data (the header is not counted), mapping key 'facts.event.time'" in said
    assert said.endswith("got '31/01/2013 06:07'; say how it is written: format: \"%d/%m/%Y %H:%M\"")


def test_a_format_that_does_not_fit_is_answered_with_one_that_does() -> None:
    facts = {**FACTS, "event.time": {"column": "at", "format": "%d/%m/%Y"}}
    assert "'%Y-%m-%d' would" in refused({"at": "2013-01-31"}, facts=facts)


def test_no_format_is_proposed_where_none_is_known_to_read_the_cell() -> None:
    said = refused({"at": "Q3 of 2006"})
    assert 'format: "' not in said
    assert "say by format how it is written (%d is the day, %m its month (%b Aug" in said
    facts = {**FACTS, "event.time": {"column": "at", "format": "%d/%m/%Y"}}
    assert "format: '%d/%m/%Y' does not fit it (%d is the day" in refused({"at": "Q3 of 2006"}, facts=facts)


def test_a_word_in_a_number_is_answered_with_missing() -> None:
    attributes = {"n": {"column": "n", "kind": "number"}}
    assert "expected a number, got 'n/a'; where" in refused({"n": "n/a"}, attributes=attributes)
    assert 'say missing: ["n/a"]' in refused({"n": "n/a"}, attributes=attributes)
    assert 'say missing: ["B6"]' in refused({"n": "B6"}, attributes=attributes)
    assert "unit of all" not in refused({"n": "n/a"}, attributes=attributes)
    assert "decimal and thousands" in refused({"n": "1,5"}, attributes=attributes)
    many = "where many words stand among the numbers, missing: <not a number> beside this source takes them all"
    assert refused({"n": "See ASN-10416 (ID#:65822)"}, attributes=attributes).endswith(many)


@pytest.mark.parametrize(("cell", "unit"), [("1726 kg", "kg"), ("€ 33,52", "€"), ("-$5", "$"), ("1,234.50 EUR", "EUR")])
def test_a_unit_beside_a_number_is_answered_with_without(cell: str, unit: str) -> None:
    """Called missing, every number of the column would be lost."""
    attributes = {"n": {"column": "n", "kind": "number"}}
    told = refused({"n": cell}, attributes=attributes)
    assert f'where "{unit}" is the unit of all, say without: ["{unit}"] beside this source' in told


@pytest.mark.parametrize("cell", ["12:30", "2024-01-05", "See ASN-10416 (ID#:65822)", "12.5.3"])
def test_what_is_no_number_with_a_unit_is_not_taken_for_one(cell: str) -> None:
    assert "without" not in refused({"n": cell}, attributes={"n": {"column": "n", "kind": "number"}})


@pytest.mark.parametrize(("decimal", "thousands"), [(",", "."), (".", ",")])
def test_a_mark_of_thousands_that_marks_none_is_refused_and_not_left_out(decimal: str, thousands: str) -> None:
    """Left out, 2.2 days would be read as 22."""
    source = Source.model_validate({"row": True, "decimal": decimal, "thousands": thousands})
    read = fact_converter("", Unit.SCORE, source)
    assert read(f"-1{thousands}234{decimal}5") == -1234.5
    assert read(f"12{thousands}34{thousands}567") == 1234567
    assert read("1234") == 1234
    for wrong in (f"2{thousands}2", f"516{thousands}0", f"12{thousands}34{thousands}5", f"1{decimal}234{thousands}567"):
        with pytest.raises(CellError, match="groups of three digits") as caught:
            read(wrong)
        assert f"say decimal: {thousands!r} and thousands: {decimal!r}" in caught.value.told(wrong)


@pytest.mark.parametrize("thousands", [None, "'", " "])
@pytest.mark.parametrize("text", ["1.568", "-0.5", ".5", "7.", "1.568,52", "1.568.000", "87.6 %"])
def test_a_point_where_the_decimal_sign_is_a_comma_is_refused(text: str, thousands: str | None) -> None:
    """Read as it stands, one thousand five hundred and sixty-eight would be 1.568."""
    source = Source.model_validate({"row": True, "decimal": ",", "thousands": thousands})
    for unit in (Unit.SCORE, Unit.MONEY):
        with pytest.raises(CellError) as caught:
            fact_converter("", unit, source)(text)
        told = caught.value.told(text)
        assert told.startswith(f"expected a number with a decimal comma and no point, got {text!r}; where it stands")
        assert "say thousands: '.'" in told
        assert "say decimal: '.' beside its source" in told


def test_a_comma_where_the_decimal_sign_is_a_point_is_refused() -> None:
    for decimal, text in product((".", None), ("1,568", "1'568", "1 568", "1,568.5")):
        source = Source.model_validate({"row": True, "decimal": decimal})
        with pytest.raises(CellError, match="expected a number"):
            fact_converter("", Unit.SCORE, source)(text)


def test_numbers_that_are_numbers_already_have_no_point_to_refuse() -> None:
    read = fact_converter("", Unit.SCORE, Source(row=True, decimal=",", missing=("-99.5",)))
    assert read(1.568) == read(Decimal("1.568")) == read("1,568") == 1.568
    assert read(Decimal("-99.50")) is None, "a column of a database with two decimals"
    assert read(" -99,50 ") is None
    assert read("-99,5") is None, "a mapping writes its numbers with a point, whatever its cells do"


def test_per_cent_behind_a_number_is_read_over() -> None:
    assert fact_converter("", Unit.SCORE, Source(row=True, decimal=","))("87,6 %") == 87.6
    assert fact_converter("", Unit.RATIO, Source(row=True, scale=0.01))("87%") == 0.87


def test_a_word_that_values_does_not_list_is_answered_with_those_it_lists() -> None:
    late = {"column": "l", "kind": "flag", "values": {"late": True, "on time": False}}
    said = refused({"l": "cancelled"}, attributes={"l": late})
    assert "values lists late, on time; add it, as cancelled: true or cancelled: false" in said
    plain = refused({"l": "cancelled"}, attributes={"l": {"column": "l", "kind": "flag"}})
    assert "other words need values: {cancelled: true" in plain
    assert "other words need values: {nein: false" in refused(
        {"l": "nein"}, attributes={"l": {"column": "l", "kind": "flag"}}
    )


def test_a_word_that_is_none_of_ours_is_answered_with_ours_and_those_of_values() -> None:
    outcome = {"root_cause": {"column": "c", "values": {"truck": "carrier_delay"}}, "recorded_at": "end"}
    said = refused({"c": "ship", "end": "2026-01-03T10:00Z"}, outcome=outcome)
    assert "mapping key 'outcome.root_cause': expected '" in said
    assert said.endswith("got 'ship'; values lists truck: add it")
    wrong = {**outcome, "root_cause": {"column": "c", "values": {"truck": "carrier", "ship": "boat"}}}
    said = refused({"c": "ship", "end": "2026-01-03T10:00Z"}, outcome=wrong)
    assert said.endswith("got 'boat'; values puts it for ship: put one of ours"), "it is ours that is wrong"


def test_a_constant_that_does_not_fit_names_its_key_and_no_row() -> None:
    facts = {**FACTS, "event.time": {"constant": "soon"}}
    with pytest.raises(MappingError, match=r"^mapping key 'facts\.event\.time\.constant': expected an instant"):
        RowMapper(parse_mapping({"schema": "fairlead/mapping/1", "zone": "UTC", "facts": facts}))
