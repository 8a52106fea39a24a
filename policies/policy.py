"""A policy: one folder of YAML, loaded whole or refused with everything that is wrong, named by one digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from data.actions import ActionId
from data.record import digest_of
from policies.contract import DISPOSITION, REQUIRED, check_table_alone, check_together, shared_columns
from policies.money import Exchange, exchange
from policies.settings import Settings, read_settings
from policies.tables.columns import Column, ColumnType
from policies.tables.conditions import Condition
from policies.tables.problems import Place, PolicyError, Problem, Problems
from policies.tables.rows import Row
from policies.tables.sentences import Sentence, SentenceError, Words, parse_sentence
from policies.tables.source import parse_documents
from policies.tables.table import Table, TableResult
from policies.tables.table_loading import tables_of

DEFAULT_FOLDER: Final = Path(__file__).parent / "default"
"""The committed policy, always loadable."""

HEAD: Final = "policy.yaml"
"""The file with the settings; every other file of the folder holds tables."""

REMEMBERED = 4096
"""Answers kept per table of labels: an answer depends on the labels alone, so keeping it changes nothing."""


@dataclass(frozen=True)
class Policy:
    """Tables and settings that were checked together. Immutable; safe to share between threads."""

    settings: Settings
    tables: Mapping[str, Table]
    sources: Mapping[str, str]
    """File name to content as it was read: what to keep so that the digest can be loaded again."""
    columns: Mapping[str, Column]
    until: Mapping[tuple[str, str], Sentence]
    """The named condition of each holding row, by table and row."""
    digest: str = field(init=False)
    """`sha256:…` over what the policy means: every setting and every word of every table, layout left out."""
    gates: tuple[Table, ...] = field(init=False, repr=False)
    """The tables that give a disposition to options, by name."""
    _ask: Mapping[str, Callable[[Mapping[str, Any]], TableResult]] = field(init=False, repr=False)
    _gates: Mapping[ActionId, tuple[Table, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        gates = tuple(table for name, table in sorted(self.tables.items()) if _is_gate(table))
        object.__setattr__(self, "digest", _digest(self.settings, self.tables))
        object.__setattr__(self, "gates", gates)
        object.__setattr__(self, "_ask", {name: _asked(table) for name, table in self.tables.items()})
        object.__setattr__(self, "_gates", {action: tuple(_narrowed_gates(gates, action)) for action in ActionId})

    @property
    def version(self) -> str:
        """The version its author gave it."""
        return self.settings.version

    def gates_for(self, action: ActionId) -> tuple[Table, ...]:
        """The gates with the rows that can concern this action: what the others say of it is known to be nothing."""
        return self._gates[action]

    def ask(self, table: str, facts: Mapping[str, Any]) -> TableResult:
        """What a table says of these facts."""
        return self._ask[table](facts)

    def row(self, table: str, facts: Mapping[str, Any]) -> Row | None:
        """The one row of a table that counts for these facts, without its sentence: quicker where nobody reads it."""
        return self.tables[table].row(facts)

    def exchange(self, currency: str | None) -> Exchange:
        """How a case's currency meets the policy's."""
        return exchange(currency, self.settings.currency.reference, self.settings.currency.rates)


def _is_gate(table: Table) -> bool:
    return table.name not in REQUIRED and DISPOSITION in table.outputs


def _digest(settings: Settings, tables: Mapping[str, Table]) -> str:
    content = {name: table.content() for name, table in tables.items()}
    # A section that is absent is left out, so that policies written before it keep their digest.
    return digest_of({"settings": settings.model_dump(mode="json", exclude_none=True), "tables": content})


def _narrowed_gates(gates: Iterable[Table], action: ActionId) -> Iterator[Table]:
    return (narrowed for gate in gates if (narrowed := _narrowed(gate, action)) is not None)


def _narrowed(gate: Table, action: ActionId) -> Table | None:
    """The gate without the rows whose condition on the action fails, and without the facts only those read."""
    rows = tuple(row for row in gate.rows if all(_may_hold(each, action) for each in row.conditions))
    if not rows:
        return None
    read = {name for row in rows for name in _read_by(row)}
    return replace(gate, rows=rows, inputs={name: column for name, column in gate.inputs.items() if name in read})


def _read_by(row: Row) -> Iterator[str]:
    yield from (condition.column.name for condition in row.conditions)
    yield from row.sentence.facts


def _may_hold(condition: Condition, action: ActionId) -> bool:
    return condition.column.name != "action" or condition.decide(action.value) is not False


def _asked(table: Table) -> Callable[[Mapping[str, Any]], TableResult]:
    if any(column.type is not ColumnType.LABEL for column in table.inputs.values()):
        return table.evaluate
    names = tuple(table.inputs)
    remembered = lru_cache(REMEMBERED)(lambda *values: table.evaluate(dict(zip(names, values, strict=True))))
    return lambda facts: remembered(*[facts.get(name) for name in names])


def load_policy(folder: Path | None = None) -> Policy:
    """The policy of a folder, the committed one without. Raises `PolicyError` with every problem found."""
    folder = DEFAULT_FOLDER if folder is None else folder
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not files:
        says = "no *.yaml here: name a folder with policy.yaml and the tables"
        raise PolicyError([Problem(Place(str(folder)), says)])
    problems = Problems()
    sources = {path.name: _read(path, problems) for path in files}
    problems.raise_if_any()
    return policy_of(sources)


def _read(path: Path, problems: Problems) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problems.add(Place(path.name), f"byte {error.start} is not UTF-8: save the file as UTF-8")
    except OSError as error:
        problems.add(Place(path.name), f"cannot be read ({error.strerror}): correct its permissions")
    return ""


def policy_of(sources: Mapping[str, str]) -> Policy:
    """As `load_policy`, from the files' contents: how a kept policy comes back. Raises `PolicyError`."""
    problems = Problems()
    documents = {name: _documents(name, text, problems) for name, text in sources.items()}
    settings = _settings(documents, problems)
    problems.raise_if_any()
    assert settings is not None
    columns = shared_columns(settings.currency.reference)
    tables, files = _tables(documents, columns, problems)
    for name, table in tables.items():
        check_table_alone(table, files[name], settings, problems)
    problems.raise_if_any()
    check_together(tables, files, problems)
    until = _conditions_to_clear(tables, files, problems)
    problems.raise_if_any()
    return Policy(settings, tables, dict(sources), columns, until)


def _documents(name: str, text: str, problems: Problems) -> list[Any]:
    try:
        return parse_documents(text, name)
    except PolicyError as error:
        problems.found.extend(error.problems)
        return []


def _settings(documents: Mapping[str, list[Any]], problems: Problems) -> Settings | None:
    if HEAD not in documents:
        problems.add(Place(HEAD), "the file is missing: add it with the settings")
        return None
    return read_settings(documents[HEAD], HEAD, problems) if documents[HEAD] else None


def _tables(
    documents: Mapping[str, list[Any]], columns: Mapping[str, Column], problems: Problems
) -> tuple[dict[str, Table], dict[str, str]]:
    tables: dict[str, Table] = {}
    files: dict[str, str] = {}
    for file, parts in documents.items():
        for name, table in _tables_of(parts, file, columns, problems).items():
            if name in tables:
                problems.add(Place(file, table=name), f"this table stands in {files[name]} too: rename or remove one")
            tables[name], files[name] = table, file
    return tables, files


def _tables_of(parts: list[Any], file: str, columns: Mapping[str, Column], problems: Problems) -> Mapping[str, Table]:
    if file == HEAD:
        return {}
    try:
        return tables_of(parts, file, columns.values())
    except PolicyError as error:
        problems.found.extend(error.problems)
        return {}


def _conditions_to_clear(
    tables: Mapping[str, Table], files: Mapping[str, str], problems: Problems
) -> dict[tuple[str, str], Sentence]:
    sentences: dict[tuple[str, str], Sentence] = {}
    for name, table in tables.items():
        for row in table.rows:
            if not isinstance(row.outputs.get("until"), str):
                continue
            conditions = {each.column.name: each for each in row.conditions}
            try:
                sentences[name, row.id] = parse_sentence(str(row.outputs["until"]), Words(table.inputs, conditions, {}))
            except SentenceError as error:
                problems.add(Place(files[name], row.line, name, row.id, "until"), str(error))
    return sentences
