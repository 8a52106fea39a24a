"""Rows of a table to history lines, by a mapping."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import Record, Unit
from training.errors import HistoryError
from training.mapping import AttributeSource, Mapping, Source
from training.paths import leaf_unit
from training.tables import Row
from training.values import Convert, attribute_converter, fact_converter, text_of

Content = dict[str, Any]


class RowMapper:
    """Turns one row after another into a history line; each key is resolved once."""

    def __init__(self, mapping: Mapping) -> None:
        self._facts = [_Fact("facts", Case, path, source) for path, source in mapping.facts.items()]
        self._outcome = [_Fact("outcome", Outcome, path, source) for path, source in mapping.outcome.items()]
        self._attributes = [_Attribute(name, source) for name, source in mapping.attributes.items()]
        self._time = _Fact("facts", Case, "event.time", mapping.facts["event.time"])

    def event_time(self, row: Row, number: int) -> str:
        """The moment of the row's event as RFC 3339 in UTC, which sorts as text; the cheap part of `line`.

        Raises:
            HistoryError: no instant there.
        """
        time = self._time.value(row, number)
        if time is None:
            raise HistoryError(f"row {number}, mapping key 'facts.event.time': the cell is empty; every case needs it")
        return str(time)

    def line(self, row: Row, number: int) -> HistoryLine:
        """The case and outcome of one row; `number` names the row in messages.

        Raises:
            HistoryError: a cell that is not what the mapping says, with its key, what was expected and what came.
        """
        content: Content = {}
        for part in (*self._facts, *self._attributes):
            part.put(content, row, number)
        line: Content = {"case": _without_index_keys(content), "outcome": self._outcome_of(row, number)}
        try:
            return HistoryLine.model_validate_json(json.dumps(line))
        except ValidationError as error:
            raise _invalid(error, number) from error

    def _outcome_of(self, row: Row, number: int) -> Content | None:
        """None where the row does not say when the outcome became known: it is not known."""
        content: Content = {}
        for part in self._outcome:
            part.put(content, row, number)
        return content if "recorded_at" in content else None


class _Part:
    """One key of the mapping: reads its cell and puts the value where it belongs."""

    def __init__(self, key: str, source: Source, convert: Convert, place: tuple[str, ...]) -> None:
        self._key, self._source, self._convert, self._place = key, source, convert, place
        self._constant = None if source.constant is None else self._converted(source.constant, 0)

    def put(self, content: Content, row: Row, number: int) -> None:
        value = self.value(row, number)
        if value is None:
            return
        for step in self._place[:-1]:
            content = content.setdefault(step, {})
        content[self._place[-1]] = value

    def value(self, row: Row, number: int) -> Any:
        """The JSON value of the row's cell, None for an empty one."""
        if self._constant is not None:
            return self._constant
        cell = _joined(row, self._source.join) if self._source.join else _first(row, self._source.column)
        return None if cell is None else self._converted(cell, number)

    def _converted(self, cell: Any, number: int) -> Any:
        try:
            return self._convert(cell)
        except ValueError as error:
            raise HistoryError(f"row {number}, mapping key {self._key!r}: {error}, got {cell!r}") from error


class _Fact(_Part):
    def __init__(self, section: str, record: type[Record], path: str, source: Source) -> None:
        key = f"{section}.{path}"
        convert = fact_converter(key, leaf_unit(record, path) or Unit.TEXT, source)
        super().__init__(key, source, convert, tuple(path.split(".")))


class _Attribute(_Part):
    def __init__(self, name: str, source: AttributeSource) -> None:
        super().__init__(f"attributes.{name}", source, attribute_converter(source), ("attributes", name))


def _first(row: Row, columns: tuple[str, ...]) -> Any:
    return next((row[column] for column in columns if column in row), None)


def _joined(row: Row, columns: tuple[str, ...]) -> str | None:
    return "-".join(text_of(row[column]) for column in columns) if all(each in row for each in columns) else None


def _without_index_keys(content: Any) -> Any:
    """Tables whose keys are all positions become lists in the order of the positions."""
    if not isinstance(content, dict):
        return content
    inner = {key: _without_index_keys(value) for key, value in content.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _invalid(error: ValidationError, number: int) -> HistoryError:
    first = error.errors()[0]
    place = ".".join(str(each) for each in first["loc"])
    return HistoryError(f"row {number}: {place}: {first['msg']}, got {first['input']!r}")
