"""Decision tables: rows of intervals and sets, a hit policy as in DMN, evaluated in microseconds and analysed exactly.

Hit policies: `first` takes the first row that matches; `priority` the one whose first output stands earliest in its
list of values; `unique` the only one (overlaps are refused at load); `collect` all.

`policies.tables.table_loading` reads tables from YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from data.explanation import Seen
from data.record import digest_of
from policies.tables.columns import Column, seen
from policies.tables.regions import Box
from policies.tables.rows import Hit, NotEvaluable, Row, RowTrace


class HitPolicy(StrEnum):
    """Which of the matching rows count (DMN 1.5, section 8.2.8)."""

    FIRST = "first"
    COLLECT = "collect"
    PRIORITY = "priority"
    UNIQUE = "unique"


@dataclass(frozen=True, slots=True)
class TableResult:
    """What a table says of a case.

    `not_evaluable` holds only the rows that could have changed `hits`: with `first` those before the hit, with
    `priority` those that outrank it, with `unique` none once a row has matched. A caller turns them into `review`.
    """

    table: str
    version: str
    hits: tuple[Hit, ...]
    not_evaluable: tuple[NotEvaluable, ...]

    @property
    def hit(self) -> Hit | None:
        """The one row that counts; the first of several with `collect`."""
        return self.hits[0] if self.hits else None

    @property
    def saw(self) -> dict[str, Seen]:
        """The facts that the rows which decided, or could not, have read; None where missing or unusable."""
        read = [*(hit.saw for hit in self.hits), *(row.saw for row in self.not_evaluable)]
        return {name: value for saw in read for name, value in saw.items()}


@dataclass(frozen=True)
class Table:
    """A checked table; `policies.tables.table_loading` makes them."""

    name: str
    version: str
    hit_policy: HitPolicy
    inputs: Mapping[str, Column]
    outputs: Mapping[str, Column]
    rows: tuple[Row, ...]
    complete: bool = False
    ranked: tuple[Row, ...] = field(init=False, repr=False)
    """The rows in the order in which they are asked."""

    def __post_init__(self) -> None:
        rows = sorted(self.rows, key=self._rank) if self.hit_policy is HitPolicy.PRIORITY else self.rows
        object.__setattr__(self, "ranked", tuple(rows))

    def _rank(self, row: Row) -> int:
        first = next(iter(self.outputs.values()))
        return first.values.index(str(row.outputs[first.name]))

    @property
    def whole(self) -> Box:
        """Every case there can be, by the facts this table reads."""
        return Box({name: column.whole for name, column in self.inputs.items()})

    def evaluate(self, facts: Mapping[str, Any]) -> TableResult:
        """Ask the rows of one case; a fact that is None or absent is missing, other facts are ignored."""
        values = self._read(facts)
        hits, undecided = self._ask(values)
        return TableResult(
            self.name,
            self.version,
            tuple(row.hit(values) for row in hits),
            tuple(row.not_evaluable(values) for row in undecided),
        )

    def row(self, facts: Mapping[str, Any]) -> Row | None:
        """The row of `evaluate(facts).hit`, found without the sentences."""
        hits, _ = self._ask(self._read(facts))
        return hits[0] if hits else None

    def explain(self, facts: Mapping[str, Any]) -> tuple[RowTrace, ...]:
        """Every row in the order asked: whether it matched and, where not, the conditions that kept it from it."""
        values = self._read(facts)
        hits, undecided = self._ask(values)
        decisive = {row.id for row in (*hits, *undecided)}
        return tuple(row.trace(values, row.id in decisive) for row in self.ranked)

    def _read(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {name: column.read(facts.get(name)) for name, column in self.inputs.items()}

    def _ask(self, values: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
        hits: list[Row] = []
        undecided: list[Row] = []
        for row in self.ranked:
            verdict = row.check(values)
            if verdict is None:
                undecided.append(row)
            elif verdict:
                hits.append(row)
                if self.hit_policy is not HitPolicy.COLLECT:
                    break
        if hits and self.hit_policy is HitPolicy.UNIQUE:
            undecided = []
        return hits, undecided

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over what the table means: layout and comments of the file do not count, every word does."""
        return digest_of(self.content())

    def content(self) -> dict[str, Any]:
        """The table as JSON values, its conditions as the regions they mean."""
        return {
            "table": self.name,
            "version": self.version,
            "hit": self.hit_policy.value,
            "complete": self.complete,
            "inputs": [_column_content(each) for each in self.inputs.values()],
            "outputs": [_column_content(each) for each in self.outputs.values()],
            "rows": [_row_content(each) for each in self.rows],
        }


def _column_content(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type.value,
        "says": column.says,
        "unit": column.unit,
        "values": list(column.values),
        "optional": column.optional,
    }


def _row_content(row: Row) -> dict[str, Any]:
    when = {each.column.name: each.content() for each in row.conditions}
    then = {name: seen(value) for name, value in row.outputs.items()}
    return {"id": row.id, "when": when, "then": then, "says": row.says}
