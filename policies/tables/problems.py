"""What is wrong with a policy file: every problem at once, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

_SHOWN = 60
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a policy something stands; what is not known is left out of the text."""

    file: str
    line: int | None = None
    table: str | None = None
    row: str | None = None
    column: str | None = None

    def at(
        self, *, line: int | None = None, table: str | None = None, row: str | None = None, column: str | None = None
    ) -> Place:
        """A narrower place inside this one."""
        return replace(
            self,
            line=line or self.line,
            table=table or self.table,
            row=row or self.row,
            column=column or self.column,
        )

    def __str__(self) -> str:
        named = (("table", self.table), ("row", self.row), ("column", self.column))
        start = self.file if self.line is None else f"{self.file}:{self.line}"
        return ", ".join([start, *(f"{kind} {name}" for kind, name in named if name)])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and what came, what was expected and what to do."""

    place: Place
    says: str

    def __str__(self) -> str:
        return f"{self.place}: {self.says}"


class PolicyError(ValueError):
    """A policy that cannot be used; `problems` lists everything found, not only the first thing."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects what is wrong while a file is read, so that its author sees all of it at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: Place, says: str) -> None:
        """Note a problem; `says` tells what came, what was expected and what to do."""
        self.found.append(Problem(place, says))

    def raise_if_any(self) -> None:
        """Raise `PolicyError` with everything that was found, in the order of the file."""
        if self.found:
            raise PolicyError(sorted(self.found, key=lambda each: each.place.line or 0))


def shown(value: object) -> str:
    """What came, short enough for a message."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def listed(known: Iterable[str], came: object) -> str:
    """What could have stood there: every name where they are few, the closest where they are many."""
    names = list(known)
    if len(names) <= _LISTED:
        return ", ".join(names) or "none"
    close = get_close_matches(str(came), names, cutoff=0.0)
    return f"{', '.join(close)} and {len(names) - len(close)} more"
