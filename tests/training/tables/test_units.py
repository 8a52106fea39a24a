"""A unit that a mapping names: a word by which people mean one of ours is answered with ours."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from data.record import Unit
from training.tables.units import NUMBERS, AsMeant

read = TypeAdapter(AsMeant).validate_python


@pytest.mark.parametrize(
    ("meant", "ours"),
    [
        *(("minutes", "min"), ("Min.", "min"), ("hour", "h"), ("Hours", "h"), ("hrs", "h"), ("H", "h")),
        *(("day", "d"), ("DAYS", "d"), ("%", "ratio, with scale: 0.01"), ("Percent", "ratio"), ("Each", "each")),
    ],
)
def test_a_word_for_a_unit_of_ours_is_answered_with_it(meant: str, ours: str) -> None:
    with pytest.raises(ValidationError, match=f"write {ours}"):
        read(meant)


def test_units_of_ours_and_words_of_the_retailer_s_own_are_taken() -> None:
    assert [read(unit.value) for unit in NUMBERS] == [*NUMBERS]
    assert [read(word) for word in ("kg", "m", "s", "EUR", "pcs")] == ["kg", "m", "s", "EUR", "pcs"]
    assert isinstance(read("h"), Unit)
