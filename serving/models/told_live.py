"""How many of the cases that come in tell what a challenger newly goes by: what is written later comes too late.

A column is full in a history whenever it was filled in. Live, a case tells what is known when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from data.case import Case
from data.promotion import ToldLive
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import feature_set
from serving.errors import RecordAltered
from serving.store import decisions, documents

LATEST = 200
"""Cases looked at: the newest."""
MESSAGE = "message"
_ATTRIBUTE = "attribute."


def told_live(connection: Connection, names: Iterable[str]) -> tuple[ToldLive, ...]:
    """Of each name (an attribute, a fact, `message`), how many of the newest cases tell it; no altered case counts."""
    cases = [*_newest(connection)]
    return tuple(
        ToldLive(name=name, told=sum(_tells(case, name) for case in cases), cases=len(cases)) for name in names
    )


def _newest(connection: Connection) -> Iterator[Case]:
    for decision in decisions.latest(connection, LATEST):
        try:
            yield Case.model_validate_json(documents.get(connection, decision.input))
        except (RecordAltered, ValueError):
            continue


def _tells(case: Case, name: str) -> bool:
    if name == MESSAGE:
        return case.message is not None
    if name.removeprefix(_ATTRIBUTE) in case.attributes:
        return True
    fact = _FACTS.get(name)
    return fact is not None and fact.of(case, Standing(as_of=case.event.time)) is not None


_FACTS = {
    each.name: each
    for task in (Task.SLA_BREACH, Task.STOCKOUT)
    for each in feature_set(task, AttributeSchema()).facts
    if each.known == "event"
}
