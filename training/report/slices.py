"""How a model does where: the scores of a rehearsal by region, channel, reported type and the retailer's own words.

The words are columns of the features already, so a slice needs nothing but the rows that were measured on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FeatureSet
from features.definition import Feature
from training.report.metrics import log_loss, scores_of

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

SLICED = ("region", "channel", "reported_type")
ATTRIBUTE = "attribute."
MOST_ATTRIBUTES = 3
MOST_LEVELS = 6
"""Levels told of one feature, the most frequent first."""
LEAST = 30
"""Cases below which a slice's scores are chance."""
NOTABLE = 0.05
"""By how much what was said may lie beside what came true before it is worth a word."""


@dataclass(frozen=True)
class Slice:
    """The scores of the cases that share a word.

    `rate` is the share in which the event happened (for labels: in which the likeliest was right), `said` the mean
    probability given to it, `base_log_loss` what knowing the base rate alone would have scored.
    """

    feature: str
    level: str
    n: int
    rate: float
    said: float
    log_loss: float
    base_log_loss: float
    roc_auc: float | None

    @property
    def is_weak(self) -> bool:
        """Whether it is no better here than the base rate, or clearly beside what came true."""
        spread = 2.0 * np.sqrt(max(self.said * (1.0 - self.said), 1e-9) / self.n)
        return self.log_loss >= self.base_log_loss or abs(self.said - self.rate) > max(spread, NOTABLE)

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the verdict."""
        return {**asdict(self), "weak": bool(self.is_weak)}


def slices(features: FeatureSet, rows: Floats, truth: Truth, said: Floats, base: Floats) -> list[Slice]:
    """The slices of at least `LEAST` cases; `said` float64[n, k] is judged beside `base` of the same shape."""
    found = []
    for column, feature in _sliced(features, rows):
        for code, level in _frequent(feature, rows[:, column]):
            inside = rows[:, column] == code
            found.append(_slice(feature, level, truth[inside], said[inside], base[inside]))
    return found


def _sliced(features: FeatureSet, rows: Floats) -> Iterator[tuple[int, Feature]]:
    """The columns to slice by; of the retailer's own, those with the most cases in few levels."""
    own: list[tuple[int, int]] = []
    for column, feature in enumerate(features.features):
        if feature.kind == "category" and feature.name in SLICED:
            yield column, feature
        elif feature.kind == "category" and feature.name.startswith(ATTRIBUTE):
            told = sum(int((rows[:, column] == code).sum()) for code, _ in _frequent(feature, rows[:, column]))
            own.append((-told, column))
    yield from ((column, features.features[column]) for _, column in sorted(own)[:MOST_ATTRIBUTES])


def _frequent(feature: Feature, codes: Floats) -> list[tuple[int, str]]:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=len(feature.levels))
    often = [int(code) for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS] if counts[code] >= LEAST]
    return [(code, feature.levels[code]) for code in often]


def _slice(feature: Feature, level: str, truth: Truth, said: Floats, base: Floats) -> Slice:
    risk = said.shape[1] == 1
    scores = scores_of(truth, said)
    happened = truth if risk else said.argmax(axis=1) == truth
    return Slice(
        feature=feature.name,
        level=level,
        n=len(truth),
        rate=float(happened.mean()),
        said=float(said.max(axis=1).mean()),
        log_loss=log_loss(truth, said),
        base_log_loss=log_loss(truth, base),
        roc_auc=scores["roc_auc"],
    )
