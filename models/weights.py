"""Cases that count for different amounts, as outcomes do that are known of some cases rather than of others.

Without weights all count alike, and every number is what it is without this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mean(values: NDArray[Any], weight: Floats | None = None) -> float:
    """The mean of values[n], each counting for its weight."""
    return float(values.mean() if weight is None else np.average(values, weights=weight))


def effective(weight: Floats) -> float:
    """As how many cases of equal weight these count (Kish); 0 of none."""
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def part(weight: Floats | None, which: NDArray[Any]) -> Floats | None:
    """The weights of some of the cases, where there are any."""
    return None if weight is None else weight[which]
