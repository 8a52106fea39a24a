"""Rows as Fairlead writes them. SQLite keeps in any column whatever is put there by hand, also what no reader expects.

Whoever reads a row reads it within `as_written`: then a row that was changed by hand is told of by name, and ends
neither the doctor nor the service.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

from serving.errors import RecordAltered

AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns: SQLAlchemy's own type names each."""

ODD = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError, zlib.error)
"""What reading such a value can end in: it has another type, cannot be parsed, or is out of all bounds."""
LONGEST = 80
"""Characters of a key that are repeated: a key may have been changed too."""


@contextlib.contextmanager
def as_written(table: Table, row: AnyRow) -> Iterator[None]:
    """Read a row of this table, or of a join with it. Raises RecordAltered for what Fairlead never writes."""
    values = dict(row._mapping)
    try:
        for name, kinds in _kinds(table).items():
            if name in values and not isinstance(values[name], kinds):
                raise TypeError(name)
        yield
    except ODD as error:
        raise altered(table, values) from error


def altered(table: Table, values: Mapping[str, Any]) -> RecordAltered:
    """That a row of this table holds what Fairlead never writes."""
    named = name_of(table, values)
    told = f"A row of {table.name}{f', {named},' if named else ''} holds what Fairlead never writes"
    return RecordAltered(f"{told}: {RecordAltered.mend}.")


def name_of(table: Table, values: Mapping[str, Any]) -> str:
    """A row by the first column of its key: of a party that is its kind, which names nobody. Empty where it is left."""
    key = next(iter(table.primary_key)).name
    return f"{key} {str(values[key])[:LONGEST]}" if key in values else ""


def as_kept(table: Table) -> Select[*tuple[Any, ...]]:
    """Every row with its bytes as they are kept, of whatever type: reading one altered row is not to end a list."""
    return select(*(type_coerce(each, NullType()).label(each.name) for each in table.c)).select_from(table)


@cache
def _kinds(table: Table) -> dict[str, tuple[type, ...]]:
    """The types that a column's values have when they are read."""
    empty = type(None)
    return {column.name: (column.type.python_type, *([empty] if column.nullable else [])) for column in table.c}
