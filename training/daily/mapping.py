"""A daily mapping: which columns of a table of node, article and day tell what, and what is asked of the next day.

Every row is a question about its own day, asked as the day begins: what the rows before it tell is known, and of its
own row only what is named under `ahead`. Nothing else of the row can reach the model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from data.case import AttributeName
from data.record import digest_of
from features.wording import Called, Wording
from training.tables.part import Encoding, Part

DAILY_SCHEMA: Literal["fairlead/daily-mapping/1"] = "fairlead/daily-mapping/1"


class Cells(Part):
    """Numbers of a column; of a column of bits, how many from one to before another are set."""

    column: str
    bits: tuple[Annotated[int, Field(ge=0, le=62)], Annotated[int, Field(ge=1, le=63)]] | None = Field(
        None, strict=False
    )
    """The first bit that counts, and the first that no longer does: hours of a day, say."""

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`sold: sales` means `{column: sales}`."""
        return {"column": given} if isinstance(given, str) else given


class Condition(Cells):
    """What must hold for a number: exactly one of `at_least`, `at_most` and `equals`."""

    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Condition:
        if sum(each is not None for each in (self.at_least, self.at_most, self.equals)) != 1:
            raise ValueError("expected exactly one of at_least, at_most and equals")
        return self


class ShelfWord(Part):
    """A category of a node and article, and what people call it, in the singular and without an article."""

    column: str
    called: Called | None = None

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """`manager: management_group_id` means `{column: management_group_id}`."""
        return {"column": given} if isinstance(given, str) else given

    @model_serializer(mode="wrap")
    def _as_before(self, whole: SerializerFunctionWrapHandler) -> Any:
        # A column by itself is written as it always was, which a mapping's digest counts on.
        return self.column if self.called is None else whole(self)


def _list(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


Fact = Literal["promotion", "holiday", "price_share"]


class Told(Part):
    """What a row tells of its own day, known when the day has ended; each is optional but for `sold`."""

    sold: Cells
    sold_by_part: tuple[Cells, ...] = Field((), max_length=6, strict=False)
    stockout_hours: Cells | None = None
    stockout_by_part: tuple[Cells, ...] = Field((), max_length=6, strict=False)
    late_hours: Cells | None = None
    promotion: Cells | None = None
    holiday: Cells | None = None
    price_share: Cells | None = None


class DailyMapping(Part):
    """A checked daily mapping."""

    schema_: Literal["fairlead/daily-mapping/1"] = Field(alias="schema")
    says: str = ""
    source: str = "shelf-plan"
    """Who asks: the source of the events."""
    query: str | None = None
    """What to read, where the table lies in a database."""
    encoding: Encoding | None = None
    """How the characters of a file of text are written; UTF-8 without."""
    day: str
    """The column of the calendar day."""
    node: str
    sku: str
    region: str | None = None
    category: str | None = None
    attributes: dict[AttributeName, ShelfWord] = {}
    """The retailer's own categories of a node and article, from columns that do not change over the days."""
    told: Told
    ahead: Annotated[tuple[Fact, ...], BeforeValidator(_list)] = Field((), strict=False)
    """Which facts of a day are known before it begins."""
    asked_if: Condition | None = None
    """What must hold of the day before (in stock at closing, say); else the question is not asked and has no answer."""
    ran_empty: Condition
    """When the day counts as one on which the shelf ran empty."""

    @property
    def digest(self) -> str:
        """The digest of the checked content; comments do not change it."""
        return digest_of(self.model_dump(mode="json", by_alias=True))

    @model_serializer(mode="wrap")
    def _as_before(self, whole: SerializerFunctionWrapHandler) -> Any:
        # A mapping of a file is written as it always was, which its digest counts on.
        return {key: told for key, told in whole(self).items() if told is not None or key not in ("query", "encoding")}

    @model_validator(mode="after")
    def _ahead_is_told(self) -> DailyMapping:
        for name in self.ahead:
            if getattr(self.told, name) is None:
                raise ValueError(f"ahead names {name}, which told does not; name its column there")
        return self

    @property
    def wordings(self) -> dict[str, Wording]:
        """How people name the attributes, where the mapping says so."""
        return {name: Wording(called=word.called) for name, word in self.attributes.items() if word.called}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys([*self.words.values(), *(cells.column for cells in self.numbers.values())]))

    @property
    def words(self) -> dict[str, str]:
        """The columns of a shelf's words and of its days, by key."""
        named = {name: getattr(self, name) for name in ("day", "node", "sku", "region", "category")}
        named |= {f"attributes.{name}": word.column for name, word in self.attributes.items()}
        return {key: column for key, column in named.items() if column is not None}

    @property
    def numbers(self) -> dict[str, Cells]:
        """The sources of numbers by key: `told.sold`, `told.sold_by_part.0`, `asked_if`."""
        found = {
            key: cells
            for name in type(self.told).model_fields
            for key, cells in _keyed(f"told.{name}", getattr(self.told, name))
        }
        conditions = {"asked_if": self.asked_if, "ran_empty": self.ran_empty}
        return found | {key: each for key, each in conditions.items() if each is not None}


def _keyed(key: str, given: Cells | tuple[Cells, ...] | None) -> list[tuple[str, Cells]]:
    if isinstance(given, tuple):
        return [(f"{key}.{place}", each) for place, each in enumerate(given)]
    return [] if given is None else [(key, given)]
