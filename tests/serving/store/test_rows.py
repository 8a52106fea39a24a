"""A row that Fairlead never wrote is told of by name, whatever reading it ends in; one that it wrote is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Float, Integer, MetaData, String, Table, create_engine, text

from serving.errors import RecordAltered
from serving.store.rows import LONGEST, AnyRow, altered, as_kept, as_written, name_of

THINGS = Table(
    "things",
    MetaData(),
    Column("thing", String, primary_key=True),
    Column("amount", Integer, nullable=False),
    Column("share", Float),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (thing, amount, share)"))
        yield connection
    engine.dispose()


def put(connection: Connection, values: str) -> AnyRow:
    """A row as somebody puts it there by hand."""
    connection.execute(text(f"INSERT INTO things VALUES ({values})"))  # noqa: S608 - values of ours
    return connection.execute(as_kept(THINGS)).one()


@pytest.mark.parametrize("values", ["'a', 1, 0.5", "'a', 1, NULL"])
def test_a_row_as_fairlead_writes_it_is_read(connection: Connection, values: str) -> None:
    row = put(connection, values)
    with as_written(THINGS, row):
        assert (row.thing, row.amount) == ("a", 1)


@pytest.mark.parametrize("values", ["'a', 'x', 0.5", "'a', NULL, 0.5", "'a', 1, 'x'", "'a', x'01', 0.5"])
def test_a_value_of_another_type_or_none_where_one_must_be_is_told_before_it_is_read(
    connection: Connection, values: str
) -> None:
    row = put(connection, values)
    said = f"A row of things, thing a, holds what Fairlead never writes: {RecordAltered.mend}."
    with pytest.raises(RecordAltered) as told, as_written(THINGS, row):
        pytest.fail("nothing is to be read of it")
    assert told.value.detail == said


def test_only_what_was_selected_is_looked_at(connection: Connection) -> None:
    put(connection, "'a', 'x', 0.5")
    row = connection.execute(text("SELECT share, 'more' AS another FROM things")).one()
    with as_written(THINGS, row):
        assert row.share == 0.5


@pytest.mark.parametrize(
    "ends",
    [
        TypeError(),
        ValueError(),
        KeyError("gone"),
        IndexError(),
        OverflowError(),
        ZeroDivisionError(),
        AttributeError(),
        RecursionError(),
        zlib.error(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_whatever_reading_ends_in_is_told_as_what_it_is(connection: Connection, ends: Exception) -> None:
    row = put(connection, "'a', 1, 0.5")
    with pytest.raises(RecordAltered, match="A row of things, thing a, holds"), as_written(THINGS, row):
        raise ends


def test_what_no_altered_row_explains_is_no_altered_row(connection: Connection) -> None:
    row = put(connection, "'a', 1, 0.5")
    with pytest.raises(OSError, match="disk"), as_written(THINGS, row):
        raise OSError("disk")


def test_a_row_is_named_by_its_key_as_far_as_that_can_be_shown() -> None:
    assert name_of(THINGS, {"thing": "x" * 500, "amount": 1}) == f"thing {'x' * LONGEST}"
    assert name_of(THINGS, {"thing": None}) == "thing None"
    assert name_of(THINGS, {"amount": 1}) == ""
    assert altered(THINGS, {"amount": 1}).detail.startswith("A row of things holds what Fairlead never writes: ")
