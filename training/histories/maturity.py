"""How likely the outcome of a case was known when its history ended, by what came of it.

A history is written down on some day. Of its latest cases only those tell their outcome that ended quickly, and what
ends quickly is rarely a broken promise: in the last ten days of a log of which a quarter breaks its promises, one known
outcome in a hundred may be a breach. Earlier cases tell how long each outcome takes to be known. So every known case
counts for those of its label and age that are not known yet, and of cases so young that an outcome would hardly be
known, none counts. It is the same where the rows of what has not ended are left out. Where all is told, a backlog that
was entered at once looks like outcomes that take long; it is told by being told at once.

The share of a label's outcomes that is known after a time is estimated from the known ones alone, each of which could
be seen only if it took no longer than its case is old: the product-limit estimator of right-truncated data
(Lynden-Bell, "A method of allowing for known observational selection in small samples applied to 3CR quasars", 1971).
It takes each label's delays to be those of earlier; how common the labels are may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.outcome import HistoryLine
from data.vocabulary import Task
from training.histories.truth import UNKNOWN, counts_from, told_at

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]

LEAST = 0.5
"""A case is too young where the outcome of some label would be known by now with a lower probability than this."""
FEWEST = 100
"""Cases of a label below which its delays are those of all; known ones that must be at risk before a delay tells."""
WORTH = 0.01
"""The share of cases that must be missing or too young before any counts for others."""
ODD = 3
"""Outcomes that may be told after a history's end, of three hundred and more."""
PARTS = 10
"""Parts of a history's time, as long as each other."""
AT_ONCE = 0.25
"""The share of the slow outcomes from which on those that were told in one part were told at once."""


class Maturity(NamedTuple):
    """What the known cases of a history say of those that are not known yet."""

    young: NDArray[np.bool_]
    """Which cases are too young to say anything: what ends quickly is all that could be known of them."""
    stands_for: Floats
    """As how many cases each of the others counts: itself, and those like it that are not known yet."""

    def at(self, which: NDArray[np.intp]) -> Maturity:
        """That of some of the cases."""
        return Maturity(self.young[which], self.stands_for[which])

    @property
    def unknown(self) -> int:
        """How many cases that are not known yet the known ones count for, about."""
        return round(float((self.stands_for[~self.young] - 1.0).sum()))


def maturity_of(task: Task, lines: Sequence[HistoryLine], truth: Truth) -> Maturity | None:
    """Of the lines of a history, with what they tell of a task; see `matured`."""
    counts = np.array([counts_from(task, line).timestamp() for line in lines])
    told = np.array([told_at(line).timestamp() for line in lines])
    return matured(truth, counts, told, sum(line.outcome is None for line in lines))


def matured(truth: Truth, since: Floats, told_at: Floats, untold: int) -> Maturity | None:
    """Of cases whose truth can be known `since` a moment and was told at another, in seconds, beside cases of which no
    outcome is told: where there are hardly any of those, and the slow ones were told at once, nothing is missing.
    """
    known = truth != UNKNOWN
    if not known.any():
        return None
    end = end_of(told_at[known])
    told = np.minimum(told_at, end)
    delays, ages = np.maximum(told - since, 0.0), end - since
    found = maturity(truth, delays, ages)
    if found is None or untold >= max(found.unknown, WORTH * known.sum()) / 2:
        return found
    seen = known & (delays <= ages)
    late = int((told_at[known] > end).sum())
    cut_off = found.unknown + int(found.young.sum()) > late + max(WORTH * known.sum(), ODD)
    return found if cut_off and not _at_once(told[seen], delays[seen], ages[found.young]) else None


def _at_once(told_at: Floats, delays: Floats, young: Floats) -> bool:
    """Whether the outcomes that took longest were told within a small part of the time since the first of them could
    be, as a backlog is.
    """
    slow = young.max() if len(young) else np.quantile(delays, 0.9)
    told = told_at[delays >= slow]
    in_each, _ = np.histogram(told, bins=PARTS, range=(min(told_at.min() + slow, told.min()), told_at.max()))
    return bool(in_each.max() > AT_ONCE * len(told))


def end_of(told_at: Floats) -> float:
    """When a history ended, of the moments at which its outcomes were told: with the last, but for three or one in a
    thousand, of a wrong year or a late patch. Rows that came later without an outcome tell no end: nobody looked what
    came of those before.
    """
    n = len(told_at)
    return float(np.sort(told_at)[-1 - max(min(ODD, n // 100), n // 1000)])


def maturity(truth: Truth, delays: Floats, ages: Floats) -> Maturity | None:
    """Of a history's cases: `delays` is how long it takes until their outcome is known, which one that takes longer
    than the case is old is not, and `ages` how old they were when the history ended, below zero where their truth could
    not be known yet. None where all that matter are known.
    """
    known = (truth != UNKNOWN) & (delays <= ages)
    found = _maturity(truth[known], delays[known], ages[known])
    if found is None:
        return None
    young, stands_for = np.zeros(len(truth), np.bool_), np.ones(len(truth))
    young[known], stands_for[known] = found
    return Maturity(young, stands_for)


def _maturity(truth: Truth, delays: Floats, ages: Floats) -> Maturity | None:
    labels = [each for each in np.unique(truth).tolist() if (truth == each).sum() >= FEWEST]
    own = known_within(delays, ages, ages)
    least = np.ones(len(ages)) if labels == np.unique(truth).tolist() else own.copy()
    for label in labels:
        mine = truth == label
        within = known_within(delays[mine], ages[mine], ages)
        own[mine] = within[mine]
        least = np.minimum(least, within)
    young = least < LEAST
    found = Maturity(young, np.where(young, 1.0, 1.0 / np.where(young, 1.0, own)))
    return found if found.unknown + int(young.sum()) >= WORTH * max(len(truth), FEWEST) else None


def known_within(delays: Floats, ages: Floats, after: Floats) -> Floats:
    """The share of outcomes that is known within a time of their cases, for each time of `after`.

    Longer delays than any that enough cases are old enough to have shown are left out: 1 beyond the longest.
    """
    took = np.sort(delays)
    each, times = np.unique(took, return_counts=True)
    at_risk = np.searchsorted(took, each, side="right") - np.searchsorted(np.sort(ages), each, side="left")
    stays = np.where(at_risk >= FEWEST, 1.0 - times / np.maximum(at_risk, times), 1.0)
    beyond = np.append(np.cumprod(stays[::-1])[::-1], 1.0)
    return np.asarray(beyond[np.searchsorted(each, after, side="right")])
