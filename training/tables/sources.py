"""Where a value comes from: the cell of a column, a few of them together, the row's number, or the mapping itself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from data.record import Unit
from features.wording import Called, InstantPart, Wording
from training.tables.part import Encoding, Part
from training.tables.units import NUMBERS, AsMeant

Scalar = bool | int | float | str
NOT_A_NUMBER = "<not a number>"
"""Among the missing words of a number: whatever is none means that nothing is known. No cell says this of itself."""
Mark = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'"]


def _word(given: Any) -> Any:
    """YAML reads -99 as a number; a word of a table is what is written there."""
    if isinstance(given, bool):
        raise ValueError("quote it as the table writes it: true is not a word, 'True' and 'true' are")
    return str(given) if isinstance(given, int | float) else given


def _written(given: Any) -> Any:
    """YAML turns 2020-01-01 into a date; back to ISO 8601."""
    return given.isoformat() if isinstance(given, date) else given


def _several(given: Any) -> Any:
    """One name stands for a list of one."""
    return (given,) if isinstance(given, str | int | float) else given


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes: `P5D`, `PT120H`, `P1DT30M`; backwards with a minus, `-P30D`."""
    parts = re.fullmatch(r"(-?)P(?=[\dT])(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?)?", text)
    if parts is None:
        raise ValueError(
            "expected a duration such as PT45M (minutes), PT120H (hours), P1D (a day), P1DT12H or -P30D (back)"
        )
    days, hours, minutes = (int(part or 0) for part in parts.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes)
    return -length if parts[1] else length


def _of_days_hours_minutes(text: str) -> str:
    duration(text)
    return text


Word = Annotated[str, BeforeValidator(_word)]
Words = Annotated[tuple[Word, ...], Field(strict=False), BeforeValidator(_several)]
Columns = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_several)]
Constant = Annotated[Scalar, BeforeValidator(_written)]
Duration = Annotated[str, AfterValidator(_of_days_hours_minutes)]


def _one_or_all(forms: tuple[str, ...]) -> Any:
    """One format is written as it always was, which a mapping's digest counts on."""
    return (list(forms) if len(forms) > 1 else forms[0]) if forms else None


Formats = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_several), PlainSerializer(_one_or_all)]
"""How instants are written; several are tried in turn."""


def _one_of(given: list[str], ways: str) -> str:
    """Where a value comes from must be said once."""
    remedy = f"keep one of {' and '.join(given)}" if len(given) > 1 else "say where the value comes from"
    return f"expected exactly one of {ways}; {remedy}"


class Source(Part):
    """Where one fact comes from; exactly one of `column`, `join`, `text`, `row`, `constant` and `first_of`."""

    came_later: ClassVar[frozenset[str]] = frozenset({"first_of", "without"})
    never_empty: ClassVar[frozenset[str]] = frozenset(
        {"column", "join", "text", "first_of", "missing", "format", "without"}
    )
    beside_first_of: ClassVar[frozenset[str]] = frozenset({"first_of", "known"})
    """What is said once for a list of sources; how a cell is read, each says itself."""

    column: Columns = ()
    """The cell of this column; of several columns, the first that is filled."""
    join: Columns = ()
    """Columns whose values, joined by '-', make an identifier; absent where one of them is."""
    text: Columns = ()
    """Columns whose filled cells, one a line, make a text."""
    row: bool = False
    """The row's number in the table, from 1 on: an identifier for a table that has none."""
    constant: Constant | None = None
    first_of: Annotated[tuple[Source, ...], Field(strict=False)] = ()
    """Whole sources, of which the first that gives a value counts."""
    missing: Words = ()
    """What a cell says where nothing is known, besides an empty one and what the mapping's own `missing` names.

    `NOT_A_NUMBER` stands for every word that is none.
    """
    values: dict[Word, Scalar] = {}
    """The cell's words to ours: words, numbers, true or false. A word that is not listed stays as it is."""
    decimal: Mark | None = None
    """The decimal mark of numbers."""
    thousands: Thousands | None = None
    """What stands between the thousands of numbers."""
    without: Words = ()
    """What may stand before or after a number and is not read: `kg`, `€`."""
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """What the column's numbers are multiplied by to be in the fact's unit: 0.01 for cents or per cent."""
    format: Formats = ()
    """`strptime` formats of an instant or a date, `epoch_seconds` or `epoch_milliseconds`; ISO 8601 without."""
    zone: str | None = None
    """IANA zone of instants that carry no offset."""
    plus: Duration | None = None
    """ISO 8601 duration (days, hours, minutes) added to an instant, or with a minus taken from it."""
    unit: AsMeant | None = None
    """The column's unit of time, where it is not the fact's."""
    known: Literal["opening", "later"] | Source | None = None
    """When the value is known: from the case's opening on; only later, so never as a fact; or from an instant on."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`exception_id: number` means `{column: number}`; a list means the first of its columns that is filled.

        Where the list holds more than names, it means `first_of`.
        """
        if isinstance(given, list) and any(isinstance(each, dict) for each in given):
            return {"first_of": given}
        return {"column": given} if isinstance(given, str | list) else given

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if len(self.origins) != 1:
            raise ValueError(_one_of(self.origins, "column, join, text, row and constant, or first_of"))
        return self

    @model_validator(mode="after")
    def _each_reads_itself(self) -> Source:
        apart = sorted(self.model_fields_set - self.beside_first_of) if self.first_of else []
        if apart:
            raise ValueError(f"{' and '.join(apart)} cannot stand beside first_of: say it in each of its sources")
        if any(each.known is not None for each in self.first_of):
            raise ValueError("known holds for all sources of first_of: say it beside first_of")
        return self

    @property
    def origins(self) -> list[str]:
        """Which of the ways to say where the value comes from are used."""
        ways = {"column": self.column, "join": self.join, "text": self.text, "row": self.row, "first_of": self.first_of}
        return [name for name, given in ways.items() if given] + ["constant"] * (self.constant is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column whose cell may become the value."""
        inner = tuple(column for each in self.first_of for column in each.columns)
        return self.column + self.join + self.text + inner

    @property
    def leaves(self) -> tuple[Source, ...]:
        """Itself, or of several sources those that read the cells."""
        return tuple(leaf for each in self.first_of for leaf in each.leaves) if self.first_of else (self,)

    @property
    def listed(self) -> dict[str, Scalar]:
        """The words that `values` lists, in whichever source."""
        return {word: told for leaf in self.leaves for word, told in leaf.values.items()}

    @property
    def read(self) -> tuple[str, ...]:
        """Every column that is read: also the one that says when the value is known."""
        return self.columns + (self.known.columns if isinstance(self.known, Source) else ())


USUAL_PARTS: tuple[InstantPart, ...] = ("hours", "hour", "weekday")
"""Without the month: in a history of under two years it tells the date, and no season."""


Kind = Literal["number", "category", "flag", "instant"]


class AttributeSource(Source):
    """Where one of the retailer's own attributes comes from, and what kind of scalar it is.

    An `instant` becomes numbers: `NAME_hours` from the event to it, and its local `NAME_hour`, `NAME_weekday` (Monday
    is 0) and, where `parts` asks for it, `NAME_month` (January is 1).
    """

    came_later: ClassVar[frozenset[str]] = Source.came_later | {"parts", "called"}
    never_empty: ClassVar[frozenset[str]] = Source.never_empty | {"parts"}
    beside_first_of: ClassVar[frozenset[str]] = Source.beside_first_of | {"kind", "parts", "called", "unit"}

    kind: Kind = "category"
    called: Called | None = None
    """What people call it, in the singular and without an article; `unit` beside it is what its numbers are in."""
    parts: Annotated[tuple[InstantPart, ...], Field(strict=False), BeforeValidator(_several)] = ()
    """What an instant becomes; `USUAL_PARTS` where nothing is said."""

    @model_validator(mode="after")
    def _parts_of_an_instant(self) -> AttributeSource:
        if self.parts and self.kind != "instant":
            raise ValueError(f"parts are those of an instant; this is a {self.kind}")
        return self

    @model_validator(mode="after")
    def _unit_of_a_number(self) -> AttributeSource:
        of_numbers = self.unit in NUMBERS or not isinstance(self.unit, Unit)
        if self.unit is not None and (self.kind != "number" or not of_numbers):
            raise ValueError(
                f"unit is one of {', '.join(NUMBERS)}, or a short word of your own such as kg, beside kind: number; "
                f"this is a {self.kind}"
            )
        if any(each.unit is not None for each in self.first_of):
            raise ValueError("unit holds for all sources of first_of: say it beside first_of")
        return self

    @property
    def made(self) -> tuple[InstantPart, ...]:
        """What it becomes, by the ends of the names; nothing where it is one value."""
        return (self.parts or USUAL_PARTS) if self.kind == "instant" else ()

    def wordings(self, name: str) -> dict[str, Wording]:
        """How people name what it becomes, by the names that cases tell it by; empty where the mapping does not say.

        Of the parts of an instant also which they are, on which clock: to be asked of a source that is settled.
        """
        if not self.made:
            return {name: Wording(called=self.called, unit=self.unit)} if self.called or self.unit else {}
        zones = {leaf.zone or "UTC" for leaf in self.leaves}
        zone = zones.pop() if len(zones) == 1 else None
        told = {part: Wording(called=self.called, part=part, zone=zone) for part in self.made}
        if self.called and "hours" in told:
            told["hours"] = Wording(called=self.called, unit=Unit.HOUR, part="hours", zone=zone)
        return {f"{name}_{part}": wording for part, wording in told.items()}


class OutcomeSource(Source):
    """Where a part of the outcome comes from; a flag may be told by comparing two instants.

    `sla_breached: {later: delivered_at, than: promised_at}`; unknown where one of them is absent.
    """

    first_of: Annotated[tuple[OutcomeSource, ...], Field(strict=False)] = ()
    later: Source | None = None
    than: Source | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> OutcomeSource:
        if (self.later is None) != (self.than is None) or len(self.origins) != 1:
            raise ValueError(_one_of(self.origins, "column, join, text, row, constant, first_of, and later with than"))
        return self

    @property
    def origins(self) -> list[str]:
        """As of every source; `later` where two instants are compared."""
        return super().origins + ["later"] * (self.later is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column whose cell tells what happened; of two instants the later one, the other being a plan."""
        return super().columns + (self.later.columns if self.later else ())

    @property
    def leaves(self) -> tuple[Source, ...]:
        """As of every source; where two instants are compared, those of both."""
        if self.later is None or self.than is None:
            return super().leaves
        return self.later.leaves + self.than.leaves

    @property
    def plans(self) -> tuple[str, ...]:
        """The columns of planned instants that what happened is compared with."""
        own = self.than.columns if self.than else ()
        return own + tuple(column for each in self.first_of for column in each.plans)

    @property
    def read(self) -> tuple[str, ...]:
        """Every column that is read."""
        return super().read + self.plans


class Condition(Part):
    """Which rows stay: a word or a list of words, or bounds. A row without a value passes only `filled: false`."""

    came_later: ClassVar[frozenset[str]] = frozenset({"format", "zone", "decimal", "thousands"})
    never_empty: ClassVar[frozenset[str]] = frozenset({"one_of", "none_of", "format"})

    one_of: Words = ()
    none_of: Words = ()
    filled: bool | None = None
    at_least: Constant | None = None
    """The least number, or the first instant (ISO 8601; where it has no offset, in the zone of the cells)."""
    below: Constant | None = None
    """The number or instant from which rows no longer stay."""
    format: Formats = ()
    """How the column's instants are written that bounds are compared with; ISO 8601 without."""
    zone: str | None = None
    """IANA zone of instants that carry no offset, where it is not the mapping's; UTC where neither says one."""
    decimal: Mark | None = None
    """The decimal mark of the column's numbers, where it is not the mapping's."""
    thousands: Thousands | None = None
    """What stands between the thousands of the column's numbers, where it is not the mapping's."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`status: delivered` and `status: [delivered, shipped]` mean `one_of`."""
        return given if isinstance(given, dict) else {"one_of": given}

    @model_validator(mode="after")
    def _beside_instants(self) -> Condition:
        if (self.format or self.zone) and not any(isinstance(each, str) for each in self.bounds.values()):
            raise ValueError(
                "format and zone say how a column's instants are written: give at_least or below an instant"
            )
        return self

    @model_validator(mode="after")
    def _beside_numbers(self) -> Condition:
        if (self.decimal or self.thousands) and all(isinstance(each, str) for each in self.bounds.values()):
            raise ValueError(
                "decimal and thousands say how a column's numbers are written: give at_least or below a number"
            )
        return self

    @property
    def bounds(self) -> dict[str, Scalar]:
        """The bounds there are, by their keys."""
        bounds = {"at_least": self.at_least, "below": self.below}
        return {name: bound for name, bound in bounds.items() if bound is not None}


Way = Literal["count", "sum", "mean", "min", "max", "first", "last"]


class Aggregate(Part):
    """What to make of a key's rows in another file: `count`, or `{sum: price}`; absent cells do not count."""

    came_later: ClassVar[frozenset[str]] = frozenset({"decimal", "thousands"})

    way: Way
    column: str | None = None
    decimal: Mark | None = None
    """The decimal mark of the column's numbers, where it is not the mapping's."""
    thousands: Thousands | None = None
    """What stands between the thousands of the column's numbers, where it is not the mapping's."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`count` counts the rows; `{sum: price}` adds up a column, `{first: seller}` takes the first filled cell."""
        if given == "count":
            return {"way": "count"}
        said = [way for way in get_args(Way) if isinstance(given, dict) and way in given]
        if len(said) == 1 and not {"way", "column"} & given.keys():
            (way,) = said
            return {"way": way, "column": given[way], **{key: told for key, told in given.items() if key != way}}
        return given

    @model_validator(mode="after")
    def _of_a_column(self) -> Aggregate:
        if self.column is None and self.way != "count":
            raise ValueError(f"expected {{{self.way}: COLUMN}}")
        if (self.decimal or self.thousands) and self.way in ("count", "first", "last"):
            raise ValueError(f"decimal and thousands say how numbers are written, and {self.way} reads none")
        return self


class Joined(Part):
    """Another file beside the history's own; its columns are `NAME.COLUMN` to the rest of the mapping."""

    came_later: ClassVar[frozenset[str]] = frozenset({"encoding"})

    file: str
    """Its path from the folder of the history's file."""
    key: dict[str, str]
    """A column of the table so far to the file's column with the same key; one name where both have it."""
    each: dict[str, Aggregate] = {}
    """Where a key has several rows there: the columns to make of them. Without, a key has one row at most."""
    encoding: Encoding | None = None
    """How its characters are written, where not as the mapping says."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`key: order_id` and `key: [order_id, line]` mean columns of the same name."""
        if not isinstance(given, dict) or "key" not in given:
            return given
        key = [given["key"]] if isinstance(given["key"], str) else given["key"]
        return {**given, "key": {column: column for column in key} if isinstance(key, list) else key}
