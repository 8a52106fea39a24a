"""What a model was trained on, in a few numbers per feature: enough to tell later whether cases look different.

A number is kept as the edges of bins that were about equally filled and the share in each, a category or flag as the
shares of its commonest levels; a missing value has a place of its own. About thirty numbers a feature, no cases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.performance import Performance
from models.weights import effective, part

Floats = NDArray[np.float64]

PROFILE_BINS = 15
"""About equally filled bins into which a profile divides the values of a number."""
MOST_LEVELS = 24
PREDICTION = "prediction"
"""The name of the profile of what the model itself said: the probability, or which label was the likeliest."""


_MAY_LACK = ("effective", "design")
"""What bundles of before did not tell of a feature."""


class InvalidProfileError(ValueError):
    """The numbers do not describe a profile; the message says which and why."""


@dataclass(frozen=True)
class FeatureProfile:
    """How one feature was spread over `n` cases.

    `shares` are of the missing first; then of the bins up to each of `edges` and beyond the last, or of the levels
    with these `codes` and of all others together.

    Raises:
        InvalidProfileError: shares that do not add up to 1, edges that do not rise, or not as many as needed.
    """

    name: str
    n: int
    shares: tuple[float, ...]
    edges: tuple[float, ...] | None = None
    codes: tuple[int, ...] | None = None
    effective: float | None = None
    """As how many cases they count, where they count for different amounts; None where as many as they are."""
    design: float | None = None
    """As how many cases an independent one counts, where neighbours in time say nearly the same; None where unknown."""

    def __post_init__(self) -> None:
        places = self.edges if self.edges is not None else self.codes
        if (self.edges is None) == (self.codes is None) or places is None:
            raise InvalidProfileError(f"the profile of {self.name} needs either edges or codes")
        if len(self.shares) != len(places) + 2:
            raise InvalidProfileError(f"the profile of {self.name} has {len(self.shares)} shares for {len(places)}")
        if not all(math.isfinite(each) and each >= 0 for each in self.shares) or abs(sum(self.shares) - 1) > 1e-6:
            raise InvalidProfileError(f"the shares of {self.name} do not add up to 1")
        if list(places) != sorted(set(places)):
            raise InvalidProfileError(f"the edges or codes of {self.name} do not rise")
        if self.effective is not None and not 0 < self.effective <= self.n + 1e-6:
            raise InvalidProfileError(f"{self.n} cases of {self.name} cannot count as {self.effective}")
        if self.design is not None and not (math.isfinite(self.design) and self.design >= 1):
            raise InvalidProfileError(f"the design effect of {self.name} is {self.design}; expected 1 or more")

    @property
    def ordered(self) -> bool:
        """Whether its places have an order: bins of a number, not levels."""
        return self.edges is not None

    @property
    def cases(self) -> float:
        """As how many cases they count."""
        return self.n if self.effective is None else self.effective

    @property
    def expected(self) -> Floats:
        """The cases in each place when it was made, as many as they count."""
        return np.array(self.shares) * self.cases

    def counts(self, values: Floats, weight: Floats | None = None) -> Floats:
        """How many of float64[n] values lie in each place, each counting for its weight; NaN is missing."""
        return _counts(values, self._at, self.ordered, weight)

    def counts_by(self, values: Floats, blocks: NDArray[np.intp], weight: Floats | None = None) -> Floats:
        """The same by block: float64[blocks, places]; `blocks` int[n] is that of each value."""
        width, n = len(self.shares), int(blocks.max(initial=-1)) + 1
        at = blocks * width + _places(values, self._at, self.ordered)
        return np.bincount(at, weights=weight, minlength=n * width).astype(np.float64).reshape(n, width)

    @property
    def _at(self) -> Floats:
        places = self.edges if self.edges is not None else self.codes
        return np.array(places, np.float64)

    def of_known(self) -> FeatureProfile | None:
        """The same of the cases whose value was known; None where none was."""
        known = 1.0 - self.shares[0]
        n = round(self.n * known)
        if not n:
            return None
        counts = None if self.effective is None else min(self.effective * known, float(n))
        return replace(self, n=n, shares=(0.0, *(each / known for each in self.shares[1:])), effective=counts)

    def probabilities_in(self, bins: Sequence[float]) -> FeatureProfile:
        """Of probabilities, the same over the edges of other bins, as far as these lie between its own.

        Within a bin of its own, probabilities are taken to be spread evenly. Where none of the other edges lies between
        its own, its middle one stays.
        """
        if not self.edges:
            return self
        inner = [each for each in bins if self.edges[0] <= each <= self.edges[-1]]
        inner = inner or [self.edges[len(self.edges) // 2]]
        upto = np.interp(inner, self.edges, np.cumsum(self.shares[1:-1]))
        shares = np.diff([0.0, *upto.tolist(), 1.0 - self.shares[0]])
        return replace(self, shares=(self.shares[0], *shares.tolist()), edges=tuple(inner))


def profile_of(name: str, values: Floats, ordered: bool, weight: Floats | None = None) -> FeatureProfile:
    """The profile of one feature's values float64[n], n not 0; NaN is missing. Each counts for its weight."""
    told = ~np.isnan(values)
    known, counts = values[told], part(weight, told)
    places = _edges(known, counts) if ordered else _commonest(known, counts)
    whole = len(values) if weight is None else weight.sum()
    shares = tuple((_counts(values, places, ordered, weight) / whole).tolist())
    cases = None if weight is None else effective(weight)
    if ordered:
        return FeatureProfile(name, len(values), shares, edges=tuple(places.tolist()), effective=cases)
    return FeatureProfile(name, len(values), shares, codes=tuple(int(each) for each in places), effective=cases)


def _edges(known: Floats, weight: Floats | None) -> Floats:
    """The upper edges of all bins but the last; values that many cases share make a bin of their own."""
    if not len(known):
        return np.empty(0)
    at = np.arange(1, PROFILE_BINS) / PROFILE_BINS
    if weight is None:
        return np.unique(np.quantile(known, at, method="lower"))
    order = np.argsort(known, kind="stable")
    mass = np.cumsum(weight[order])
    places = np.searchsorted(mass, at * (mass[-1] - 1.0), side="right")
    return np.unique(known[order][np.minimum(places, len(known) - 1)])


def _commonest(known: Floats, weight: Floats | None) -> Floats:
    codes, at = np.unique(known, return_inverse=True)
    count = np.bincount(at, weights=weight, minlength=len(codes))
    return np.sort(codes[np.argsort(-count, kind="stable")[:MOST_LEVELS]])


def _counts(values: Floats, places: Floats, ordered: bool, weight: Floats | None = None) -> Floats:
    counted = np.bincount(_places(values, places, ordered), weights=weight, minlength=len(places) + 2)
    return counted.astype(np.float64)


def _places(values: Floats, places: Floats, ordered: bool) -> NDArray[np.intp]:
    """The place of each value: 0 where it is missing."""
    at = np.searchsorted(places, values, side="left")
    if not ordered and len(places):
        at = np.where(places[np.minimum(at, len(places) - 1)] == values, at, len(places))
    return np.where(np.isnan(values), 0, at + 1)


@dataclass(frozen=True)
class Profile:
    """The features of a training window, what the model said in its rehearsal, and how well, over all and by region.

    The rehearsal's numbers are of the latest days of the window, which it had not met.
    """

    features: tuple[FeatureProfile, ...]
    rehearsed: tuple[Performance, ...]

    def performance(self, region: str | None) -> Performance | None:
        """How the rehearsal did in a region; without one, over all."""
        return next((each for each in self.rehearsed if each.region == region), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = [
            {"name": each.name, "n": each.n, "shares": list(each.shares)}
            | ({"edges": list(each.edges)} if each.edges is not None else {"codes": list(each.codes or ())})
            | {name: value for name in _MAY_LACK if (value := getattr(each, name)) is not None}
            for each in self.features
        ]
        return {"kind": "profile", "features": told, "rehearsed": [_told(each) for each in self.rehearsed]}

    @classmethod
    def from_json(cls, document: object) -> Profile:
        """What `to_json` gave. Raises InvalidProfileError for anything else."""
        if not isinstance(document, Mapping) or document.get("kind") != "profile":
            raise InvalidProfileError("not a profile: expected an object of kind, features and rehearsed")
        try:
            rehearsed = TypeAdapter(tuple[Performance, ...]).validate_python(document["rehearsed"])
            return cls(tuple(_read(each) for each in document["features"]), rehearsed)
        except (KeyError, TypeError) as error:
            raise InvalidProfileError(f"a feature cannot be read: {type(error).__name__}: {error}") from None


def _told(performance: Performance) -> dict[str, Any]:
    """As bundles have always told it where all cases count alike: an earlier Fairlead reads such a profile."""
    return performance.model_dump(exclude=None if performance.effective is not None else {"effective"})


def _read(told: Mapping[str, Any]) -> FeatureProfile:
    def numbers(name: str) -> Sequence[Any] | None:
        return tuple(told[name]) if name in told else None

    return FeatureProfile(
        told["name"],
        int(told["n"]),
        tuple(told["shares"]),
        numbers("edges"),  # type: ignore[arg-type]
        numbers("codes"),  # type: ignore[arg-type]
        **{name: float(told[name]) for name in _MAY_LACK if name in told},
    )
