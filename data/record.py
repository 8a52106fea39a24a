"""What every record shares: strictness, immutability, canonical bytes, digests, and facts that say their unit."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.config import JsonDict

from data.canonical_json import dumps

LARGEST_EXACT_INTEGER = 2**53 - 1
"""RFC 8785 (after I-JSON, RFC 7493): beyond this an integer is not the same number in every reader."""


class Unit(StrEnum):
    """What a fact is measured in."""

    MINUTE = "min"
    HOUR = "h"
    DAY = "d"
    EACH = "each"
    RATIO = "ratio"
    MONEY = "money"
    INSTANT = "instant"
    DATE = "date"
    IDENTIFIER = "identifier"
    LABEL = "label"
    TEXT = "text"
    FLAG = "flag"
    SCORE = "score"


class Record(BaseModel):
    """An immutable, strict value: unknown fields, coercions, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def fact(unit: Unit, says: str, *, personal: bool = False, default: Any = None, **limits: Any) -> Any:
    """Declare a field of a case: its unit, a sentence for people, and whether it tells of a person.

    A fact is optional unless `default` is `...`; `limits` are pydantic's (`ge`, `le`, `max_length`, ...).
    """
    marks: JsonDict = {"x-unit": unit.value, "x-personal": personal}
    return Field(default, description=says, json_schema_extra=marks, **limits)


def _written(value: Any) -> Any:
    # Read here: pydantic takes a string of digits for seconds since 1970, so "20261123" would be a day in that year.
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("an instant is written as RFC 3339 has it: 2026-11-23T06:40:12Z") from None


def _in_utc(instant: datetime) -> datetime:
    try:
        return to_milliseconds(instant.astimezone(UTC))
    except OverflowError:
        raise ValueError("the instant falls outside the years 1 to 9999 in UTC") from None


def to_milliseconds(instant: datetime) -> datetime:
    """The instant as it is written: finer parts are dropped, so a value read back is the value that was used."""
    finer = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - finer) if finer else instant


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds where there are any: `2026-11-23T06:40:12.114Z`."""
    precision = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def money_text(amount: Decimal) -> str:
    """An amount with two decimals at least, as ISO 4217 currencies are written: `240.00`."""
    exponent = amount.as_tuple().exponent
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount:.{digits}f}"


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_in_utc),
    PlainSerializer(instant_text, when_used="json", return_type=str),
]
"""A moment in UTC, in whole milliseconds. An offset is required on the way in and turned into UTC."""

Money = Annotated[
    Decimal, Field(max_digits=15, decimal_places=4), PlainSerializer(money_text, when_used="json", return_type=str)
]
"""An amount in the case's currency, written as a decimal string."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]
"""A name some system gave; GS1 Digital Link URIs and local ids both fit."""

Count = Annotated[int, Field(ge=0, le=10_000_000)]
"""How many."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Amount(Record):
    """Money with its currency."""

    amount: Money
    currency: Currency


def plain(record: BaseModel) -> dict[str, Any]:
    """The record as JSON values under their published names; absent facts are left out."""
    return record.model_dump(mode="json", exclude_none=True, by_alias=True)


def canonical(value: BaseModel | Any) -> bytes:
    """Canonical JSON (RFC 8785): the bytes every digest is taken over."""
    return dumps(plain(value) if isinstance(value, BaseModel) else value)


def digest_of(value: BaseModel | bytes | Any) -> str:
    """`sha256:` and the hex digest of the canonical bytes (of the bytes themselves where bytes are given)."""
    content = value if isinstance(value, bytes) else canonical(value)
    return "sha256:" + hashlib.sha256(content).hexdigest()
