"""From the cases that wait, or were decided, to the list and its filter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from data.review import ReviewState
from data.vocabulary import Role
from serving.console import display
from serving.console.case_view import STATE_WORDS, at_stake, clock, moment, role_words, state_words
from serving.console.context import Choice, QueueRow
from serving.recommendations.schemas import QueueItem, QueuePage

ANY = ""
"""The choice that filters nothing."""

DECIDED_STATES = (
    ReviewState.APPROVED,
    ReviewState.OVERRIDDEN,
    ReviewState.REJECTED,
    ReviewState.SUPERSEDED,
    ReviewState.CLOSED,
    ReviewState.NOT_REQUIRED,
)
"""The states in which a case no longer waits, the ones people reached first."""


def queue_row(item: QueueItem, own: frozenset[Role], now: datetime) -> QueueRow:
    """One case of the list."""
    return QueueRow(
        id=item.recommendation_id,
        url=f"/console/cases/{item.recommendation_id}",
        clock=clock(item.promise_due_at, None, now),
        at_stake=at_stake(item.value_at_stake),
        type=display.words(item.predicted_type) if item.predicted_type else "type not known",
        probability="" if item.type_probability is None else display.percent(item.type_probability),
        says=display.sentence(item.says, item.action, item.value_at_stake.currency if item.value_at_stake else None),
        action=display.action_words(item.action) if item.action else "no action",
        roles=role_words(item.roles),
        yours=bool(own & set(item.roles)),
        node=item.node or "no node",
        age=display.ago(item.issued_at, now),
        state=state_words(item.state, item.superseded_by, item.held_until),
        decided_by=item.decided_by or "",
        decided_at=moment(item.decided_at, None) if item.decided_at else None,
    )


def role_choices(roles: Iterable[Role], chosen: str) -> tuple[Choice, ...]:
    """The roles the queue can be filtered by."""
    named = (Choice(role.value, display.words(role), role.value == chosen) for role in sorted(roles))
    return (Choice(ANY, "anybody", chosen == ANY), *named)


def state_choices(chosen: ReviewState) -> tuple[Choice, ...]:
    """The states the decided can be listed by."""
    return tuple(Choice(each.value, STATE_WORDS[each], each is chosen) for each in DECIDED_STATES)


def waiting_words(page: QueuePage, rows: Iterable[QueueRow]) -> str:
    """How many cases wait, and how pressing those listed are."""
    bands = [row.clock.band for row in rows]
    late, soon = bands.count("late"), bands.count("soon")
    parts = [f"{_cases(page.total)} {'waits' if page.total == 1 else 'wait'}"]
    parts += [f"{late} past the promise"] if late else []
    parts += [f"{soon} within the hour"] if soon else []
    parts += [f"the {len(bands)} most urgent are listed"] if len(bands) + page.altered < page.total else []
    return " · ".join([*parts, *_altered_words(page)])


def decided_words(page: QueuePage) -> str:
    """How many cases were decided so."""
    whole = len(page.items) + page.altered == page.total
    listed = "the latest first" if whole else f"the {len(page.items)} latest are listed"
    return " · ".join([_cases(page.total), listed, *_altered_words(page)])


def _altered_words(page: QueuePage) -> list[str]:
    """That cases are missing from the list, and who says which."""
    if not page.altered:
        return []
    return [f"{_cases(page.altered)} cannot be shown: the record was altered, see fairlead doctor"]


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"
