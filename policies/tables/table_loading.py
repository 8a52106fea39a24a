"""Tables from YAML: read strictly, checked whole, every problem reported at once.

    table: finance_gates
    version: "4"
    hit: collect                       # first | collect | priority | unique
    complete: true                     # optional: refuse gaps
    inputs:                            # or a list of names that the caller shares between tables
      order_value: {type: money, unit: EUR, says: order value}
      channel: {type: label, values: [bopis, ship_from_store]}
    outputs:
      disposition: {type: label, values: [proceed, review, hold]}
      role: {type: label, values: [store_finance], optional: true}
    rows:
      - id: order_value_high
        when: {order_value: "> 200", channel: bopis}
        then: {disposition: review, role: store_finance}
        says: "order value {order_value} {order_value.is}: {role} must agree"

Several tables of one file are separated by `---`. Conditions: `conditions.py`; sentences: `sentences.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from policies.tables.column_loading import read_columns
from policies.tables.columns import Column, ColumnType
from policies.tables.problems import Place, PolicyError, Problem, Problems, shown
from policies.tables.row_loading import RowReader
from policies.tables.shape import check_name, check_one_of, is_block
from policies.tables.source import Block, parse_documents, read_documents
from policies.tables.table import HitPolicy, Table
from policies.tables.table_checks import check_table

_REQUIRED = ("table", "version", "hit", "inputs", "outputs", "rows")
_KEYS = (*_REQUIRED, "complete")


def load_tables(path: Path, shared: Iterable[Column] = ()) -> dict[str, Table]:
    """The tables of a file by name. Raises `PolicyError` with every problem found.

    `shared` are columns that a table may name in a list instead of declaring them.
    """
    return tables_of(read_documents(path), path.name, shared)


def load_table(path: Path, shared: Iterable[Column] = ()) -> Table:
    """The one table of a file. Raises `PolicyError`, also where the file holds several."""
    return _only(load_tables(path, shared), path.name)


def parse_table(content: bytes | str, name: str, shared: Iterable[Column] = ()) -> Table:
    """As `load_table`, from the content itself; `name` is the file name for messages."""
    return _only(tables_of(parse_documents(content, name), name, shared), name)


def tables_of(documents: Iterable[Any], name: str, shared: Iterable[Column] = ()) -> dict[str, Table]:
    """As `load_tables`, from documents that are read already."""
    problems = Problems()
    columns = {each.name: each for each in shared}
    tables: dict[str, Table] = {}
    for document in documents:
        table = _table(document, columns, Place(name), problems)
        if table and table.name in tables:
            problems.add(Place(name, document.line, table.name), "this table stands twice: rename or remove one")
        elif table:
            tables[table.name] = table
    problems.raise_if_any()
    return tables


def _only(tables: Mapping[str, Table], name: str) -> Table:
    if len(tables) != 1:
        says = f"expected one table, got {len(tables)}: use load_tables or split the file"
        raise PolicyError([Problem(Place(name), says)])
    return next(iter(tables.values()))


def _table(raw: Any, shared: Mapping[str, Column], place: Place, problems: Problems) -> Table | None:
    before = len(problems.found)
    if not is_block(raw, place, problems, allowed=_KEYS, required=_REQUIRED):
        return None
    place = place.at(line=raw.line, table=str(raw["table"]))
    _check_head(raw, place, problems)
    inputs = read_columns(raw["inputs"], shared, place.at(line=raw.line_of("inputs")), problems)
    outputs = read_columns(raw["outputs"], shared, place.at(line=raw.line_of("outputs")), problems)
    _check_columns(raw, inputs, outputs, place, problems)
    unreadable = _names(raw["inputs"], raw["outputs"]) - inputs.keys() - outputs.keys()
    rows = RowReader(inputs, outputs, problems, unreadable).rows(raw["rows"], place.at(line=raw.line_of("rows")))
    if len(problems.found) > before:
        return None
    complete = bool(raw.get("complete", False))
    table = Table(raw["table"], str(raw["version"]), HitPolicy(raw["hit"]), inputs, outputs, rows, complete)
    check_table(table, place, problems)
    return table


def _names(*declarations: Any) -> set[str]:
    return {name for each in declarations if isinstance(each, dict | list) for name in each if isinstance(name, str)}


def _check_head(raw: Block, place: Place, problems: Problems) -> None:
    check_name(raw["table"], place, problems)
    check_one_of(raw["hit"], tuple(HitPolicy), place.at(line=raw.line_of("hit")), problems)
    if not isinstance(raw["version"], str | int):
        problems.add(place, f"version is text, got {shown(raw['version'])}: quote it")
    if not isinstance(raw.get("complete", False), bool):
        problems.add(place, f"complete is true or false, got {shown(raw['complete'])}: write one of these")


def _check_columns(
    raw: Block, inputs: Mapping[str, Column], outputs: Mapping[str, Column], place: Place, problems: Problems
) -> None:
    for name in inputs.keys() & outputs.keys():
        problems.add(place.at(column=name), "this name is an input and an output: rename one, sentences use both")
    for column in inputs.values():
        if column.type is ColumnType.TEXT:
            problems.add(place.at(column=column.name), "an input cannot be text: declare it a label")
    first = next(iter(outputs.values()), None)
    if raw["hit"] == HitPolicy.PRIORITY and first and (not first.values or first.optional):
        says = "priority ranks rows by the first output: make it a label with values, highest priority first"
        problems.add(place.at(column=first.name), says)
