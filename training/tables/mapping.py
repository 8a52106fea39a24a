"""A mapping: how the columns of a retailer's own table become cases and outcomes.

A YAML file names, for each fact of a case by its path (`event.time`, `stock.0.on_hand`), the column it comes from, and
the columns that become the retailer's own attributes. `leaks` lists columns that must never become a fact, each with
its reason. Every key is checked before a row is read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import yaml
from pydantic import Field, PrivateAttr, ValidationError, model_validator

from data.case import AttributeName, Case
from data.outcome import Outcome
from data.record import Record, Unit, digest_of
from data.vocabulary import Task
from features.wording import Wording
from training.errors import MappingError, MappingFileError
from training.tables.derivation import Derivation, check_derivations
from training.tables.part import Encoding, Part
from training.tables.paths import leaf_unit, needed_beside, paths_of
from training.tables.problems import first_problem, not_yaml, shown
from training.tables.sources import (
    NOT_A_NUMBER,
    AttributeSource,
    Condition,
    Joined,
    Mark,
    OutcomeSource,
    Source,
    Thousands,
    Words,
    duration,
)
from training.tables.units import NUMBERS, TIMES

FileName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
_BOOLEAN = "tag:yaml.org,2002:bool"
AnySource = TypeVar("AnySource", bound=Source)

Naming = dict[str, dict[str, Any]]
"""What names an event, by the fact's path: `{"event.id": {"column": ["sku"]}}`. Empty where the lines name theirs."""

MAPPING_SCHEMA: Literal["fairlead/mapping/1"] = "fairlead/mapping/1"


class View(Part):
    """Which rows of a log are cases: the first of each key, or every one, with what was known when it was written.

    The updates of one case share its `exception_id`; each needs an `event.id` of its own.
    """

    rows: Literal["at_opening", "every_update"] = "every_update"
    key: str | None = None
    """The column that names the case; `at_opening` keeps its first row."""
    until: Source | None = None
    """The instant from which a case is over: rows from then on are no cases any more."""

    @model_validator(mode="after")
    def _keyed(self) -> View:
        if self.rows == "at_opening" and self.key is None:
            raise ValueError("rows: at_opening needs key, the column that names the case")
        return self


class Mapping(Part):
    """A checked mapping file."""

    came_later: ClassVar[frozenset[str]] = frozenset({"encoding", "derived"})

    schema_: Literal["fairlead/mapping/1"] = Field(alias="schema")
    says: str = ""
    missing: Words = ()
    """What cells say where nothing is known, in every column."""
    zone: str | None = None
    """IANA zone of instants that carry no offset, where their source names none."""
    decimal: Mark | None = None
    """The decimal mark of numbers, where their source names none."""
    thousands: Thousands | None = None
    """What stands between the thousands of numbers, where their source names nothing."""
    encoding: Encoding | None = None
    """How the characters of files of text are written; UTF-8 without."""
    files: dict[FileName, Joined] = {}
    """Other files joined to the history's own, one after another."""
    query: str | None = None
    """What is read of the history's database, where it is one."""
    where: dict[str, Condition] = {}
    """Column by column, which rows stay; a row stays where every condition holds."""
    view: View = View()
    facts: dict[str, Source]
    attributes: dict[AttributeName, AttributeSource] = {}
    derived: dict[AttributeName, Derivation] = {}
    """Numbers that are made of two attributes, or of others that stand above them."""
    outcome: dict[str, OutcomeSource] = {}
    leaks: dict[str, str] = {}
    """Columns that must not become a fact or an attribute, each with the reason."""
    _horizon: str | None = PrivateAttr(None)

    @property
    def horizon(self) -> str | None:
        """`outcome.horizon`: within what time of its case a stock-out fell, an ISO 8601 duration, read from no cell."""
        return self._horizon

    @property
    def digest(self) -> str:
        """The digest of the checked content; comments do not change it."""
        content = self.model_dump(mode="json", by_alias=True)
        if self.horizon is not None:
            content["outcome"]["horizon"] = self.horizon
        return digest_of(content)

    @property
    def naming(self) -> Naming:
        """Where the name of an event comes from."""
        ways = {"column", "join", "row", "constant", "values", "first_of"}
        named = {path: self.facts[path].model_dump(mode="json", include=ways) for path in ("event.source", "event.id")}
        return {path: {way: told for way, told in source.items() if told} for path, source in named.items()}

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Every key with its source: `facts.event.time`, `attributes.priority`, `outcome.recorded_at`."""
        for section, table in (("facts", self.facts), ("attributes", self.attributes), ("outcome", self.outcome)):
            for name, source in table.items():
                yield f"{section}.{name}", source

    def told_attributes(self) -> Iterator[str]:
        """The names that cases tell attributes by; an instant becomes several."""
        for name, source in self.attributes.items():
            yield from [f"{name}_{part}" for part in source.made] or [name]

    @property
    def wordings(self) -> dict[str, Wording]:
        """How people name the attributes, by the names that cases tell them by, and what is derived of them."""
        told = (self.settled(source).wordings(name) for name, source in self.attributes.items())
        own = {name: wording for each in told for name, wording in each.items()}
        return own | {name: each.wording for name, each in self.derived.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, sorted."""
        return tuple(sorted({column for _, columns in self.reads() for column in columns}))

    def reads(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every key that reads columns, with those columns."""
        for name, source in self.sources():
            yield name, source.read
        for column in self.where:
            yield f"where.{column}", (column,)
        if self.view.key is not None:
            yield "view.key", (self.view.key,)
        if self.view.until is not None:
            yield "view.until", self.view.until.read

    def settled(self, source: AnySource) -> AnySource:
        """The source with what the mapping says for all: its missing words, its zone, how its numbers are written."""
        return source.model_copy(
            update={
                "missing": source.missing + self.missing,
                "zone": source.zone or self.zone,
                "decimal": source.decimal or self.decimal,
                "thousands": source.thousands or self.thousands,
                "first_of": tuple(self.settled(each) for each in source.first_of),
            }
        )


class _Plain(yaml.SafeLoader):
    """YAML whose only booleans are true and false: in tables, Yes, No, on and off are words."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


REQUIRED_FACTS = ("event.source", "event.id", "event.time", "exception_id")


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Plain)  # noqa: S506 - it is a safe loader
    except OSError as error:
        why = f"it cannot be read ({error.strerror}); name a YAML file"
        raise MappingFileError(why, str(path)) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise MappingFileError(not_yaml(error), str(path)) from error
    return parse_mapping(content, str(path))


def parse_mapping(content: Any, name: str = "") -> Mapping:
    """Check the content of a mapping file, whose name is for messages.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    if not isinstance(content, dict):
        why = f"expected keys, from schema: {MAPPING_SCHEMA} on, got {shown(content)}"
        raise MappingFileError(why, name)
    content, horizon = _without_horizon(content)
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise first_problem(error, content, Mapping) from error
    mapping._horizon = horizon
    if mapping.files and mapping.query is not None:
        raise MappingError("files", "are beside a file; a query joins the tables of its database itself")
    if mapping.encoding is not None and mapping.query is not None:
        raise MappingError("encoding", "is for a file; a database says itself how its characters are written")
    _check_paths(mapping)
    _check_attributes(mapping)
    _check_derived(mapping)
    _check_missing(mapping)
    _check_known(mapping)
    _check_outcome(mapping)
    _check_leaks(mapping)
    _check_horizon(mapping)
    return mapping


def _without_horizon(content: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The sources, and beside them the one key of the outcome that is none."""
    outcome = content.get("outcome")
    if not isinstance(outcome, dict) or "horizon" not in outcome:
        return content, None
    horizon = outcome["horizon"]
    try:
        if duration(str(horizon)) <= timedelta(0):
            raise ValueError("expected a duration longer than none, such as P1D or P90D")
    except ValueError as error:
        raise MappingError("outcome.horizon", f"{error}, got {shown(horizon)}") from error
    return {**content, "outcome": {key: source for key, source in outcome.items() if key != "horizon"}}, horizon


def _check_horizon(mapping: Mapping) -> None:
    told = mapping.horizon is None or Task.STOCKOUT.value in mapping.outcome
    _expect(told, "outcome.horizon", "is for outcome.stockout, which is missing: a promise has a moment of its own")


def require_task(mapping: Mapping, task: Task) -> None:
    """Refuse a mapping whose outcomes cannot tell the truth of a task.

    Raises:
        MappingError: the key that is missing.
    """
    told = ("sla_breached", "resolved_at") if task is Task.SLA_BREACH else (task.value,)
    if not any(path in mapping.outcome for path in told):
        raise MappingError(f"outcome.{told[0]}", f"missing; nothing else tells the truth of {task.value}")
    for path in ("stock.0.sku", "stock.0.node") if task is Task.STOCKOUT else ():
        if path not in mapping.facts:
            raise MappingError(f"facts.{path}", "missing; outcome.stockout tells of the shelf of stock.0")


def _check_paths(mapping: Mapping) -> None:
    for section, record, table in (("facts", Case, mapping.facts), ("outcome", Outcome, mapping.outcome)):
        for path, source in table.items():
            _check_path(f"{section}.{path}", record, path, source)
    for path in REQUIRED_FACTS:
        if path not in mapping.facts:
            raise MappingError(f"facts.{path}", "missing; every case needs it, from a column or a constant")
    for path in mapping.facts:
        for needed in needed_beside(Case, path):
            if needed not in mapping.facts:
                raise MappingError(f"facts.{needed}", f"missing; facts.{path} cannot be told without it")
    if mapping.outcome and "recorded_at" not in mapping.outcome:
        raise MappingError("outcome.recorded_at", "missing; say when the outcome became known")


def _check_path(key: str, record: type[Record], path: str, source: Source) -> None:
    unit = leaf_unit(record, path)
    if unit is None:
        near = difflib.get_close_matches(path, paths_of(record), n=1, cutoff=0.0)
        look = "; `fairlead history facts` lists them all" if record is Case else ""
        raise MappingError(key, f"no such fact; the nearest is {near[0]!r}{look}")
    _check_fit(key, unit, source)


def _check_fit(key: str, unit: Unit, source: Source) -> None:
    """What the source says must make sense for a fact of this unit."""
    for place, each in enumerate(source.first_of):
        _check_fit(f"{key}.first_of.{place}", unit, each)
    instants = (Unit.INSTANT, Unit.DATE)
    if source.zone is not None or source.format or source.plus is not None:
        _expect(unit in instants, key, f"zone, format and plus are for instants; this is a {unit}")
    if source.decimal is not None or source.thousands is not None:
        _expect(unit in NUMBERS, key, f"decimal and thousands are for numbers; this is a {unit}")
    _check_words(key, unit in NUMBERS, source)
    if source.scale is not None:
        _expect(unit in NUMBERS, key, f"scale is for numbers; this is a {unit}")
    if source.unit is not None:
        _expect(unit in TIMES and source.unit in TIMES, key, f"cannot turn {source.unit} into {unit}")
    if source.row:
        _expect(unit in (Unit.IDENTIFIER, Unit.LABEL, Unit.TEXT), key, f"row makes an identifier, not a {unit}")
    if source.text:
        _expect(unit is Unit.TEXT, key, f"text makes a text, not a {unit}")
    if isinstance(source, OutcomeSource) and source.later is not None:
        _expect(unit is Unit.FLAG, key, f"comparing two instants makes a flag, not a {unit}")


def _check_attributes(mapping: Mapping) -> None:
    """How a cell is read must make sense for the attribute's kind; what does not would be left out without a word."""
    for name, attribute in mapping.attributes.items():
        for leaf in attribute.leaves:
            instants = _said(leaf, "zone", "format", "plus")
            numbers = _said(leaf, "decimal", "thousands", "scale")
            for said, kind in ((instants, "instant"), (numbers, "number")):
                why = f"{said} can only stand beside kind: {kind}; this is kind: {attribute.kind}. Change the kind, or "
                why += f"leave {said} out"
                _expect(not said or attribute.kind == kind, f"attributes.{name}", why)


def _check_derived(mapping: Mapping) -> None:
    numbers = [name for name, source in mapping.attributes.items() if source.kind == "number"]
    numbers += [f"{name}_{part}" for name, source in mapping.attributes.items() for part in source.made]
    check_derivations(mapping.derived, {*mapping.attributes, *mapping.told_attributes()}, numbers)


def _said(source: Source, *keys: str) -> str:
    return " and ".join(key for key in keys if getattr(source, key))


def _check_missing(mapping: Mapping) -> None:
    """A word for whatever is no number would hide a mistaken column, and every other kind of value."""
    why = f"{NOT_A_NUMBER} stands beside the source of one number, not here: it would empty every column of words"
    _expect(NOT_A_NUMBER not in mapping.missing, "missing", why)
    for name, attribute in mapping.attributes.items():
        for leaf in attribute.leaves:
            _check_words(f"attributes.{name}", attribute.kind == "number", leaf)


def _check_words(key: str, is_number: bool, source: Source) -> None:
    say = ", so say kind: number" if key.startswith("attributes.") else ""
    _expect(is_number or NOT_A_NUMBER not in source.missing, f"{key}.missing", f"{NOT_A_NUMBER} is for numbers{say}")
    _expect(is_number or not source.without, f"{key}.without", f"stands beside numbers{say}")


def _check_known(mapping: Mapping) -> None:
    """Only what may be absent can become known later; and no two attributes may write one name."""
    never = {f"facts.{path}" for path in REQUIRED_FACTS} | {f"outcome.{path}" for path in mapping.outcome}
    for key, source in mapping.sources():
        _expect(
            source.known is None or key not in never, f"{key}.known", "is for facts and attributes that may be absent"
        )
    for name, attribute in mapping.attributes.items():
        for part in attribute.made:
            taken = f"{name}_{part}" in mapping.attributes
            _expect(not taken, f"attributes.{name}", f"an instant makes {name}_{part}, which is declared too")


def _check_outcome(mapping: Mapping) -> None:
    """What names a case and its moment is known with the case; no outcome is."""
    for key, source in mapping.sources():
        for path in REQUIRED_FACTS if key.startswith("outcome.") else ():
            for column in [each for each in source.columns if each in mapping.facts[path].columns]:
                why = f"column {column!r} is facts.{path}, known when the case begins; name a column of what came of it"
                raise MappingError(key, why)


def _check_leaks(mapping: Mapping) -> None:
    told = {column: key for key, source in mapping.sources() for column in source.columns if key.startswith("outcome.")}
    banned = {
        **{column: f"it tells the outcome ({key})" for column, key in told.items()},
        **{column: f"it is declared a leak: {reason}" for column, reason in mapping.leaks.items()},
    }
    for key, source in mapping.sources():
        for column in source.columns:
            if column in banned and not key.startswith("outcome."):
                raise MappingError(key, f"column {column!r} must not be used here: {banned[column]}")


def _expect(holds: bool, key: str, detail: str) -> None:
    if not holds:
        raise MappingError(key, detail)
