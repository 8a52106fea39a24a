"""A cell that is not what the mapping says: what was expected, what came, and what to write in the mapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from training.tables.problems import shown


class CellError(ValueError):
    """What was expected of a cell, and what to do where the cell is right."""

    def __init__(self, expected: str, remedy: Callable[[], str] | None = None) -> None:
        super().__init__(expected)
        self._remedy = remedy

    def told(self, cell: Any) -> str:
        """The whole of it, given what came."""
        # Most are never told, and to find a remedy takes a while.
        return f"{self}, got {shown(cell)}" + (f"; {self._remedy()}" if self._remedy else "")


class PointError(CellError):
    """A point in a number whose decimal sign is a comma: it may stand between thousands, and read over it is a thousand
    times wrong.
    """


def row_name(number: int) -> str:
    """A row by its number, with what the number counts: editors count the header too."""
    return f"row {number} of the data (the header is not counted)"
