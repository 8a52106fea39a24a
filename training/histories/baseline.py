"""The rules as a baseline with probabilities: the rates behind each rule on the window the model learned from.

A comparison with the rules' own guesses would flatter the model. So each row of the fallback gets the rates seen where
it fired; a row that fired seldom is shrunk to the rates over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

SHRINKAGE = 20.0
"""Cases' worth of the overall rates that each row starts from."""

NO_RULE = "(no rule)"
"""Stands for the cases in which no row fires."""


@dataclass(frozen=True)
class RuleRates:
    """Probabilities float64[k] by rule row, and overall; k is 1 for a risk, else the number of labels."""

    base: Floats
    rows: dict[str, Floats]

    def probabilities(self, fired: Sequence[str]) -> Floats:
        """float64[n, k]: the rates of the row that fired, of all cases where that row is new."""
        return np.array([self.rows.get(row, self.base) for row in fired]).reshape(len(fired), len(self.base))

    def base_probabilities(self, n: int) -> Floats:
        """float64[n, k]: the rates over all, for every case."""
        return np.tile(self.base, (n, 1))

    def to_json(self) -> dict[str, Any]:
        """Plain values, exact to the bit."""
        return {"base": self.base.tolist(), "rows": {row: rates.tolist() for row, rates in sorted(self.rows.items())}}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> RuleRates:
        """What `to_json` gave."""
        rows = {row: np.array(rates, np.float64) for row, rates in content["rows"].items()}
        return cls(np.array(content["base"], np.float64), rows)


def fit_rules(fired: Sequence[str], truth: Truth, classes: int, weight: Floats | None = None) -> RuleRates:
    """The rates behind each row: `fired` names the row of each case, `truth` int64[n] its label or event."""
    weight = np.ones(len(truth)) if weight is None else weight
    base = _rates(truth, weight, classes, np.full(_width(classes), 1.0 / max(classes, 2)), 1.0)
    names = np.array(fired)
    rows = {
        str(row): _rates(truth[names == row], weight[names == row], classes, base, SHRINKAGE)
        for row in np.unique(names)
    }
    return RuleRates(base, rows)


def _width(classes: int) -> int:
    return max(classes, 1)


def _rates(truth: Truth, weight: Floats, classes: int, prior: Floats, strength: float) -> Floats:
    seen = np.bincount(truth, weights=weight, minlength=max(classes, 2))
    events = seen[1:2] if classes <= 1 else seen
    return np.asarray((events + strength * prior) / (weight.sum() + strength), np.float64)
