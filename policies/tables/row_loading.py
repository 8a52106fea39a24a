"""The `rows` of a table: conditions, outputs and a sentence each."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policies.tables.columns import UNUSABLE, Column, ColumnType
from policies.tables.conditions import Condition, ConditionError, parse_condition
from policies.tables.problems import Place, Problems, listed, shown
from policies.tables.regions import Value
from policies.tables.rows import Row
from policies.tables.sentences import Sentence, SentenceError, Words, parse_sentence
from policies.tables.shape import check_name, is_block
from policies.tables.source import Block

MOST_ROWS = 500
_KEYS = ("id", "when", "then", "says")


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows against the columns of their table; problems are added, rows that have any are left out."""

    inputs: Mapping[str, Column]
    outputs: Mapping[str, Column]
    problems: Problems
    unreadable: Container[str] = ()
    """Columns that are declared but could not be read: one mistake makes one problem, so no row is blamed for it."""

    def rows(self, raw: Any, place: Place) -> tuple[Row, ...]:
        """The rows of a table as they stand in the file."""
        if not isinstance(raw, list) or not 0 < len(raw) <= MOST_ROWS:
            came = f"{len(raw)} rows" if isinstance(raw, list) else shown(raw)
            self.problems.add(place, f"expected a list of 1 to {MOST_ROWS} rows, got {came}: write or split it")
            return ()
        self._refuse_twins(raw, place)
        return tuple(row for row in (self._row(each, place) for each in raw) if row)

    def _refuse_twins(self, raw: list[Any], place: Place) -> None:
        seen: dict[str, int] = {}
        for each in raw:
            if isinstance(each, Block) and isinstance(each.get("id"), str):
                first = seen.setdefault(each["id"], each.line)
                if first != each.line:
                    self.problems.add(
                        place.at(line=each.line, row=each["id"]), f"this id stands in line {first} already: rename one"
                    )

    def _row(self, raw: Any, place: Place) -> Row | None:
        before = len(self.problems.found)
        row_id = raw.get("id") if isinstance(raw, Block) else None
        place = place.at(line=getattr(raw, "line", None), row=row_id if isinstance(row_id, str) else None)
        if not is_block(raw, place, self.problems, allowed=_KEYS, required=("id", "then", "says")):
            return None
        check_name(raw["id"], place, self.problems)
        conditions = self._conditions(raw.get("when", Block(raw.line)), place)
        outputs = self._outputs(raw["then"], place)
        says = raw["says"]
        if not isinstance(says, str) or not says.strip():
            self.problems.add(place.at(line=raw.line_of("says")), f"says is a sentence, got {shown(says)}: write one")
        if len(self.problems.found) > before or self.unreadable:
            return None
        sentence = self._sentence(says, conditions, outputs, place.at(line=raw.line_of("says")))
        if sentence is None:
            return None
        return Row(raw["id"], tuple(conditions.values()), outputs, sentence, says, self.inputs, raw.line)

    def _conditions(self, raw: Any, place: Place) -> dict[str, Condition]:
        if not isinstance(raw, Block):
            self.problems.add(place, f"when is a mapping of fact: condition, got {shown(raw)}: write it so")
            return {}
        read = {name: self._condition(name, each, raw.line_of(name), place) for name, each in raw.items()}
        return {name: condition for name, condition in read.items() if condition}

    def _condition(self, name: str, raw: Any, line: int, place: Place) -> Condition | None:
        at = place.at(line=line, column=name)
        if name in self.unreadable:
            return None
        if name not in self.inputs:
            known = listed(self.inputs, name)
            self.problems.add(at, f"unknown input: this table has {known}; declare it or correct it")
            return None
        try:
            return parse_condition(self.inputs[name], raw)
        except ConditionError as error:
            self.problems.add(at, str(error))
            return None

    def _outputs(self, raw: Any, place: Place) -> dict[str, Value]:
        if not isinstance(raw, Block):
            self.problems.add(place, f"then is a mapping of output: value, got {shown(raw)}: write it so")
            return {}
        for name in raw:
            if name not in self.outputs and name not in self.unreadable:
                at = place.at(line=raw.line_of(name), column=name)
                self.problems.add(at, f"unknown output: this table has {listed(self.outputs, name)}; correct it")
        return {name: self._output(column, raw, place) for name, column in self.outputs.items()}

    def _output(self, column: Column, raw: Block, place: Place) -> Value:
        at = place.at(line=raw.line_of(column.name), column=column.name)
        if raw.get(column.name) is None:
            if not column.optional:
                self.problems.add(at, "this output is missing: give it, or declare it optional: true")
            return None
        value = _converted(column.type, raw[column.name])
        if value is None or column.read(value) is UNUSABLE:
            expected = f"one of {listed(column.values, raw[column.name])}" if column.values else f"a {column.type}"
            self.problems.add(at, f"expected {expected}, got {shown(raw[column.name])}: correct it")
        return value

    def _sentence(
        self, says: str, conditions: Mapping[str, Condition], outputs: Mapping[str, Value], place: Place
    ) -> Sentence | None:
        written = {name: value for name, value in outputs.items() if value is not None}
        shown_outputs = {name: self.outputs[name].show_exactly(value) for name, value in written.items()}
        try:
            return parse_sentence(says, Words(self.inputs, conditions, shown_outputs))
        except SentenceError as error:
            self.problems.add(place, f"says: {error}")
            return None


def _converted(kind: ColumnType, raw: Any) -> Value:
    """The value an output has, from what YAML gave; None where the type does not fit."""
    if isinstance(raw, bool) or kind is ColumnType.FLAG:
        return raw if isinstance(raw, bool) and kind is ColumnType.FLAG else None
    if isinstance(raw, str):
        return None if kind.is_numeric else raw
    if not isinstance(raw, int | Decimal):
        return None
    if kind is ColumnType.COUNT:
        return raw if isinstance(raw, int) else None
    if kind is ColumnType.MONEY:
        return Decimal(raw)
    return float(raw) if kind is ColumnType.NUMBER else None
