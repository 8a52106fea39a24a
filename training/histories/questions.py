"""Cases as questions about shelves: what `POST /v1/stockout-risks` takes, each shelf with its own attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from data.case import Case
from data.record import canonical, plain
from training.errors import HistoryError

MOST_POSITIONS = 50
"""Shelves of one question, as the service takes them."""
SHARED = ("region", "channel", "currency", "node", "workflow")
"""What the shelves of a question share."""

Question = dict[str, Any]


def questions(cases: Iterable[Case]) -> Iterator[Question]:
    """The cases of one moment that share all else in one question, in the order they came.

    Raises:
        HistoryError: a case without a stock position.
    """
    for _, together in groupby(cases, key=lambda case: case.event.time):
        alike: dict[bytes, list[Question]] = {}
        for case in together:
            told = plain(case)
            shared = {name: told[name] for name in SHARED if name in told}
            alike.setdefault(canonical({"as_of": told["event"]["time"], **shared}), []).append(_one(case, shared))
        for asked in alike.values():
            yield from _joined(asked)


def _one(case: Case, shared: Question) -> Question:
    """The question about a case's own shelf."""
    told = plain(case)
    if not case.stock:
        raise HistoryError(
            f"the case of event {case.event.id} has no stock position, so there is no shelf to ask about: map "
            "stock.0.sku and stock.0.node, or print the cases as they are, without --shelves"
        )
    position = {**told["stock"][0], **({"attributes": told["attributes"]} if told.get("attributes") else {})}
    return {"as_of": told["event"]["time"], **shared, "positions": [position]}


def _joined(asked: list[Question]) -> Iterator[Question]:
    left = iter(asked)
    while some := list(islice(left, MOST_POSITIONS)):
        yield {**some[0], "positions": [position for each in some for position in each["positions"]]}
