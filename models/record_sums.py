"""The sums of a track record: decayed ones, as `data.standing.TrackRecord` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Sums(NamedTuple):
    """What answers came to: see `data.standing.TrackRecord`."""

    answers: float = 0.0
    surplus: float = 0.0
    doubt: float = 0.0
    true: Mapping[str, float] = {}
    missed: Mapping[str, float] = {}


def added(sums: Sums, left: float, more: Sums, weight: float) -> Sums:
    """What is left of sums, and more by its weight."""
    return Sums(
        answers=sums.answers * left + more.answers * weight,
        surplus=sums.surplus * left + more.surplus * weight,
        doubt=sums.doubt * left + more.doubt * weight,
        true=_by_label(sums.true, left, more.true, weight),
        missed=_by_label(sums.missed, left, more.missed, weight),
    )


def _by_label(sums: Mapping[str, float], left: float, more: Mapping[str, float], weight: float) -> dict[str, float]:
    found = {label: value * left for label, value in sums.items()}
    for label, value in more.items():
        found[label] = found.get(label, 0.0) + value * weight
    return found
