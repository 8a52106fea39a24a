"""Parts of the compared cases by the retailer's own words and flags: those that move either model's answers most.

The champion's choice stands beside the challenger's, so that none hides a word by leaving it unread. Which of its
values are looked at, the compared cases say: both models are asked about the same parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.promotion.later import Floats
from training.promotion.sides import Pair, Side
from training.report.slices import MOST_LEVELS, levels_of, own_columns


class Part(NamedTuple):
    """The rows that share a word."""

    by: str
    value: str
    chosen: NDArray[np.bool_]


def own_parts(pair: Pair, explained: tuple[Floats, Floats]) -> Iterator[Part]:
    """The most frequent values of each word; `explained` are contributions of some rows to either side's answers."""
    for name in _names(pair, explained):
        told = _words(pair, name)
        for value in _frequent(told):
            yield Part(name, value, told == value)


def _names(pair: Pair, explained: tuple[Floats, Floats]) -> dict[str, None]:
    """The champion's words, then those that only the challenger goes by."""
    sides = zip(pair.sides, explained, strict=True)
    return dict.fromkeys(name for side, contributions in sides for name in _strongest(side, contributions))


def _strongest(side: Side, contributions: Floats) -> Iterator[str]:
    features = side.model.features()
    yield from (features.names[column] for column in own_columns(features, side.features, contributions))


def _words(pair: Pair, name: str) -> NDArray[Any]:
    """The word of each row, None where neither side knows it: what is new to one is often known to the other."""
    told = np.full(len(pair.truth), None, object)
    for side in reversed(pair.sides):
        features = side.model.features()
        if name not in features.names:
            continue
        column = features.names.index(name)
        levels = np.array(levels_of(features.features[column]), object)
        if not len(levels):
            continue  # Its numbers are no words, though the other side reads words there.
        known = ~np.isnan(side.features[:, column])
        told[known] = levels[side.features[known, column].astype(np.intp)]
    return told


def _frequent(told: NDArray[Any]) -> list[str]:
    counts = Counter(each for each in told.tolist() if each is not None)
    return sorted(counts, key=lambda each: (-counts[each], each))[:MOST_LEVELS]
