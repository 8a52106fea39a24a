"""The retailer's own attributes of each shelf: what its position tells, and of the question what it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from data.case import AttributeName, AttributeValue, Case
from serving.errors import Fault, InvalidRequest
from serving.stockouts.schemas import MOST_ATTRIBUTES, AskedPosition, StockoutQuestion

Attributes = dict[AttributeName, AttributeValue]

TOO_MANY = f"at most {MOST_ATTRIBUTES} attributes, counted with those of the question"


def attributes_of(question: StockoutQuestion, position: AskedPosition) -> Attributes:
    """What is told of one shelf. A position that tells null says that nothing is known, whatever the question tells."""
    return {**question.attributes, **position.attributes}


def refuse_too_many(question: StockoutQuestion) -> None:
    """Refuse a shelf that would have more attributes than a case may. Raises InvalidRequest."""
    faults = [
        Fault(f"/positions/{index}/attributes", TOO_MANY)
        for index, position in enumerate(question.positions)
        if len(attributes_of(question, position)) > MOST_ATTRIBUTES
    ]
    if faults:
        raise InvalidRequest("See `errors` for the shelves of which too much is told.", faults=faults)


def unused_of(
    cases: Iterable[Case], unused: Callable[[Mapping[str, AttributeValue]], Iterable[str]]
) -> tuple[str, ...]:
    """The attributes that no model reads, or cannot read, in any of the shelves."""
    return tuple(sorted({name for case in cases for name in unused(case.attributes)}))
