"""Rows to learn from: numbers, truths and moments, in time order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True)
class Rows:
    """What is learned from, in time order: features float64[n, k], truth int64[n], seconds float64[n]."""

    features: Floats
    truth: Truth
    times: Floats
    categories: tuple[int, ...]
    """Columns that hold codes."""
    classes: int
    """The number of labels; 1 for a risk."""
    directions: Mapping[int, int] = field(default_factory=dict)
    """Columns of which more can only raise the risk (1), or only lower it (-1)."""
    seasonal: tuple[int, ...] = ()
    """Columns that tell the season."""
    background: tuple[int, ...] = ()
    """Columns that tell how much goes on around a case."""
    beyond: tuple[int, ...] = ()
    """Columns that tell of other cases than the row's; `background` is among them."""
    selection: Floats | None = None
    """What each row counts for because of why its outcome is known, float64[n]; None where all count alike."""

    def upto(self, end: int) -> Rows:
        """The rows before a position."""
        return self.at(slice(0, end))

    def at(self, which: slice | NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        selection = None if self.selection is None else self.selection[which]
        return replace(
            self,
            features=self.features[which],
            truth=self.truth[which],
            times=self.times[which],
            selection=selection,
        )
