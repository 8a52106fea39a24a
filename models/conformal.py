"""Conformal sets: the labels that cannot be ruled out at an error rate, per class and region.

Mondrian (label-conditional) conformal prediction (Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World",
2005): a label stays in the set unless the probability given to it is among the lowest that cases of that very label
got on later days. Where days are exchangeable, the truth is then missed in at most the error rate of the cases of
each label and region. A set may hold several labels, or none: no label is usual for such a case.

A cell keeps, for a grid of error rates, the least probability that leaves a label in the set; training fits it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATES = tuple(step / 200 for step in range(1, 101))
"""The error rates a cell can answer for: 0.5 % to 50 %."""
DECIMALS = 9
"""Probabilities are compared as they are served."""
NO_AND_YES = ("no", "yes")
"""The labels of a risk's set."""


class InvalidConformalError(ValueError):
    """The numbers do not describe conformal sets; the message says which and why."""


@dataclass(frozen=True)
class Cell:
    """The cases of a label and a region: how many, and the least probability at each of `RATES`.

    Without a region all of the label, without a label all cases.

    Raises:
        InvalidConformalError: unless `least` never falls and holds a probability for each rate.
    """

    label: str | None
    region: str | None
    n: int
    least: tuple[float, ...]

    def __post_init__(self) -> None:
        where = f"the cell of {self.label or 'all labels'}, {self.region or 'all regions'}"
        if len(self.least) != len(RATES):
            raise InvalidConformalError(f"{where} has {len(self.least)} thresholds; expected {len(RATES)}")
        if not all(math.isfinite(each) and 0.0 <= each <= 1.0 for each in self.least):
            raise InvalidConformalError(f"{where} holds a threshold that is no probability")
        if list(self.least) != sorted(self.least):
            raise InvalidConformalError(f"{where} has thresholds that fall; expected them to rise with the rate")

    def stays(self, probabilities: NDArray[np.float64], error_rate: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether a label of each probability stays in the set at an error rate, one for all or one for each."""
        at = np.searchsorted(np.array(self.least), np.round(probabilities, DECIMALS), side="right")
        return np.asarray(np.array([*RATES, 1.0])[at] > error_rate)

    def leaves_at(self, probability: float) -> float:
        """The least error rate of `RATES` at which a label of this probability leaves the set; 1 where none does."""
        at = bisect_right(self.least, round(probability, DECIMALS))
        return RATES[at] if at < len(RATES) else 1.0


@dataclass(frozen=True)
class ConformalSets:
    """The cells of one task's labels (`no` and `yes` of a risk); one for all cases is always there.

    Raises:
        InvalidConformalError: two cells of one label and region, or none for all cases.
    """

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if len(self._by_place) != len(self.cells):
            raise InvalidConformalError("two cells speak of the same label and region; expected one")
        if (None, None) not in self._by_place:
            raise InvalidConformalError("no cell speaks of all cases; expected one without label and region")

    @cached_property
    def _by_place(self) -> dict[tuple[str | None, str | None], Cell]:
        return {(each.label, each.region): each for each in self.cells}

    def cell(self, label: str, region: str | None) -> Cell:
        """The label's cell in the region; where there is none, the label's; else the one of all cases."""
        places = ((label, region), (label, None), (None, None))
        return next(self._by_place[place] for place in places if place in self._by_place)

    def leaves_at(self, probabilities: Mapping[str, float], region: str | None) -> dict[str, float]:
        """Per label, the least error rate at which it leaves the set."""
        return {label: self.cell(label, region).leaves_at(p) for label, p in probabilities.items()}

    def to_json(self) -> dict[str, Any]:
        """The cells as a JSON object."""
        cells = [{"label": c.label, "region": c.region, "n": c.n, "least": list(c.least)} for c in self.cells]
        return {"kind": "conformal", "rates": list(RATES), "cells": cells}

    @classmethod
    def from_json(cls, document: object) -> ConformalSets:
        """What `to_json` wrote. Raises InvalidConformalError for anything else."""
        fields = document if isinstance(document, Mapping) else {}
        if fields.get("kind") != "conformal" or fields.get("rates") != list(RATES):
            raise InvalidConformalError("not conformal sets of this version's error rates: retrain the task")
        try:
            return cls(tuple(Cell(c["label"], c["region"], int(c["n"]), tuple(c["least"])) for c in fields["cells"]))
        except (KeyError, TypeError) as error:
            raise InvalidConformalError(f"a cell cannot be read: {type(error).__name__}: {error}") from None


def members(leaves_at: Mapping[str, float], error_rate: float) -> tuple[str, ...]:
    """The labels that stay in the set at an error rate, in the order given."""
    return tuple(label for label, rate in leaves_at.items() if rate > error_rate)


def with_no(probabilities: Mapping[str, float]) -> dict[str, float]:
    """A risk's single probability as those of `no` and `yes`; the labels of a label task as they are."""
    if set(probabilities) != {"yes"}:
        return dict(probabilities)
    return {"no": round(1.0 - probabilities["yes"], DECIMALS), "yes": probabilities["yes"]}


def set_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """What a task's sets are made of: its labels, or `no` and `yes` where it has none."""
    return tuple(labels) or NO_AND_YES
