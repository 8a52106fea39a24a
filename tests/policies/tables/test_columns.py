"""How facts are read and written: exact, with units, unusable where they cannot be compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from policies.tables.columns import UNUSABLE, Column, ColumnType, seen
from policies.tables.regions import Value
from tests.fixtures.policy_tables import UNUSABLE_VALUES, VALUES, written

COLUMNS = written().inputs
EVERY = [(name, value) for name in VALUES for value in VALUES[name]]
UNFIT = [(name, value) for name in UNUSABLE_VALUES for value in UNUSABLE_VALUES[name]]


@pytest.mark.parametrize(("name", "value"), EVERY)
def test_a_value_of_the_type_is_read_as_it_is(name: str, value: Value) -> None:
    assert COLUMNS[name].read(value) == value
    assert value in COLUMNS[name].whole


@pytest.mark.parametrize(("name", "value"), UNFIT)
def test_a_value_of_another_type_is_unusable(name: str, value: Any) -> None:
    assert COLUMNS[name].read(value) is UNUSABLE
    assert seen(UNUSABLE) is None
    assert COLUMNS[name].show(UNUSABLE) == "unusable"


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("value", [[1], {"a": 1}, object(), b"x", 1j])
def test_whatever_else_comes_is_unusable_and_raises_nothing(name: str, value: Any) -> None:
    assert COLUMNS[name].read(value) is UNUSABLE


@pytest.mark.parametrize("name", VALUES)
def test_missing_is_read_as_missing(name: str) -> None:
    column = COLUMNS[name]
    assert column.read(None) is None
    assert None in column.whole
    assert None in column.missing
    assert None not in column.present


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        (Column("a", ColumnType.MONEY, "a", "EUR"), Decimal(240), "240.00 EUR"),
        (Column("a", ColumnType.MONEY, "a"), Decimal("200.0001"), "200.0001"),
        (Column("a", ColumnType.NUMBER, "a", "min"), 41.0, "41 min"),
        (Column("a", ColumnType.NUMBER, "a"), 0.25, "0.25"),
        (Column("a", ColumnType.NUMBER, "a"), 1e-7, "0.0000001"),
        (Column("a", ColumnType.NUMBER, "a"), 1e16, "10000000000000000"),
        (Column("a", ColumnType.COUNT, "a"), 100, "100"),
        (Column("a", ColumnType.FLAG, "a"), False, "no"),
        (Column("a", ColumnType.LABEL, "a", values=("ship_from_store",)), "ship_from_store", "ship from store"),
        (Column("a", ColumnType.LABEL, "a"), "NO_STOCK", "NO_STOCK"),
        (Column("a", ColumnType.COUNT, "a"), None, "missing"),
    ],
)
def test_how_a_value_is_shown(column: Column, value: Value, shown: str) -> None:
    assert column.show(value) == shown


@pytest.mark.parametrize(
    ("value", "limits", "shown"), [(2780.0, (), "46 h"), (241.0, (240.0,), "4 h 1 min"), (None, (), "missing")]
)
def test_a_value_beside_its_limit_does_not_contradict_it(
    value: float | None, limits: tuple[float, ...], shown: str
) -> None:
    assert Column("a", ColumnType.NUMBER, "a", "min").show(value, limits) == shown


@pytest.mark.parametrize(("unit", "value", "shown"), [("min", 200.0, "3 h 20 min"), ("ratio", 0.35, "35 %")])
def test_what_the_policy_wrote_is_shown_with_every_digit(unit: str, value: float, shown: str) -> None:
    assert Column("a", ColumnType.NUMBER, "a", unit).show_exactly(value) == shown


def test_an_unusable_value_is_neither_more_nor_less_nor_the_same() -> None:
    assert [UNUSABLE > 1, UNUSABLE < 1, Decimal(1) <= UNUSABLE, UNUSABLE == 1] == [None] * 4
