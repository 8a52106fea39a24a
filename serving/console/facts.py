"""The snapshot of facts in grouped panels: only what the sender gave, each with its unit, personal facts marked.

Walks the declarations of `data.case`, so a fact added there appears here without a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic.fields import FieldInfo

from data.case import AttributeValue, Case
from data.record import Record, Unit
from features.wording import NO_WORDS, Wording, Wordings
from serving.console import display


@dataclass(frozen=True)
class Fact:
    """One fact: the words that declare it, its value with its unit, whether it tells of a person."""

    name: str
    value: str
    personal: bool


@dataclass(frozen=True)
class Table:
    """Several records of one kind: the columns that any of them fills, and their values in the same order.

    The first column names the record: every kind declares what it is called by first, and requires it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Panel:
    """One group of facts, with the tables that belong to it."""

    title: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...] = ()


_TITLES = {
    "stock": "Stock",
    "returned": "Return",
    "workflow": "Work in the node",
    "dependencies": "Systems",
    "attributes": "The retailer's own attributes",
}


def panels(case: Case, wordings: Wordings = NO_WORDS) -> tuple[Panel, ...]:
    """The panels of a case: the event itself first, then every block the sender filled.

    `wordings` tells what the retailer's own attributes are called and measured in, where a mapping said so.
    """
    reader = _Reader(case.currency, case.node.zone if case.node else None)
    event = Panel("What was reported", (*reader.facts(case), *reader.facts(case.event)))
    blocks = (
        reader.panel(name, getattr(case, name))
        for name in type(case).model_fields
        if name not in ("event", "attributes")
    )
    return tuple(panel for panel in (event, *blocks, reader.attributes(case, wordings)) if panel.facts or panel.tables)


@dataclass(frozen=True)
class _Reader:
    """Reads records in one case's currency and zone."""

    currency: str | None
    zone: str | None

    def panel(self, name: str, block: Any) -> Panel:
        """The panel of one block of the case; an empty one for what is no block."""
        title = _TITLES.get(name, display.heading(display.words(name)))
        if isinstance(block, tuple) and block and isinstance(block[0], Record):
            return Panel(title, (), (self.table(title, block),))
        if isinstance(block, Record):
            return Panel(title, tuple(self.facts(block)), tuple(self._tables(block)))
        return Panel(title, ())

    def facts(self, record: Record) -> Iterator[Fact]:
        """Every scalar fact the record has."""
        for name, field in type(record).model_fields.items():
            value = getattr(record, name)
            if _is_scalar(value):
                yield Fact(field.description or name, self._value(value, field), _mark(field, "x-personal"))

    def attributes(self, case: Case, wordings: Wordings) -> Panel:
        """The retailer's own attributes: they may tell of a person, so all are marked."""
        given = ((name, value) for name, value in case.attributes.items() if value is not None)
        return Panel(_TITLES["attributes"], tuple(self._own(name, value, wordings) for name, value in given))

    def _own(self, name: str, value: AttributeValue, wordings: Wordings) -> Fact:
        wording = wordings.get(name, Wording())
        return Fact(wording.word(name), display.seen(value, wording.unit or Unit.SCORE, self.currency), True)

    def table(self, title: str, records: tuple[Record, ...]) -> Table:
        """The records as rows, without the columns that nobody filled."""
        fields = {
            name: field
            for name, field in type(records[0]).model_fields.items()
            if any(_is_scalar(getattr(each, name)) for each in records)
        }
        rows = tuple(
            tuple(self._cell(getattr(each, name), field) for name, field in fields.items()) for each in records
        )
        return Table(title, tuple(display.words(name) for name in fields), rows)

    def _tables(self, record: Record) -> Iterator[Table]:
        for name in type(record).model_fields:
            value = getattr(record, name)
            if isinstance(value, tuple) and value and isinstance(value[0], Record):
                yield self.table(display.heading(display.words(name)), value)

    def _cell(self, value: Any, field: FieldInfo) -> str:
        return "–" if value is None else self._value(value, field)

    def _value(self, value: Any, field: FieldInfo) -> str:
        if isinstance(value, datetime):
            return display.moment(value, self.zone)
        if isinstance(value, Decimal):
            return display.money(value, self.currency)
        if isinstance(value, date):
            return value.isoformat()
        return display.seen(value, Unit(_mark(field, "x-unit")), self.currency)


def _is_scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, tuple | dict | Record)


def _mark(field: FieldInfo, mark: str) -> Any:
    extra = field.json_schema_extra
    return extra.get(mark) if isinstance(extra, dict) else None
