"""A mapping: how the columns of a retailer's own table become cases and outcomes.

A YAML file names, for each fact of a case by its path (`event.time`, `stock.0.on_hand`), the column it comes from, and
the columns that become the retailer's own attributes. `leaks` lists columns that must never become a fact, each with
its reason. Every key is checked before a row is read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from data.case import AttributeName, Case
from data.outcome import Outcome
from data.record import Record, Unit, digest_of
from training.errors import MappingError
from training.paths import leaf_unit, paths_of

MAPPING_SCHEMA: Literal["fairlead/mapping/1"] = "fairlead/mapping/1"

Scalar = bool | int | float | str


class Source(Record):
    """Where one fact comes from: the first filled of `column`, the parts of `join`, or a `constant`."""

    column: tuple[str, ...] = Field((), strict=False)
    join: tuple[str, ...] = Field((), strict=False)
    """Columns whose values, joined by '-', make an identifier."""
    constant: Scalar | None = None
    format: str | None = None
    """`strptime` format of an instant or a date; ISO 8601 where absent."""
    zone: str | None = None
    """IANA zone of instants that carry no offset."""
    plus: str | None = Field(None, pattern=r"^P(\d+D)?(T(\d+H)?(\d+M)?)?$")
    """ISO 8601 duration (days, hours, minutes) added to an instant."""
    unit: Unit | None = Field(None, strict=False)
    """The column's unit of time, where it is not the fact's."""
    values: dict[str, str] = {}
    """The column's words to ours; a word that is not listed stays as it is."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:
        """`exception_id: number` means `{column: number}`; a list of columns means the first that is filled."""
        table = {"column": given} if isinstance(given, str | list) else given
        if isinstance(table, dict):
            return {
                key: (value,) if key == "column" and isinstance(value, str) else value for key, value in table.items()
            }
        return table

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        origins = [bool(self.column), bool(self.join), self.constant is not None]
        if sum(origins) != 1:
            raise ValueError("expected exactly one of column, join and constant")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the fact reads."""
        return self.column + self.join


class AttributeSource(Source):
    """Where one of the retailer's own attributes comes from, and what kind of scalar it is."""

    kind: Literal["number", "category", "flag"] = "category"


class View(Record):
    """Which rows of a log are cases: the first of each key, or every one."""

    rows: Literal["at_opening", "every_update"] = "every_update"
    key: str | None = None
    """The column that names the case; `at_opening` keeps its first row."""

    @model_validator(mode="after")
    def _keyed(self) -> View:
        if self.rows == "at_opening" and self.key is None:
            raise ValueError("rows: at_opening needs key, the column that names the case")
        return self


class Mapping(Record):
    """A checked mapping file."""

    schema_: Literal["fairlead/mapping/1"] = Field(alias="schema")
    says: str = ""
    view: View = View()
    facts: dict[str, Source]
    attributes: dict[AttributeName, AttributeSource] = {}
    outcome: dict[str, Source] = {}
    leaks: dict[str, str] = {}
    """Columns that must not become a fact or an attribute, each with the reason."""

    @property
    def digest(self) -> str:
        """The digest of the checked content; comments do not change it."""
        return digest_of(self.model_dump(mode="json", by_alias=True))

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Every key with its source: `facts.event.time`, `attributes.priority`, `outcome.recorded_at`."""
        for section, table in (("facts", self.facts), ("attributes", self.attributes), ("outcome", self.outcome)):
            for name, source in table.items():
                yield f"{section}.{name}", source

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, sorted."""
        read = {column for _, source in self.sources() for column in source.columns}
        return tuple(sorted(read | ({self.view.key} if self.view.key else set())))


REQUIRED_FACTS = ("event.source", "event.id", "event.time", "exception_id")


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(str(path), f"the file cannot be read ({error.strerror}); name a YAML file") from error
    except yaml.YAMLError as error:
        raise MappingError(str(path), f"not YAML: {error}") from error
    return parse_mapping(content)


def parse_mapping(content: Any) -> Mapping:
    """Check the content of a mapping file.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    if not isinstance(content, dict):
        raise MappingError("(file)", f"expected a table of keys, got {type(content).__name__}")
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise _first_problem(error) from error
    _check_paths(mapping)
    _check_leaks(mapping)
    return mapping


def _first_problem(error: ValidationError) -> MappingError:
    first = error.errors()[0]
    came = "" if first["type"] == "missing" else f", got {first['input']!r}"
    return MappingError(".".join(str(each) for each in first["loc"]), f"{first['msg']}{came}")


def _check_paths(mapping: Mapping) -> None:
    for section, record, table in (("facts", Case, mapping.facts), ("outcome", Outcome, mapping.outcome)):
        for path, source in table.items():
            _check_path(f"{section}.{path}", record, path, source)
    for path in REQUIRED_FACTS:
        if path not in mapping.facts:
            raise MappingError(f"facts.{path}", "missing; every case needs it, from a column or a constant")
    if mapping.outcome and "recorded_at" not in mapping.outcome:
        raise MappingError("outcome.recorded_at", "missing; say when the outcome became known")


def _check_path(key: str, record: type[Record], path: str, source: Source) -> None:
    unit = leaf_unit(record, path)
    if unit is None:
        near = difflib.get_close_matches(path, paths_of(record), n=1, cutoff=0.0)
        raise MappingError(key, f"no such fact; the nearest is {near[0]!r}")
    if source.zone is not None or source.format is not None or source.plus is not None:
        _expect(unit in (Unit.INSTANT, Unit.DATE), key, f"zone, format and plus are for instants; this is a {unit}")
    if source.unit is not None:
        times = (Unit.MINUTE, Unit.HOUR, Unit.DAY)
        _expect(unit in times and source.unit in times, key, f"cannot turn {source.unit} into {unit}")


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
