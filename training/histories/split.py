"""The only honest split is time's: earlier rows teach, later rows choose, later ones calibrate, the latest test.

An exception of several rows, each an update, keeps the rows of the latest part that it reaches; in a rehearsal its
earlier ones neither teach nor choose. Left in, they would tell the answer of what is measured later. It is the earlier
rows that go, not the later: an exception that goes on has no outcome yet, so no live model would have learned from it,
while the service is asked about it all the same.

A history without times knows no later day. Its rows come in an order made of their exceptions' ids; all that do not
test are asked about in turn, by models of all the others (cross-validation): none of them is later than another. What
is measured then holds for other cases of the same days, and is said to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import HistoryError

BLOCKS = 3
BLOCK_SHARE = 0.15
FOLDS = 5
"""Blocks of a history without times; one of many rows has `BLOCKS`."""
ENOUGH = 20_000
"""Rows from which a history is long: two blocks are enough, and it can spare its latest days."""
SHORT_TEST = 0.1
LONG_TEST = 0.175
FEWEST = 200
"""Rows below which there is nothing to split: a tenth of them would test on a handful."""
FEWEST_OF_EACH = 20
"""Cases of an outcome below which it cannot be told from the others."""
FEWEST_LEFT = 10
"""Rows of a part below which it tells nothing, once those of exceptions that go on are left out."""


@dataclass(frozen=True)
class Split:
    """Positions in time order: `blocks` are forward-chained, each scored by a model of the rows before it.

    The blocks choose how to grow a model and how to calibrate it. The rehearsal learns from all rows before `test` and
    is tested from there on; the model that ships learns from all rows. Positions are among the `kept` rows.
    Without times the blocks are all rows before `test`, each scored by a model of the others before it.
    """

    blocks: tuple[tuple[int, int], ...]
    test: int
    n: int
    """How many rows are kept."""
    kept: NDArray[np.intp] = field(compare=False)
    """Where the rows of a rehearsal stand in the history: all but those of exceptions that go on in a later part."""

    timeless: bool = False

    def teachers(self, block: tuple[int, int]) -> slice | NDArray[np.intp]:
        """The rows that teach who is asked about a block."""
        start, end = block
        return np.r_[0:start, end : self.test] if self.timeless else slice(0, start)

    @property
    def fewest_teachers(self) -> int:
        """How many rows teach who is asked about the first block."""
        start, end = self.blocks[0]
        return self.test - (end - start) if self.timeless else start

    @property
    def latest(self) -> slice:
        """The rows that the rehearsal had not met."""
        return slice(self.test, self.n)


def scattered(exception_id: str) -> bytes:
    """Where an exception stands in a history without times: the same everywhere, and unlike any order of a file."""
    return hashlib.blake2b(exception_id.encode(), digest_size=8).digest()


def is_timeless(times: NDArray[np.float64]) -> bool:
    """Whether all rows carry one moment, so that none is later than another."""
    return bool(len(times)) and bool(times[0] == times[-1])


def without_times(lineage: Mapping[str, Any]) -> bool:
    """Whether a model of this lineage learned from cases that all carry one moment."""
    return "fitted_on" in lineage and bool(lineage["fitted_on"]["from"] == lineage["tested_on"]["to"])


def split_in_time(
    times: NDArray[np.float64], test_share: float | None = None, exceptions: NDArray[np.int64] | None = None
) -> Split:
    """Split rows whose `times` ascend; rows of one instant stay together.

    Rows that all carry one moment are split where they stand, in `scattered` order; with `exceptions`, a number for
    each row's, those of one exception stay together. Elsewhere an exception keeps its rows of the last part alone.
    Without a `test_share`, a short history keeps few of its days to test on.

    Raises:
        HistoryError: too few rows, no later days in them, or too many exceptions that go on through them.
    """
    n = len(times)
    if n < FEWEST:
        raise HistoryError(f"{n} cases with a known outcome; training needs at least {FEWEST}")
    timeless = is_timeless(times)
    if timeless:
        times = np.arange(float(n)) if exceptions is None else _runs(exceptions)
    long = n >= ENOUGH
    numbers = np.arange(n) if exceptions is None else exceptions
    test = _cut(times, 1.0 - (test_share or (LONG_TEST if long else SHORT_TEST)))
    last = _in_last_part(numbers, [test])
    _check_left(last, [test])
    kept, test = np.flatnonzero(last), int(last[:test].sum())
    known = times[kept[: max(test, 1)]]
    cuts = [_cut(known, share) for share in _shares(timeless, long)] + [test]
    if any(start >= end for start, end in pairwise([*([] if timeless else [0]), *cuts, len(kept)])):
        raise HistoryError("the cases lie at too few different moments to be split in time; check event.time")
    last = _in_last_part(numbers[kept], cuts)
    _check_left(last, cuts)
    cuts = [int(last[:cut].sum()) for cut in cuts]
    return Split(tuple(pairwise(cuts)), cuts[-1], int(last.sum()), kept[last], timeless)


def _shares(timeless: bool, long: bool) -> list[float]:
    """Where the blocks begin, as shares of the rows before the test: of a long history fewer, as each costs a model."""
    if timeless:
        folds = BLOCKS if long else FOLDS
        return [block / folds for block in range(folds)]
    return [1.0 - BLOCK_SHARE * left for left in range(BLOCKS - 1 if long else BLOCKS, 0, -1)]


def ended(exceptions: NDArray[np.int64], cut: int) -> NDArray[np.bool_]:
    """Which of the rows before a cut are of exceptions without a row from there on: what could be known there."""
    return _in_last_part(exceptions, [cut])[:cut]


def _in_last_part(exceptions: NDArray[np.int64], cuts: list[int]) -> NDArray[np.bool_]:
    """Which rows lie in the last of the parts between cuts that their exception reaches."""
    part = np.searchsorted(cuts, np.arange(len(exceptions)), side="right")
    last = np.zeros(int(exceptions.max()) + 1, np.int64)
    np.maximum.at(last, exceptions, part)
    return np.asarray(part == last[exceptions])


def _check_left(last: NDArray[np.bool_], cuts: list[int]) -> None:
    for start, end in pairwise([0, *cuts]):
        left = int(last[start:end].sum())
        if left < min(FEWEST_LEFT, end - start):
            raise HistoryError(
                f"of {end - start} cases between two cuts in time, {left} are of exceptions that end there: the others "
                "go on and would be measured on what taught them. Give a longer history, or one case of each exception "
                "(view: {rows: at_opening})"
            )


def _runs(exceptions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows that follow one another and share an exception get one number."""
    return np.concatenate([[0.0], np.cumsum(np.diff(exceptions) != 0, dtype=np.float64)])


def _cut(times: NDArray[np.float64], share: float) -> int:
    """The first row of the instant that lies at this share."""
    position = min(round(len(times) * share), len(times) - 1)
    return int(np.searchsorted(times, times[position], side="left"))
