"""The season: read where a history tells of each at least twice, since in a shorter one a month is a date."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.attributes import AttributeSchema
from features.calendar import local_time
from features.definition import Feature, Value, feature

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@feature(Unit.LABEL, "it is {value}", levels=MONTHS)
def month_of_year(case: Case, standing: Standing) -> Value:
    """The month."""
    return float(local_time(case).month - 1)


def seasonal(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history tells of every season twice; none of another."""
    return (month_of_year,) if attributes.seasons else ()


def months(attributes: AttributeSchema) -> frozenset[str]:
    """The features that tell a month, of the case or of an instant of its own: later cases always have others."""
    own = (f"attribute.{name}" for name, wording in attributes.wordings.items() if wording.part == "month")
    return frozenset((month_of_year.name, *own))
