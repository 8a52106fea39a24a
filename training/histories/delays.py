"""How long the outcomes of a history took to be known, for the records of the model that it teaches.

As `training.histories.maturity` reckons it: a history of some weeks has seen no outcome that took longer. Unlike there,
a backlog that was entered at once is not told from outcomes that take long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.delays import Delays
from training.histories.maturity import end_of, known_within
from training.histories.rows import DAY
from training.histories.truth import UNKNOWN

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

FEWEST = 100
"""Cases of a label below which nothing is told."""
FEWEST_AT_RISK = 10
"""Cases that must be at risk of a delay before it tells: more would hide that few are known early."""
STEPS = 40
"""About how many steps a record keeps apart: each is a few numbers of a row that every answer reads."""
LONGEST = 400
"""Days beyond which an outcome is taken for known."""
NEARLY_ALL = 0.9
"""The share of each label's outcomes at which the rest is taken for known."""


def delays_of(truth: Truth, since: Floats, counts_at: Floats, labels: Sequence[str]) -> Delays | None:
    """Of cases whose truth, an index of `labels`, could be known `since` a moment and counts from another, in seconds.

    None where too few tell. A label that is known as its day ends is known at step 0.
    """
    told = (truth != UNKNOWN) & ~np.isnan(counts_at)
    truth, since, counts_at = truth[told], since[told], counts_at[told]
    if np.bincount(truth, minlength=len(labels)).min() < FEWEST:
        return None
    horizon = _horizon(_known(truth, since, counts_at, 1, np.arange(LONGEST + 1), len(labels)))
    days = max(1, -(-horizon // STEPS))
    steps = np.arange(-(-horizon // days) + 1)
    known = _known(truth, since, counts_at, days, steps, len(labels))
    known[:, -1] = 1.0
    return Delays(days, dict(zip(labels, map(tuple, known.round(6).tolist()), strict=True)))


def _horizon(known: Floats) -> int:
    """The first day by whose end nearly all of each label is known."""
    enough = np.flatnonzero(known.min(axis=0) >= NEARLY_ALL)
    return int(enough[0]) if len(enough) else known.shape[1] - 1


def _known(truth: Truth, since: Floats, counts_at: Floats, days: int, steps: NDArray[np.int64], labels: int) -> Floats:
    """For each label the share that is known when so many steps have passed since the end of a case's own."""
    step = days * DAY
    ends, end = (np.floor(since / step) + 1.0) * step, end_of(counts_at)
    delays, ages = np.maximum(np.minimum(counts_at, end) - ends, 0.0), end - ends
    seen, after = delays <= ages, np.asarray(steps * step, np.float64)
    own = [seen & (truth == label) for label in range(labels)]
    return np.stack([known_within(delays[mine], ages[mine], after, FEWEST_AT_RISK) for mine in own])
