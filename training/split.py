"""The only honest split is time's: earlier rows teach, later rows choose, later ones calibrate, the latest test."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from training.errors import HistoryError

BLOCKS = 3
BLOCK_SHARE = 0.15
ENOUGH = 20_000
"""Rows from which a history is long: two blocks are enough, and it can spare its latest days."""
SHORT_TEST = 0.1
LONG_TEST = 0.175
FEWEST = 200
"""Rows below which there is nothing to split: a tenth of them would test on a handful."""


@dataclass(frozen=True)
class Split:
    """Positions in time order: `blocks` are forward-chained, each scored by a model of the rows before it.

    The first block stops the boosting; all of them choose how fast to forget, and calibrate. The rehearsal learns
    from all rows before `test` and is tested from there on; the model that ships learns from all rows.
    """

    blocks: tuple[tuple[int, int], ...]
    test: int
    n: int

    @property
    def latest(self) -> slice:
        """The rows that nothing was fitted or calibrated on."""
        return slice(self.test, self.n)


def split_in_time(times: NDArray[np.float64], test_share: float | None = None) -> Split:
    """Split rows whose `times` ascend; rows of one instant stay together.

    Without a `test_share`, a short history keeps few of its days to test on.

    Raises:
        HistoryError: too few rows, or no later days in them.
    """
    n = len(times)
    if n < FEWEST:
        raise HistoryError(f"{n} cases with a known outcome; training needs at least {FEWEST}")
    long = n >= ENOUGH
    blocks = BLOCKS - 1 if long else BLOCKS
    test = _cut(times, 1.0 - (test_share or (LONG_TEST if long else SHORT_TEST)))
    cuts = [_cut(times[: max(test, 1)], 1.0 - BLOCK_SHARE * left) for left in range(blocks, 0, -1)] + [test]
    if any(start >= end for start, end in pairwise([0, *cuts, n])):
        raise HistoryError("the cases lie at too few different moments to be split in time; check event.time")
    return Split(tuple(pairwise(cuts)), test, n)


def _cut(times: NDArray[np.float64], share: float) -> int:
    """The first row of the instant that lies at this share."""
    position = min(round(len(times) * share), len(times) - 1)
    return int(np.searchsorted(times, times[position], side="left"))
