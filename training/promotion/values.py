"""Whether the challenger was told of the events what the champion was told of them, attribute by attribute.

How values are spread tells nothing of columns that are spread alike, and no score tells a column that was rewritten a
little after the fact from one that became better. Laid side by side both are seen one by one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from training.promotion.sides import Pair

FEWEST = 100
"""Events of which both were told a value, below which nothing is said."""
ALLOWED = 0.02
"""Share of the values that corrections of the books change between two trainings."""
ERRORS = 3.0
"""Standard errors above the allowed share from which a column counts as rewritten."""


@dataclass(frozen=True)
class Rewritten:
    """An attribute of which the challenger was told other values, and of how many events."""

    name: str
    differ: int
    common: int

    def __str__(self) -> str:
        return f"{self.name} in {self.differ:,} of {self.common:,} events"


def rewritten(pair: Pair) -> tuple[list[Rewritten], int]:
    """The attributes that were rewritten, the worst first, and how many could be compared."""
    theirs, its = pair.champion.model.values, pair.challenger.model.values
    laid = [_laid(name, theirs[name], its[name]) for name in sorted(theirs.keys() & its.keys())]
    compared = [each for each in laid if each.common >= FEWEST]
    found = [each for each in compared if each.differ > _most(each.common)]
    return sorted(found, key=lambda each: (-each.differ / each.common, each.name)), len(compared)


def _laid(name: str, theirs: Mapping[str, str], its: Mapping[str, str]) -> Rewritten:
    common = theirs.keys() & its.keys()
    return Rewritten(name, sum(theirs[event] != its[event] for event in common), len(common))


def _most(common: int) -> float:
    """As many as corrections and chance explain."""
    expected = common * ALLOWED
    return expected + ERRORS * math.sqrt(expected * (1 - ALLOWED))
