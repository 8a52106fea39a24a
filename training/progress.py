"""How far the work is, told to whoever waits: to a terminal's error stream, or to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Hears of steps, and of items as they pass."""

    def step(self, says: str) -> None:
        """The next step begins."""
        ...

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items, counted as they pass."""
        ...


class Silent:
    """Tells nobody."""

    def step(self, says: str) -> None:
        """Nothing is said."""

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items as they are."""
        yield from items
