"""From the cases that wait, or were decided, to the rows of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.vocabulary import Role
from serving.console import display
from serving.console.case_view import STATE_WORDS, at_stake, clock, role_words
from serving.console.context import Choice, QueueRow
from serving.recommendations.schemas import QueueItem

BANDS = {"late": "already broken", "soon": "break within the hour", "later": "break later", "none": "without a promise"}


@dataclass(frozen=True)
class Filters:
    """Which cases to list: a role that must agree, how close the promise is; empty means any."""

    role: str = ""
    band: str = ""

    @property
    def any(self) -> bool:
        """Whether something is filtered."""
        return bool(self.role or self.band)

    def keeps(self, row: QueueRow) -> bool:
        """Whether the list shows the row."""
        wanted = display.words(self.role) if self.role else ""
        return (not wanted or wanted in row.roles) and (not self.band or row.clock.band == self.band)


def queue_row(item: QueueItem, own: frozenset[Role], now: datetime) -> QueueRow:
    """One case of the list."""
    return QueueRow(
        id=item.recommendation_id,
        url=f"/console/cases/{item.recommendation_id}",
        clock=clock(item.promise_due_at, None, now),
        at_stake=at_stake(item.value_at_stake),
        type=display.words(item.predicted_type) if item.predicted_type else "type not known",
        probability="" if item.type_probability is None else display.percent(item.type_probability),
        says=display.heading(item.says),
        action=display.action_words(item.action) if item.action else "no action",
        roles=role_words(item.roles),
        yours=bool(own & set(item.roles)),
        node=item.node or "no node",
        age=display.ago(item.issued_at, now),
        state=STATE_WORDS[item.state],
    )


def role_choices(roles: Iterable[Role], chosen: str) -> tuple[Choice, ...]:
    """The roles a list can be filtered by."""
    every = Choice("", "any role", not chosen)
    return (every, *(Choice(role, display.words(role), role == chosen) for role in sorted(roles)))


def band_choices(chosen: str) -> tuple[Choice, ...]:
    """How close the promise is, to filter by."""
    return (Choice("", "any promise", not chosen), *(Choice(key, text, key == chosen) for key, text in BANDS.items()))


def summary(rows: Sequence[QueueRow], decided: bool) -> str:
    """How many cases the list has, in words."""
    count = len(rows)
    cases = "1 case" if count == 1 else f"{count} cases"
    if decided:
        return f"{cases}, the latest first"
    late = sum(row.clock.band == "late" for row in rows)
    soon = sum(row.clock.band == "soon" for row in rows)
    parts = [f"{cases} {'waits' if count == 1 else 'wait'}"]
    parts += [f"{late} past the promise"] if late else []
    parts += [f"{soon} within the hour"] if soon else []
    return " · ".join(parts)
