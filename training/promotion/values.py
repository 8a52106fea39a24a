"""Whether the challenger was told of the events what the champion was told of them, column by column.

How values are spread tells nothing of columns that are spread alike, and no score tells a column that was rewritten a
little after the fact from one that became better. Laid side by side both are seen one by one.

Facts are computed from a case, perhaps otherwise by another Fairlead or under another policy: whoever asks says so
then, as of a mapping that was mended. But none of them comes to hold what another one held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from features.definition import plain_name
from models.taught_values import Values
from training.promotion.kindred import ATTRIBUTE
from training.promotion.sides import Pair

FEWEST = 100
"""Events of which both were told a value, below which nothing is said."""
ALLOWED = 0.02
"""Share of the values that corrections of the books change between two trainings."""
ERRORS = 3.0
"""Standard errors above the allowed share from which a column counts as rewritten."""
TAKEN = 0.5
"""Share of the events in which a column holds what another one held, from which the two were exchanged."""


@dataclass(frozen=True)
class Rewritten:
    """A column of which the challenger was told other values, and of how many events.

    `held` is the column that held these values before and holds this one's now, None where none does.
    """

    name: str
    differ: int
    common: int
    held: str | None = None

    @property
    def short(self) -> str:
        """As whoever asks calls it."""
        return _short(self.name)

    @property
    def words(self) -> str:
        """As whoever agrees reads it."""
        return f"{plain_name(self.name)} in {self._events}"

    @property
    def _events(self) -> str:
        return f"{self.differ:,} of {self.common:,} events"

    def __str__(self) -> str:
        says = f"{self.short} in {self._events}"
        return f"{says} holds what {_short(self.held)} held" if self.held else says


def rewritten(pair: Pair) -> tuple[list[Rewritten], int]:
    """The columns that were rewritten, the worst first, and how many could be compared."""
    theirs, its = pair.champion.model.values, pair.challenger.model.values
    laid = [_laid(name, theirs[name], its[name]) for name in sorted(theirs.keys() & its.keys())]
    compared = [each for each in laid if each.common >= FEWEST]
    found = [_with_held(each, theirs, its) for each in compared if each.differ > _most(each.common)]
    return sorted(found, key=lambda each: (-each.differ / each.common, each.name)), len(compared)


def _laid(name: str, theirs: Mapping[str, str], its: Mapping[str, str]) -> Rewritten:
    common = theirs.keys() & its.keys()
    return Rewritten(name, sum(theirs[event] != its[event] for event in common), len(common))


def _with_held(found: Rewritten, theirs: Values, its: Values) -> Rewritten:
    others = sorted(theirs.keys() & its.keys() - {found.name})
    exchanged = (
        each for each in others if _took(found.name, each, theirs, its) and _took(each, found.name, theirs, its)
    )
    return Rewritten(found.name, found.differ, found.common, next(exchanged, None))


def _took(name: str, other: str, theirs: Values, its: Values) -> bool:
    """Whether a column tells the challenger what another one told the champion, wherever these two told it apart.

    One that is often nothing comes to be so by itself: only of two of which each took the other's place it tells.
    """
    own, now, before = theirs[name], its[name], theirs[other]
    apart = [event for event in own.keys() & now.keys() & before.keys() if own[event] != before[event]]
    return len(apart) >= FEWEST and sum(now[event] == before[event] for event in apart) > TAKEN * len(apart)


def _short(name: str) -> str:
    return name.removeprefix(ATTRIBUTE)


def _most(common: int) -> float:
    """As many as corrections and chance explain."""
    expected = common * ALLOWED
    return expected + ERRORS * math.sqrt(expected * (1 - ALLOWED))
