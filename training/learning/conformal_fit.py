"""Fit the cells of `models.conformal` on cases later than those the scored models saw, and measure what they cover.

Newer cases may count more: with a half-life the weighted quantiles follow a drift (Barber, Candès, Ramdas, Tibshirani,
"Conformal prediction beyond exchangeability", 2023). Whether they do is decided on the latest block.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from models.conformal import DECIMALS, RATES, Cell, ConformalSets, set_labels
from models.heeded_sets import AIMS, Width, bounded
from training.learning.fit import at_own_level
from training.report.metrics import likelihood

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]
Regions = Sequence[str | None]

FEWEST = 100
"""Cases below which a cell is too small to speak: its label's, or the one of all, speaks for it."""
HALF_LIVES: tuple[float | None, ...] = (None, 1.0, 0.5, 0.25)
"""How fast calibration cases may lose weight, as a share of the time they span; None counts all alike, and first."""
AIM = 0.1
"""The error rate at which the half-lives are compared."""
CLEARLY = 0.005
"""By how much closer to its aim a half-life must bring the coverage before it is preferred to counting all alike."""
TOLERANCE = 0.02
"""A cell covers what it should where this far from the target is within its interval."""
Z = 1.959964
"""A 95 % interval's reach in standard errors."""


@dataclass(frozen=True)
class Calibrating:
    """Later cases with the probabilities a model gave that had not seen them, in time order."""

    truth: Truth
    probabilities: Floats
    """float64[n, k]; k is 1 for a risk."""
    regions: Regions
    times: Floats
    selection: Floats | None = None
    """What each case counts for because of why its outcome is known; None where all count alike."""

    def part(self, which: slice) -> Calibrating:
        """Some of the cases."""
        selection = None if self.selection is None else self.selection[which]
        return Calibrating(
            self.truth[which], self.probabilities[which], self.regions[which], self.times[which], selection
        )

    def at_own_level(self) -> Calibrating:
        """The cases as if the model had known how common each outcome would be among them.

        Models that scored earlier parts of a history missed their level by a drift that the one that ships has learned.
        """
        return replace(self, probabilities=at_own_level(self.truth, self.probabilities, self.selection))

    @staticmethod
    def joined(parts: Sequence[Calibrating]) -> Calibrating:
        """Parts that follow one another as one."""
        selections = [each.selection for each in parts if each.selection is not None]
        return Calibrating(
            np.concatenate([each.truth for each in parts]),
            np.concatenate([each.probabilities for each in parts]),
            [region for each in parts for region in each.regions],
            np.concatenate([each.times for each in parts]),
            np.concatenate(selections) if selections else None,
        )


def fit_conformal(
    task: Task, cases: Calibrating, last: int, missed: Mapping[str, Floats] = MappingProxyType({})
) -> ConformalSets:
    """The cells of the cases; `last` is how many of them are the latest block, which chooses the half-life.

    Half of what sets of earlier cases `missed` of later ones (see `missed_later`), each way, is made good beforehand.
    """
    earlier, latest = cases.part(slice(0, -last)), cases.part(slice(len(cases.truth) - last, None))
    misses = [_miss(_cells(task, earlier, each), task, latest) for each in HALF_LIVES]
    best = int(np.argmin(misses))
    half_life = HALF_LIVES[best if misses[best] < misses[0] - CLEARLY else 0]
    return _cells(task, cases, half_life, {label: _made_good(shares) for label, shares in missed.items()})


def missed_later(task: Task, parts: Sequence[Calibrating]) -> dict[str, Floats]:
    """By label, what share of each part's cases the sets of the parts before it missed, asked for each of `AIMS`: over
    all parts but the first, which follow one another in time. Labels that none of these tells are left out.
    """
    labels = set_labels(task.labels)
    sums = {label: np.zeros(len(AIMS)) for label in labels}
    counts = dict.fromkeys(labels, 0.0)
    for place, part in enumerate(parts[1:], start=1):
        sets = _cells(task, Calibrating.joined(parts[:place]), None)
        left = _left_at(sets, labels, part)
        weight = np.ones(len(left)) if part.selection is None else part.selection / part.selection.mean()
        for number, label in enumerate(labels):
            mine = part.truth == number
            counts[label] += float(weight[mine].sum())
            sums[label] += (weight[mine, None] * (left[mine, None] <= np.array(AIMS))).sum(axis=0)
    told = [label for label in labels if counts[label] > 0]
    return {label: (sums[label] + FEWEST * np.array(AIMS)) / (counts[label] + FEWEST) for label in told}


def _left_at(sets: ConformalSets, labels: Sequence[str], cases: Calibrating) -> Floats:
    """The error rate at which the truth of each case leaves its label's set, that of all regions."""
    given = np.round(likelihood(cases.truth, cases.probabilities), DECIMALS)
    left, rates = np.ones(len(given)), np.array([*RATES, 1.0])
    for number, label in enumerate(labels):
        mine = cases.truth == number
        left[mine] = rates[np.searchsorted(np.array(sets.cell(label, None).least), given[mine], side="right")]
    return left


def _made_good(missed: Floats) -> Floats:
    """For each of `RATES`, the rate to fit for so that it is missed where `missed` were: half of the way."""
    width = Width(AIMS, tuple(bounded(aim, math.sqrt(aim * each)) for aim, each in zip(AIMS, missed, strict=True)))
    return np.array([width.asked(rate) for rate in RATES])


def _miss(sets: ConformalSets, task: Task, latest: Calibrating) -> float:
    """How far the coverage of the labels lies from its aim, on average over the cases."""
    cells = coverage(sets, task, latest, AIM)["classes"]
    return float(sum(abs(each["coverage"] - (1.0 - AIM)) * each["n"] for each in cells)) / max(len(latest.truth), 1)


def _cells(
    task: Task, cases: Calibrating, half_life: float | None, rates: Mapping[str, Floats] = MappingProxyType({})
) -> ConformalSets:
    """The cells; of some labels at other rates than `RATES`, that they are asked for."""
    given = np.round(likelihood(cases.truth, cases.probabilities), DECIMALS)
    weight = _weights(cases, half_life)
    labels, regions = np.array(set_labels(task.labels))[cases.truth], np.array([each or "" for each in cases.regions])
    everyone = np.ones(len(given), bool)
    places: list[tuple[str | None, str | None, NDArray[np.bool_]]] = [(None, None, everyone)]
    for label in map(str, np.unique(labels)):
        mine = labels == label
        places += [(label, None, mine)]
        places += [(label, region, mine & (regions == region)) for region in map(str, np.unique(regions)) if region]
    return ConformalSets(
        tuple(
            Cell(label, region, int(chosen.sum()), _least(given[chosen], weight[chosen], _rates(label, rates)))
            for label, region, chosen in places
            if label is None or _effective(weight[chosen]) >= FEWEST
        )
    )


def _weights(cases: Calibrating, half_life: float | None) -> Floats:
    """The newest case counts 1, one a half-life older a half; times what it counts for by itself."""
    times = cases.times
    counts = np.ones(len(times)) if cases.selection is None else cases.selection / cases.selection.mean()
    span = float(times[-1] - times[0]) if len(times) else 0.0
    if half_life is None or span <= 0:
        return counts
    return np.asarray(counts * 0.5 ** ((times[-1] - times) / (half_life * span)))


def _effective(weight: Floats) -> float:
    """As how many cases of equal weight these count (Kish)."""
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def _rates(label: str | None, rates: Mapping[str, Floats]) -> Floats:
    return np.array(RATES) if label is None or label not in rates else rates[label]


def _least(given: Floats, weight: Floats, rates: Floats) -> tuple[float, ...]:
    """For each rate the least probability whose p-value exceeds it, the case that is asked about counted as one."""
    order = np.argsort(given, kind="stable")
    mass, ordered = np.cumsum(weight[order]), given[order]
    beyond = rates * (weight.sum() + 1.0) - 1.0
    at = np.searchsorted(mass, beyond, side="right")
    least = np.where(beyond < 0, 0.0, ordered[np.minimum(at, len(ordered) - 1)])
    return tuple(np.where(at >= len(ordered), 1.0, least).tolist())


def coverage(
    sets: ConformalSets,
    task: Task,
    cases: Calibrating,
    error_rate: float,
    asked: Floats | None = None,
    exceptions: Truth | None = None,
) -> dict[str, Any]:
    """How often the truth was in the set, and how large the sets were, as JSON values: over all, per class and cell.

    A cell holds the target where its 95 % interval (Wilson) reaches within two points of it; all do where those of all
    cases and of every class hold it, since sets promise it for each class. With `asked` float64[n, labels], sets are
    those of other error rates, as the record of the model had them: see `models.heeded_sets`. Cases of one of the
    `exceptions`, a number each, are right or wrong together, which widens intervals.
    """
    labels = set_labels(task.labels)
    rates = np.full((len(cases.truth), len(labels)), error_rate) if asked is None else asked
    stays = stay(sets, labels, cases, rates)
    sizes, covered = stays.sum(axis=1), stays[np.arange(len(stays)), cases.truth]
    names, regions = np.array(labels)[cases.truth], np.array([each or "" for each in cases.regions])
    everyone = np.ones(len(sizes), bool)

    def told(chosen: NDArray[np.bool_], **place: str | None) -> dict[str, Any]:
        own = None if exceptions is None else exceptions[chosen]
        return {**place, **_covered(covered[chosen], sizes[chosen], 1.0 - error_rate, own)}

    present = sorted(set(names.tolist()))
    by_region = [
        told((names == label) & (regions == region), label=label, region=region or None)
        for label in present
        for region in sorted(set(regions[names == label].tolist()))
    ]
    whole, classes = told(everyone), [told(names == label, label=label) for label in present]
    return {
        "error_rate": error_rate,
        "all": {**whole, "holds": all(each["holds"] for each in (whole, *classes))},
        "classes": classes,
        "cells": by_region,
    }


def stay(sets: ConformalSets, labels: tuple[str, ...], cases: Calibrating, error_rates: Floats) -> NDArray[np.bool_]:
    """Which labels stay in each case's set at error rates: both [n, labels]."""
    given, regions = cases.probabilities, np.array([each or "" for each in cases.regions])
    if given.shape[1] == 1:
        given = np.hstack([np.round(1.0 - given, DECIMALS), given])
    stays = np.zeros(given.shape, bool)
    for region in np.unique(regions):
        mine = regions == region
        for place, label in enumerate(labels):
            cell = sets.cell(label, str(region) or None)
            stays[mine, place] = cell.stays(given[mine, place], error_rates[mine, place])
    return stays


def _covered(
    covered: NDArray[np.bool_], sizes: NDArray[np.int64], target: float, exceptions: Truth | None
) -> dict[str, Any]:
    alone = 1.0 if exceptions is None else 1.0 / design_effect(covered, exceptions)
    low, high = interval(int(covered.sum()) * alone, len(covered) * alone)
    return {
        "n": len(covered),
        "coverage": float(covered.mean()) if len(covered) else None,
        "interval": [low, high],
        "holds": low <= target + TOLERANCE and high >= target - TOLERANCE,
        "size": float(sizes.mean()) if len(sizes) else None,
        "one": float((sizes == 1).mean()) if len(sizes) else None,
        "none": float((sizes == 0).mean()) if len(sizes) else None,
    }


def design_effect(covered: NDArray[np.bool_], exceptions: Truth) -> float:
    """As how many cases an independent one counts, 1 at least: the variance of the share over exceptions, of which each
    may have several cases, beside that of independent cases (Kish, "Survey Sampling", 1965, cluster sampling).
    """
    off = covered - covered.mean() if len(covered) else np.zeros(0)
    together = np.bincount(np.unique(exceptions, return_inverse=True)[1], off)
    alone = float((off**2).sum())
    return max(1.0, float((together**2).sum()) / alone) if alone else 1.0


def interval(hits: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, which lies in it to the last digit."""
    if not n:
        return 0.0, 1.0
    share, z2 = hits / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, min(centre - reach, share)), min(1.0, max(centre + reach, share))
