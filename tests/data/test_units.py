"""A number is in a unit that we know or in one of the retailer's own, and both come back as they were written."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from data.record import Record, Unit, canonical
from data.units import LONGEST, Measure, own_word


class Measured(Record):
    """A record that says a unit."""

    unit: Measure


@pytest.mark.parametrize("unit", [*Unit, "kg", "°C", "m³", "km/h", "per week", "x" * LONGEST])
def test_a_unit_that_was_written_is_the_same_one_when_it_is_read(unit: str) -> None:
    read = Measured.model_validate_json(canonical(Measured(unit=unit)))
    assert read == Measured(unit=unit)
    assert isinstance(read.unit, Unit) == isinstance(unit, Unit)


@pytest.mark.parametrize("unit", ["", " ", "kg ", "{value}", "a|b", "[kg]", "k\ng", "\u202ekg", "x" * (LONGEST + 1)])
def test_a_word_that_would_break_a_sentence_is_no_unit(unit: str) -> None:
    with pytest.raises(ValidationError, match="a word of your own such as kg"):
        TypeAdapter(Measure).validate_python(unit)


def test_only_a_unit_of_the_retailer_s_own_stands_after_the_number_as_a_word() -> None:
    assert own_word("kg") == " kg"
    assert {own_word(unit) for unit in Unit} == {""}
