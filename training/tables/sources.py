"""Where a value comes from: the cell of a column, a few of them together, the row's number, or the mapping itself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from data.record import Unit
from training.tables.part import Part

Scalar = bool | int | float | str
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
    """An ISO 8601 duration of days, hours and minutes: `P5D`, `PT120H`, `P1DT30M`."""
    parts = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
    if parts is None:
        raise ValueError("expected a duration such as PT45M (minutes), PT120H (hours), P1D (a day) or P1DT12H")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _of_days_hours_minutes(text: str) -> str:
    duration(text)
    return text


Word = Annotated[str, BeforeValidator(_word)]
Words = Annotated[tuple[Word, ...], Field(strict=False), BeforeValidator(_several)]
Columns = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_several)]
Constant = Annotated[Scalar, BeforeValidator(_written)]
Duration = Annotated[str, AfterValidator(_of_days_hours_minutes)]


def _one_of(given: list[str], ways: str) -> str:
    """Where a value comes from must be said once."""
    remedy = f"keep one of {' and '.join(given)}" if len(given) > 1 else "say where the value comes from"
    return f"expected exactly one of {ways}; {remedy}"


class Source(Part):
    """Where one fact comes from; exactly one of `column`, `join`, `text`, `row` and `constant`."""

    column: Columns = ()
    """The cell of this column; of several columns, the first that is filled."""
    join: Columns = ()
    """Columns whose values, joined by '-', make an identifier; absent where one of them is."""
    text: Columns = ()
    """Columns whose filled cells, one a line, make a text."""
    row: bool = False
    """The row's number in the table, from 1 on: an identifier for a table that has none."""
    constant: Constant | None = None
    missing: Words = ()
    """What a cell says where nothing is known, besides an empty one and what the mapping's own `missing` names."""
    values: dict[Word, Scalar] = {}
    """The cell's words to ours: words, numbers, true or false. A word that is not listed stays as it is."""
    decimal: Mark | None = None
    """The decimal mark of numbers."""
    thousands: Thousands | None = None
    """What stands between the thousands of numbers."""
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """What the column's numbers are multiplied by to be in the fact's unit: 0.01 for cents or per cent."""
    format: str | None = None
    """`strptime` format of an instant or a date, `epoch_seconds` or `epoch_milliseconds`; ISO 8601 where absent."""
    zone: str | None = None
    """IANA zone of instants that carry no offset."""
    plus: Duration | None = None
    """ISO 8601 duration (days, hours, minutes) added to an instant."""
    unit: Unit | None = Field(None, strict=False)
    """The column's unit of time, where it is not the fact's."""
    known: Literal["opening", "later"] | Source | None = None
    """When the value is known: from the case's opening on; only later, so never as a fact; or from an instant on."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`exception_id: number` means `{column: number}`; a list of columns means the first that is filled."""
        return {"column": given} if isinstance(given, str | list) else given

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if len(self.origins) != 1:
            raise ValueError(_one_of(self.origins, "column, join, text, row and constant"))
        return self

    @property
    def origins(self) -> list[str]:
        """Which of the ways to say where the value comes from are used."""
        ways = {"column": self.column, "join": self.join, "text": self.text, "row": self.row}
        return [name for name, given in ways.items() if given] + ["constant"] * (self.constant is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column whose cell may become the value."""
        return self.column + self.join + self.text

    @property
    def read(self) -> tuple[str, ...]:
        """Every column that is read: also the one that says when the value is known."""
        return self.columns + (self.known.columns if isinstance(self.known, Source) else ())


INSTANT_PARTS = ("hours", "hour", "weekday")


class AttributeSource(Source):
    """Where one of the retailer's own attributes comes from, and what kind of scalar it is.

    An `instant` becomes three numbers: `NAME_hours` from the event to it, and its local `NAME_hour` and
    `NAME_weekday` (Monday is 0).
    """

    kind: Literal["number", "category", "flag", "instant"] = "category"


class OutcomeSource(Source):
    """Where a part of the outcome comes from; a flag may be told by comparing two instants.

    `sla_breached: {later: delivered_at, than: promised_at}`; unknown where one of them is absent.
    """

    later: Source | None = None
    than: Source | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> OutcomeSource:
        if (self.later is None) != (self.than is None) or len(self.origins) != 1:
            raise ValueError(_one_of(self.origins, "column, join, text, row, constant, and later with than"))
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
    def read(self) -> tuple[str, ...]:
        """Every column that is read."""
        return super().read + (self.than.columns if self.than else ())


class Condition(Part):
    """Which rows stay: a word or a list of words, or bounds. A row without a value passes only `filled: false`."""

    one_of: Words = ()
    none_of: Words = ()
    filled: bool | None = None
    at_least: Constant | None = None
    """The least number, or the first instant (ISO 8601; UTC where it has no offset)."""
    below: Constant | None = None
    """The number or instant from which rows no longer stay."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`status: delivered` and `status: [delivered, shipped]` mean `one_of`."""
        return given if isinstance(given, dict) else {"one_of": given}


Way = Literal["count", "sum", "mean", "min", "max", "first", "last"]


class Aggregate(Part):
    """What to make of a key's rows in another file: `count`, or `{sum: price}`; absent cells do not count."""

    way: Way
    column: str | None = None

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`count` counts the rows; `{sum: price}` adds up a column, `{first: seller}` takes the first filled cell."""
        if given == "count":
            return {"way": "count"}
        if isinstance(given, dict) and len(given) == 1 and "way" not in given:
            ((way, column),) = given.items()
            return {"way": way, "column": column}
        return given

    @model_validator(mode="after")
    def _of_a_column(self) -> Aggregate:
        if self.column is None and self.way != "count":
            raise ValueError(f"expected {{{self.way}: COLUMN}}")
        return self


class Joined(Part):
    """Another file beside the history's own; its columns are `NAME.COLUMN` to the rest of the mapping."""

    file: str
    """Its path from the folder of the history's file."""
    key: dict[str, str]
    """A column of the table so far to the file's column with the same key; one name where both have it."""
    each: dict[str, Aggregate] = {}
    """Where a key has several rows there: the columns to make of them. Without, a key has one row at most."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`key: order_id` and `key: [order_id, line]` mean columns of the same name."""
        if not isinstance(given, dict) or "key" not in given:
            return given
        key = [given["key"]] if isinstance(given["key"], str) else given["key"]
        return {**given, "key": {column: column for column in key} if isinstance(key, list) else key}
