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
from training.histories.truth import UNKNOWN, counts_from, told_at, truth_of

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


class Took(NamedTuple):
    """How long it took until the outcomes of some cases were known, and how old the cases were when their history
    ended, in seconds; one that would have taken longer is not among them.
    """

    truth: Truth
    delays: Floats
    ages: Floats

    def and_of(self, other: Took) -> Took:
        """Those of both."""
        return Took(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


NONE_TOOK = Took(np.empty(0, np.int64), np.empty(0), np.empty(0))


def took(truth: Truth, since: Floats, told_at: Floats) -> Took:
    """Of the known ones of cases whose truth can be known `since` a moment and was told at another, in seconds."""
    known = truth != UNKNOWN
    if not known.any():
        return NONE_TOOK
    return _seen(truth, *_by_the_end(truth, since, told_at))


class Earlier:
    """Cases before those that are looked at, met one by one: how long their outcomes took tells of these too."""

    def __init__(self) -> None:
        self._met: list[tuple[int, float, float]] = []

    def meet(self, task: Task, line: HistoryLine) -> None:
        """One of them, of which the task's outcome may be known or not."""
        if (truth := truth_of(task, line)) != UNKNOWN:
            self._met.append((truth, counts_from(task, line).timestamp(), told_at(line).timestamp()))

    @property
    def took(self) -> Took:
        """How long those that are known took, by the end of their own history."""
        truth, since, told = np.array(self._met, np.float64).reshape(-1, 3).T
        return took(truth.astype(np.int64), since, told)


def maturity_of(task: Task, lines: Sequence[HistoryLine], truth: Truth, earlier: Took = NONE_TOOK) -> Maturity | None:
    """Of the lines of a history, with what they tell of a task; see `matured`."""
    return matured(truth, *_moments(task, lines), sum(line.outcome is None for line in lines), earlier)


def matured(truth: Truth, since: Floats, told_at: Floats, untold: int, earlier: Took = NONE_TOOK) -> Maturity | None:
    """Of cases whose truth can be known `since` a moment and was told at another, in seconds, beside cases of which no
    outcome is told: where there are hardly any of those, and the slow ones were told at once, nothing is missing.

    What `earlier` cases took tells of these too: of a few days alone, only what ends within a few days is known.
    """
    known = truth != UNKNOWN
    if not known.any():
        return None
    end = end_of(told_at[known])
    delays, ages = _by_the_end(truth, since, told_at)
    found = maturity(truth, delays, ages, earlier)
    if found is None or untold >= max(found.unknown, WORTH * known.sum()) / 2:
        return found
    seen = known & (delays <= ages)
    late = int((told_at[known] > end).sum())
    cut_off = found.unknown + int(found.young.sum()) > late + max(WORTH * known.sum(), ODD)
    told = np.minimum(told_at, end)[seen]
    return found if cut_off and not _at_once(told, delays[seen], ages[found.young]) else None


def _moments(task: Task, lines: Sequence[HistoryLine]) -> tuple[Floats, Floats]:
    counts = np.array([counts_from(task, line).timestamp() for line in lines], np.float64)
    return counts, np.array([told_at(line).timestamp() for line in lines], np.float64)


def _by_the_end(truth: Truth, since: Floats, told_at: Floats) -> tuple[Floats, Floats]:
    """How long each outcome took, and how old its case was when the history ended."""
    end = end_of(told_at[truth != UNKNOWN])
    return np.maximum(np.minimum(told_at, end) - since, 0.0), end - since


def _seen(truth: Truth, delays: Floats, ages: Floats) -> Took:
    seen = (truth != UNKNOWN) & (delays <= ages)
    return Took(truth[seen], delays[seen], ages[seen])


def _at_once(told_at: Floats, delays: Floats, young: Floats) -> bool:
    """Whether the outcomes that took longest were told within a small part of the time since the first of them could
    be, as a backlog is. Where none took as long as the cases are old that are too young, none was.
    """
    slow = young.max() if len(young) else np.quantile(delays, 0.9)
    told = told_at[delays >= slow]
    if not len(told):
        return False
    in_each, _ = np.histogram(told, bins=PARTS, range=(min(told_at.min() + slow, told.min()), told_at.max()))
    return bool(in_each.max() > AT_ONCE * len(told))


def end_of(told_at: Floats) -> float:
    """When a history ended, of the moments at which its outcomes were told: with the last, but for three or one in a
    thousand, of a wrong year or a late patch. Rows that came later without an outcome tell no end: nobody looked what
    came of those before.
    """
    n = len(told_at)
    return float(np.sort(told_at)[-1 - max(min(ODD, n // 100), n // 1000)])


def maturity(truth: Truth, delays: Floats, ages: Floats, earlier: Took = NONE_TOOK) -> Maturity | None:
    """Of a history's cases: `delays` is how long it takes until their outcome is known, which one that takes longer
    than the case is old is not, and `ages` how old they were when the history ended, below zero where their truth could
    not be known yet. None where all that matter are known.
    """
    known = (truth != UNKNOWN) & (delays <= ages)
    found = _maturity(_seen(truth, delays, ages), earlier)
    if found is None:
        return None
    young, stands_for = np.zeros(len(truth), np.bool_), np.ones(len(truth))
    young[known], stands_for[known] = found
    return Maturity(young, stands_for)


def _maturity(seen: Took, earlier: Took) -> Maturity | None:
    every = seen.and_of(earlier)
    labels = np.unique(every.truth).tolist()
    told = [each for each in labels if (every.truth == each).sum() >= FEWEST]
    own = known_within(every.delays, every.ages, seen.ages)
    least = np.ones(len(seen.ages)) if told == labels else own.copy()
    for label in told:
        mine = every.truth == label
        within = known_within(every.delays[mine], every.ages[mine], seen.ages)
        own = np.where(seen.truth == label, within, own)
        least = np.minimum(least, within)
    young = least < LEAST
    found = Maturity(young, np.where(young, 1.0, 1.0 / np.where(young, 1.0, own)))
    return found if found.unknown + int(young.sum()) >= WORTH * max(len(seen.truth), FEWEST) else None


def known_within(delays: Floats, ages: Floats, after: Floats, fewest: int = FEWEST) -> Floats:
    """The share of outcomes that is known within a time of their cases, for each time of `after`.

    A delay tells where `fewest` cases and more were at risk of it.

    Longer delays than any that enough cases are old enough to have shown are left out: 1 beyond the longest.
    """
    took = np.sort(delays)
    each, times = np.unique(took, return_counts=True)
    at_risk = np.searchsorted(took, each, side="right") - np.searchsorted(np.sort(ages), each, side="left")
    stays = np.where(at_risk >= fewest, 1.0 - times / np.maximum(at_risk, times), 1.0)
    beyond = np.append(np.cumprod(stays[::-1])[::-1], 1.0)
    return np.asarray(beyond[np.searchsorted(each, after, side="right")])
