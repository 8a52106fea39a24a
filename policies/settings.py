"""The few numbers of a policy that are not rows of a table: currency, labour, review, thresholds, calendars."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from data.record import Currency
from data.vocabulary import Role
from policies.opening_hours import MINUTES_OF_A_DAY, WEEKDAYS, OpeningHours
from policies.tables.problems import Place, Problems
from policies.tables.source import Block

Share = Annotated[Decimal, Field(ge=0, le=1)]
Minutes = Annotated[Decimal, Field(ge=0, le=100_000)]
Positive = Annotated[Decimal, Field(gt=0)]

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class CurrencySettings(_Section):
    """`rates` are units of a currency per unit of the reference currency, in which every amount of the policy is."""

    reference: Currency
    rates_as_of: str
    rates: dict[Currency, Positive]

    @model_validator(mode="after")
    def _reference_is_one(self) -> CurrencySettings:
        if self.rates.get(self.reference) != 1:
            raise ValueError(f"the rate of the reference currency is 1: add {self.reference}: 1 to rates")
        return self


class ReviewSettings(_Section):
    """What asking a person costs, and what it is worth."""

    minutes: Minutes
    """Of a reviewer's work on one case."""
    labour: str
    wait_minutes: Minutes
    """From the question to the answer."""
    finds: Share
    """How often a reviewer notices that the cause is another one."""
    role: Role
    """Who is asked where it is only a matter of money."""
    answer_within_minutes: Minutes


class Thresholds(_Section):
    """Where a prediction stops being one."""

    unrecognised_below: Share
    """An exception type less likely than this is `unrecognised`."""


class ConformalSettings(_Section):
    """How often a conformal set may miss the truth of the cases of a class and region."""

    error_rate: Annotated[Decimal, Field(ge=Decimal("0.005"), le=Decimal("0.5"))]


class DriftSettings(_Section):
    """When a model that has become worse is worth an alarm."""

    alarm_from: Annotated[Decimal, Field(ge=0)]
    """Of expected loss per 1,000 cases, in the reference currency."""


class TimeSettings(_Section):
    """How long an answer is valid, and how much of the time left an action may take without danger."""

    valid_minutes: Annotated[Decimal, Field(gt=0, le=100_000)]
    slack: Share
    """An action that takes at most this share of the time left has its full effect; one that takes all has none."""
    stockout_horizon: Annotated[str, Field(pattern=r"^P[1-9][0-9]?D$")]
    """The ISO 8601 duration the stock-out rules speak of."""


class Settings(_Section):
    """The head of a policy: the file `policy.yaml`."""

    policy: str
    version: str
    currency: CurrencySettings
    labour: dict[str, Annotated[Decimal, Field(ge=0)]]
    """What an hour of work costs, by kind."""
    review: ReviewSettings
    thresholds: Thresholds
    conformal: ConformalSettings | None = None
    """Without it, answers carry no sets: policies of an earlier Fairlead have none."""
    drift: DriftSettings | None = None
    """Without it, any loss at all is an alarm."""
    time: TimeSettings
    calendars: dict[str, OpeningHours]

    @field_validator("version", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("calendars", mode="before")
    @classmethod
    def _calendars(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected name: {monday: 09:00-20:00, …}: write it so")
        return {name: _opening_hours(name, days) for name, days in value.items()}

    @model_validator(mode="after")
    def _labour_is_known(self) -> Settings:
        if self.review.labour not in self.labour:
            raise ValueError(
                f"review.labour is one of {', '.join(self.labour)}, got {self.review.labour!r}: correct it"
            )
        return self


def _opening_hours(name: str, days: Any) -> OpeningHours:
    if not isinstance(days, dict) or not days:
        raise ValueError(f"{name}: expected a weekday with its hours: a calendar that never opens keeps no promise")
    return OpeningHours({_weekday(name, day): _span(name, hours) for day, hours in days.items()})


def _weekday(name: str, day: Any) -> int:
    if day not in WEEKDAYS:
        raise ValueError(f"{name}: expected one of {', '.join(WEEKDAYS)}, got {day!r}: correct it")
    return WEEKDAYS.index(day)


def _span(name: str, hours: Any) -> tuple[int, int]:
    match = _HOURS.fullmatch(hours) if isinstance(hours, str) else None
    if match is None:
        raise ValueError(f"{name}: expected hours such as 09:00-20:00, got {hours!r}: correct it")
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if not opens < closes <= MINUTES_OF_A_DAY:
        raise ValueError(f"{name}: {hours} closes before it opens or after 24:00: correct it")
    return opens, closes


def read_settings(documents: list[Any], file: str, problems: Problems) -> Settings | None:
    """The settings of a `policy.yaml`; a problem is added for each that is wrong."""
    if len(documents) != 1 or not isinstance(documents[0], Block):
        problems.add(Place(file), "expected one mapping with the settings: write policy: name, version: … and the rest")
        return None
    block = documents[0]
    try:
        return Settings.model_validate(block)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            _add(each["loc"], each["msg"], block, file, problems)
        return None


def _add(location: tuple[int | str, ...], message: str, block: Block, file: str, problems: Problems) -> None:
    line, inner = block.line, block
    for key in location:
        if not isinstance(inner, Block) or str(key) not in inner:
            break
        line, inner = inner.line_of(str(key)), inner[str(key)]
    path = ".".join(map(str, location)) or "settings"
    problems.add(Place(file, line), f"{path}: {message.removeprefix('Value error, ')}")
