"""How a model does where: the scores of a rehearsal by region, channel, reported type and the retailer's own.

Words and flags are columns of the features already, so a slice needs nothing but the rows that were measured on. Of the
retailer's own words and flags those are looked at that move the model's answers most, with all that is made of them: a
model is weak where what it goes by misleads it. Numbers cut no cases, so they take no word's place, however strong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FeatureSet
from features.commonness import NEARLY_ALWAYS
from features.definition import Feature
from models.performance import SMALLEST, top_event
from training.report.metrics import log_loss, scores_of

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

SLICED = ("region", "channel", "reported_type")
ATTRIBUTE = "attribute."
MOST_ATTRIBUTES = 4
COMMON = "common."
STRENGTH_DECIMALS = 9
"""Strengths that differ only by the order of a sum are alike."""
MOST_LEVELS = 6
"""Levels told of one feature, the most frequent first."""
LEAST = 30
"""Cases below which a slice's scores are chance."""
FURTHEST, HALVINGS = 40.0, 60
"""Log-odds between which a level is looked for, and how often their distance is halved."""
NOTABLE = 0.05
"""By how much what was said may lie beside what came true before it is worth a word."""


@dataclass(frozen=True)
class Slice:
    """The scores of the cases that share a word.

    `rate` is the share in which the event happened (for labels: in which the likeliest was right), `said` the mean
    probability given to it, `base_log_loss` what knowing the base rate alone would have scored. `leveled` is what would
    have been said had the level of all cases been right, `all_poor` whether these are no better than the base rate.
    """

    feature: str
    level: str
    n: int
    rate: float
    said: float
    log_loss: float
    base_log_loss: float
    roc_auc: float | None
    leveled: float
    all_poor: bool

    @property
    def is_weak(self) -> bool:
        """Whether it is no better here than the base rate, or clearly beside what came true, unlike all cases."""
        poor = self.log_loss >= self.base_log_loss and not self.all_poor
        return poor or (self._is_beside(self.said) and self._is_beside(self.leveled))

    def _is_beside(self, said: float) -> bool:
        spread = 2.0 * np.sqrt(max(said * (1.0 - said), 1e-9) / self.n)
        return bool(abs(said - self.rate) > max(spread, NOTABLE))

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the verdict."""
        return {**asdict(self), "weak": bool(self.is_weak)}


def slices(
    features: FeatureSet, rows: Floats, truth: Truth, said: Floats, base: Floats, contributions: Floats
) -> list[Slice]:
    """The slices of at least `LEAST` cases; `said` float64[n, k] is judged beside `base` of the same shape.

    `contributions` float64[m, k] are those of some rows: by them the retailer's own words are chosen.
    """
    told = _Told(truth, said, base)
    return [
        told.slice(feature, level, rows[:, column] == code)
        for column, feature in _sliced(features, rows, contributions)
        for code, level in _frequent(feature, rows[:, column])
    ]


def _sliced(features: FeatureSet, rows: Floats, contributions: Floats) -> Iterator[tuple[int, Feature]]:
    """The columns to slice by."""
    canonical = [at for at, each in enumerate(features.features) if each.kind == "category" and each.name in SLICED]
    own = own_columns(features, rows, contributions)
    yield from ((column, features.features[column]) for column in (*canonical, *own))


def own_columns(features: FeatureSet, rows: Floats, contributions: Floats) -> list[int]:
    """The retailer's own words and flags that move the answers most, of those that tell cases apart: their columns."""
    own: list[tuple[float, int, int]] = []
    for column, feature in enumerate(features.features):
        if feature.kind == "number" or not feature.name.startswith(ATTRIBUTE) or _is_one_value(rows[:, column]):
            continue
        told = sum(int((rows[:, column] == code).sum()) for code, _ in _frequent(feature, rows[:, column]))
        if told:  # Else no part of the cases is large enough to be looked at.
            own.append((-_strength(feature, features, contributions), -told, column))
    return [column for *_, column in sorted(own)[:MOST_ATTRIBUTES]]


def levels_of(feature: Feature) -> tuple[str, ...]:
    """What its codes 0 to k - 1 are called: the levels of a category, no and yes of a flag; none of a number."""
    return feature.words if feature.kind == "flag" else feature.levels


def _strength(attribute: Feature, features: FeatureSet, contributions: Floats) -> float:
    """How far an attribute and all that is made of it move the raw score together, in the mean."""
    made = [column for column, name in enumerate(features.names) if _is_made_of(name, attribute.name)]
    return round(float(np.abs(contributions[:, made].sum(axis=1)).mean()), STRENGTH_DECIMALS)


def _is_made_of(feature: str, attribute: str) -> bool:
    """Whether a feature is the attribute, what is known of its values as parties, or how common they are."""
    if feature.startswith(COMMON):
        return attribute.removeprefix(ATTRIBUTE) in feature.removeprefix(COMMON).split("+")
    return feature == attribute or feature.rpartition(".")[0] == f"standing.{attribute}"


def _is_one_value(codes: Floats) -> bool:
    """Whether nearly all rows have one level, or none that is known."""
    _, counts = np.unique(codes, return_counts=True)
    return bool(len(codes)) and bool(counts.max() > NEARLY_ALWAYS * len(codes))


def _frequent(feature: Feature, codes: Floats) -> list[tuple[int, str]]:
    known, levels = codes[~np.isnan(codes)].astype(np.int64), levels_of(feature)
    counts = np.bincount(known, minlength=len(levels))
    often = [int(code) for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS] if counts[code] >= LEAST]
    return [(code, levels[code]) for code in often]


class _Told:
    """What was said of all cases and what happened, to be looked at in parts."""

    def __init__(self, truth: Truth, said: Floats, base: Floats) -> None:
        self._truth, self._said, self._base = truth, said, base
        self._event, self._happened = top_event(said, truth)
        self._leveled = at_level(self._event, float(self._happened.mean()))
        self._poor = log_loss(truth, said) >= log_loss(truth, base)

    def slice(self, feature: Feature, level: str, inside: NDArray[np.bool_]) -> Slice:
        """The scores of the cases inside."""
        truth, said = self._truth[inside], self._said[inside]
        return Slice(
            feature=feature.name,
            level=level,
            n=len(truth),
            rate=float(self._happened[inside].mean()),
            said=float(self._event[inside].mean()),
            log_loss=log_loss(truth, said),
            base_log_loss=log_loss(truth, self._base[inside]),
            roc_auc=scores_of(truth, said)["roc_auc"],
            leveled=float(self._leveled[inside].mean()),
            all_poor=self._poor,
        )


def at_level(probability: Floats, rate: float) -> Floats:
    """The probabilities with their log-odds moved alike, so that their mean is the rate; unmoved if that is 0 or 1."""
    if not 0.0 < rate < 1.0:
        return probability
    within = np.clip(probability, SMALLEST, 1.0 - SMALLEST)
    odds = within / (1.0 - within)
    low, high = -FURTHEST, FURTHEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        mean = float((1.0 - 1.0 / (1.0 + odds * np.exp(middle))).mean())
        low, high = (middle, high) if mean < rate else (low, middle)
    return np.asarray(1.0 - 1.0 / (1.0 + odds * np.exp((low + high) / 2.0)))
