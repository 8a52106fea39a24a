"""A paired bootstrap: the same cases are drawn for both bundles, whole exceptions at a time, or whole days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

BLOCK = 50
"""Resamples held at once, at most."""
CELLS = 5_000_000
"""Weights held at once: of many rows fewer resamples."""


@dataclass(frozen=True)
class Draws:
    """How often each row counts in each resample; the same for every metric of the same rows."""

    groups: Truth
    resamples: int
    seed: int

    def blocks(self) -> Iterator[Floats]:
        """Weights float64[b, n], block by block, always the same ones."""
        row = np.unique(self.groups, return_inverse=True)[1]
        for counts in self.counts(len(row)):
            yield counts[:, row]

    def counts(self, width: int) -> Iterator[Floats]:
        """How often each of what is drawn whole counts: float64[b, groups], the resamples that `blocks` gives.

        `width` is how many columns are to be held of each.
        """
        rng, names = np.random.default_rng(self.seed), len(np.unique(self.groups))
        size = max(1, min(BLOCK, CELLS // width))
        for start in range(0, self.resamples, size):
            drawn = [_drawn(rng, names) for _ in range(min(size, self.resamples - start))]
            yield np.array(drawn, np.float64)


def _drawn(rng: np.random.Generator, n: int) -> Truth:
    """How often each of n is drawn in n draws."""
    return np.bincount(rng.integers(0, n, n), minlength=n)


def means(draws: Draws, values: Floats) -> Floats:
    """The mean of a value per row, in each resample."""
    return np.concatenate([weights @ values / weights.sum(axis=1) for weights in draws.blocks()])


def means_in(draws: Draws, values: Floats, parts: Sequence[NDArray[np.bool_]]) -> list[Floats]:
    """For each part of the rows the mean over it, in each resample that holds any of it.

    What is drawn is drawn whole, so sums over it are enough: many parts of many rows take no longer than a few.
    """
    if not parts:
        return []
    names, row = np.unique(draws.groups, return_inverse=True)
    sums, sizes = (
        np.array([np.bincount(row[part], weights=each[part], minlength=len(names)) for part in parts]).T
        for each in (values, np.ones(len(values)))
    )
    drawn = [(each @ sums, each @ sizes) for each in draws.counts(len(names))]
    total, size = (np.concatenate(each) for each in zip(*drawn, strict=True))
    return [total[held, at] / size[held, at] for at, held in enumerate((size > 0).T)]


def average_precisions(draws: Draws, truth: Truth, probabilities: Floats) -> Floats:
    """Average precision in each resample; for labels the mean over those that occur, each against the rest."""
    columns = [(truth == 1, probabilities[:, 0])]
    if probabilities.shape[1] > 1:
        columns = [(truth == label, column) for label, column in enumerate(probabilities.T) if (truth == label).any()]
    ranked = [_Ranked(happened, column) for happened, column in columns]
    return np.concatenate([np.mean([each.precision(w) for each in ranked], axis=0) for w in draws.blocks()])


class _Ranked:
    """Rows in falling order of a probability, ties taken together."""

    def __init__(self, happened: NDArray[np.bool_], probability: Floats) -> None:
        self._order = np.argsort(-probability, kind="stable")
        ranked = probability[self._order]
        self._happened = happened[self._order].astype(np.float64)
        self._ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)

    def precision(self, weights: Floats) -> Floats:
        """Average precision float64[b] under weights float64[b, n]; 0 where the event is not drawn."""
        ranked = weights[:, self._order]
        taken = ranked.cumsum(axis=1)[:, self._ends]
        hits = (ranked * self._happened).cumsum(axis=1)[:, self._ends]
        gained = np.diff(hits, axis=1, prepend=0.0)
        total = hits[:, -1]
        precision = hits / np.maximum(taken, 1e-12)
        return np.asarray((gained * precision).sum(axis=1) / np.maximum(total, 1e-12))


def average_precision(truth: Truth, probabilities: Floats) -> float:
    """Average precision of the rows as they are."""
    every = np.ones((1, len(truth)))
    columns = [(truth == 1, probabilities[:, 0])]
    if probabilities.shape[1] > 1:
        columns = [(truth == label, column) for label, column in enumerate(probabilities.T) if (truth == label).any()]
    return float(np.mean([_Ranked(happened, column).precision(every)[0] for happened, column in columns]))
