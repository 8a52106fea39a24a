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
    missed: Mapping[str, tuple[float, ...]] = {}
    """At each of `models.heeded_sets.AIMS`."""


def added(sums: Sums, left: float, more: Sums, weight: float) -> Sums:
    """What is left of sums, and more by its weight."""
    true, missed = {**sums.true, **more.true}, {**sums.missed, **more.missed}
    return Sums(
        answers=sums.answers * left + more.answers * weight,
        surplus=sums.surplus * left + more.surplus * weight,
        doubt=sums.doubt * left + more.doubt * weight,
        true={each: sums.true.get(each, 0.0) * left + more.true.get(each, 0.0) * weight for each in true},
        missed={each: _each(sums.missed.get(each), left, more.missed.get(each), weight) for each in missed},
    )


def _each(
    counts: tuple[float, ...] | None, left: float, more: tuple[float, ...] | None, weight: float
) -> tuple[float, ...]:
    if counts is None:
        return tuple(each * weight for each in more or ())
    if more is None:
        return tuple(each * left for each in counts)
    return tuple(each * left + another * weight for each, another in zip(counts, more, strict=True))
