"""Columns that hold what happened later than their row: one rule for each way in which that shows.

Each rule looks at the cells alone, never at a column's name. What a rule finds is a suspicion: a person who knows the
table says whether the value was there at the moment of the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from data.vocabulary import Task
from training.check.associations import Rows, area_alone, binned, skill, uncertainty
from training.check.columns import Codes, Column, Floats
from training.check.examined import Examined
from training.check.outcome_order import lies_in_order_of
from training.histories.split import is_timeless
from training.histories.truth import UNKNOWN

MINUTE = 60.0
LATER_SHARE = 0.05
"""Share of a column's instants that may lie after their rows: clocks that disagree stay below it."""
FEWEST = 100
"""Cases below which a rule says nothing."""
NEAR_EMPTY = 0.05
"""Share of filled rows below which a column counts as near-empty."""
WITH_THE_OUTCOME = 0.02
"""Share of the cases without an outcome that may have a column which comes with the outcome."""
FEWEST_UNTOLD = 30
"""Cases without an outcome, and with one of the same days, below which nothing is said of what comes with it."""
ONE_LABEL = 0.98
STEADY = 0.002
"""Share of the cases in which a column may change and still count as one that never does."""
MOST_LEVELS = 3_000
"""Distinct words above which a column tells too little of any to be asked what it knows."""
ENDINGS = 0.1
"""What a steady column must tell, at least, of how others end."""
ENDINGS_OVER_BEGINNINGS = 3.0
LEAST_UNCERTAIN = 0.5
"""Nats of uncertainty below which there is nothing to tell of."""
SETTLED = 0.98
"""The area under the curve from which a column is the outcome in other words."""
UNSETTLED = 0.9
STRONG = 0.85
"""The area under the curve from which a column may be a leak, and so is no measure of what an honest one reaches.

Leaks seldom come alone: were each measured by the next best column, a leak and its twin would excuse one another.
"""
FEWER_ERRORS = 2.5
"""So many times fewer ranking errors than the best honest column's are implausible; an honest one has had 2.1."""


@dataclass(frozen=True)
class Suspicion:
    """What one rule has against a column."""

    rule: str
    says: str


Found = dict[str, list[Suspicion]]


def suspicions(
    seen: Examined,
    plans: frozenset[str],
    tells: frozenset[str],
    named: frozenset[str],
    after: frozenset[str],
    alone: Mapping[str, Mapping[Task, float]],
) -> Found:
    """What is suspected of each column, only those that are suspected.

    `plans` are columns that hold the promised or planned instants of a case, which lie ahead by nature; `tells` those
    that the outcome is read from; `named` those that name a case and are nothing a model reads; `after` all that are
    said to hold what came of it, so that none measures what an honest one reaches; `alone` the area under the curve
    that each column reaches alone, per risk.
    """
    enough = [task for task, truth in _risks(seen).items() if (truth != UNKNOWN).sum() >= FEWEST]
    honest = {task: _best_honest(alone, after, task) for task in enough}
    split = "on cases kept apart" if is_timeless(seen.times) else "in time order"
    ends = _ends(seen, tells)
    found: Found = {}
    for name, column in seen.columns.items():
        told = [
            None if name in plans else _later(column, seen),
            None if name in tells else _with_the_outcome(column, seen),
            None if name in tells | named else _as_the_outcome(column, ends, seen),
            *(_one_label(column, truth, task) for task, truth in _risks(seen).items()),
            *(_implausible(alone[name][task], best, task, split) for task, best in honest.items()),
        ]
        found[name] = [each for each in told if each is not None]
    for name, more in (_of_a_log(seen) if seen.is_log else {}).items():
        found[name] += more
    return {name: told for name, told in found.items() if told}


def areas_alone(seen: Examined) -> dict[str, dict[Task, float]]:
    """The area under the curve of each column alone, learned on two thirds of the rows and measured on the rest."""
    return {name: areas_of(column, seen) for name, column in seen.columns.items()}


def areas_of(column: Column, seen: Examined) -> dict[Task, float]:
    """The same of one column over the chosen rows, by task."""
    taught = _taught(seen)
    return {
        task: area_alone(column, truth == 1, taught & (truth != UNKNOWN), ~taught & (truth != UNKNOWN), seen.times)
        for task, truth in _risks(seen).items()
    }


def _taught(seen: Examined) -> Rows:
    """The earlier two thirds; where no row is later than another two of every three, in whatever order a file is."""
    rows = np.arange(len(seen.times))
    return rows % 3 < 2 if is_timeless(seen.times) else rows < 2 * len(rows) // 3


def _risks(seen: Examined) -> dict[Task, NDArray[np.int64]]:
    return {task: truth for task, truth in seen.truths.items() if task.is_risk}


def _later(column: Column, seen: Examined) -> Suspicion | None:
    """Instants that lie after the moment of their own row."""
    if column.moments is None or is_timeless(seen.times):
        return None
    filled = np.isfinite(column.moments)
    after = column.moments[filled] > seen.times[filled] + MINUTE
    if not len(after) or after.mean() < LATER_SHARE:
        return None
    return Suspicion("later", f"{percent(float(after.mean()))} of its instants are later than their own row")


def _with_the_outcome(column: Column, seen: Examined) -> Suspicion | None:
    """A column that is empty as long as the outcome is: filled when the case ended.

    Cases of the same days are compared, so that a column which came or went with a system is not taken for one.
    """
    filled, told = column.codes >= 0, np.isfinite(seen.recorded)
    if is_timeless(seen.times) or (~told).sum() < FEWEST_UNTOLD or filled[~told].mean() > WITH_THE_OUTCOME:
        return None
    since, until = np.quantile(seen.times[~told], 0.1), seen.times[~told].max()
    beside = told & (seen.times >= since) & (seen.times <= until)
    if beside.sum() < FEWEST_UNTOLD or filled[beside].mean() < 0.5:
        return None
    return Suspicion(
        "with_the_outcome",
        f"filled in {percent(float(filled[beside].mean()))} of the cases of which an outcome is told and in "
        f"{percent(float(filled[~told].mean()))} of those of the same days that tell none: it comes with the outcome",
    )


def _ends(seen: Examined, tells: frozenset[str]) -> list[Floats]:
    """When the chosen rows' cases ended: by every instant that the outcome is read from, and when it was known."""
    read = [each.moments for name, each in seen.columns.items() if name in tells and each.moments is not None]
    return [*read, seen.recorded]


def _as_the_outcome(column: Column, ends: Sequence[Floats], seen: Examined) -> Suspicion | None:
    """A number that grows as cases end, and not as they begin."""
    if is_timeless(seen.times) or not lies_in_order_of(column, ends, seen.times):
        return None
    return Suspicion(
        "as_the_outcome", "lies in the order in which cases ended, and not in that in which they began: it tells when"
    )


def _one_label(column: Column, truth: NDArray[np.int64], task: Task) -> Suspicion | None:
    """A near-empty column that is filled for one outcome only."""
    known = truth != UNKNOWN
    filled = known & (column.codes >= 0)
    if filled.sum() < FEWEST or filled.sum() > NEAR_EMPTY * known.sum():
        return None
    rate, usual = (truth[filled] == 1).mean(), (truth[known] == 1).mean()
    # Where almost all cases end alike, a rare column does too.
    if max(rate, 1 - rate) < ONE_LABEL or max(usual, 1 - usual) > ONE_LABEL - 0.03:
        return None
    ends = "happened" if rate > 0.5 else "did not happen"
    return Suspicion(
        "one_outcome", f"filled in {filled.sum()} cases only, and {task.value} {ends} in nearly all of them"
    )


def _best_honest(alone: Mapping[str, Mapping[Task, float]], after: frozenset[str], task: Task) -> float:
    """The best area that a column above suspicion reaches."""
    areas = (areas[task] for name, areas in alone.items() if name not in after)
    return max((area for area in areas if area < STRONG), default=0.5)


def _implausible(area: float, honest: float, task: Task, split: str) -> Suspicion | None:
    """A column that predicts as no honest column does: far better than the best of those above suspicion."""
    if area < STRONG or (1 - area) * FEWER_ERRORS > 1 - honest:
        return None
    return Suspicion(
        "implausible",
        f"tells {task.value} alone, {split}, with an AUC of {area:.3f}; the best column below {STRONG} reaches "
        f"{honest:.3f}",
    )


def _of_a_log(seen: Examined) -> Found:
    """What only a log shows, in which cases change: columns that know the end from the first row, or become it."""
    ends = {name: (column.at(seen.first), column.at(seen.last)) for name, column in seen.log.items()}
    steady = [name for name, column in seen.log.items() if _is_steady(column, seen)]
    living = {name: both for name, both in ends.items() if name not in steady and _can_end_otherwise(*both)}
    found: Found = {}
    for name, (first, last) in ends.items():
        told = [_knows_the_end(first, living) if name in steady else None]
        told += [_becomes_the_outcome(first, last, seen, task) for task in _risks(seen) if name not in steady]
        found[name] = [each for each in told if each is not None]
    return found


def _is_steady(column: Column, seen: Examined) -> bool:
    """Whether the column never changes within a case, and says something."""
    if column.missing > 1 - NEAR_EMPTY or len(column.words) < 2:
        return False
    first_of_row = column.codes[seen.first][seen.of_case]
    moved = np.bincount(seen.of_case, column.codes != first_of_row, minlength=len(seen.first)) > 0
    return bool(moved.mean() < STEADY)


def _can_end_otherwise(first: Column, last: Column) -> bool:
    """Whether a column changes often enough, from values that differ from case to case to others that do.

    Where all cases begin alike, no column could tell of their beginning, and the comparison would say nothing.
    """
    changed = _changed(first, last)
    if changed.sum() < max(FEWEST, 0.005 * len(changed)) or last.moments is not None or len(last.words) > MOST_LEVELS:
        return False
    begins, ends = uncertainty(first.codes[changed]), uncertainty(last.codes[changed])
    return begins >= LEAST_UNCERTAIN and begins >= ends / 2 and ends >= begins / 2


def _changed(first: Column, last: Column) -> Rows:
    """The cases in which the column was one thing and became another."""
    return np.asarray((first.codes >= 0) & (last.codes >= 0) & (first.codes != last.codes))


def _knows_the_end(column: Column, living: Mapping[str, tuple[Column, Column]]) -> Suspicion | None:
    """A steady column that tells how other columns end, in the cases in which they change, more than how they begin.

    What was written when a case began can tell of its beginning at least as well.
    """
    codes = _asked(column)
    if codes is None:
        return None
    beginnings = endings = 0.0
    for first, last in living.values():
        changed = _changed(first, last)
        beginnings += max(skill(first.codes, codes, changed), 0.0)
        endings += max(skill(last.codes, codes, changed), 0.0)
    if endings < ENDINGS or endings < ENDINGS_OVER_BEGINNINGS * beginnings:
        return None
    return Suspicion(
        "knows_the_end",
        "never changes within a case, yet in cases in which other columns change it tells of their end "
        f"({endings:.2f}) more than of their beginning ({beginnings:.2f})",
    )


def _asked(column: Column) -> Codes | None:
    """The words of a column, or the bins of its numbers where there are too many words."""
    if column.moments is not None:
        return None
    if len(column.words) <= MOST_LEVELS:
        return column.codes
    return None if column.numbers is None else binned(column.numbers, np.ones(len(column.numbers), bool))


def _becomes_the_outcome(first: Column, last: Column, seen: Examined, task: Task) -> Suspicion | None:
    """A column that does not tell the outcome when a case begins, and is the outcome when it ends: a running flag."""
    truth = seen.truth_of_cases(task)
    known = truth != UNKNOWN
    half = np.arange(len(truth)) % 2 == 0
    begins, ends = (area_alone(each, truth == 1, known & half, known & ~half) for each in (first, last))
    if known.sum() < FEWEST or ends < SETTLED or begins > UNSETTLED:
        return None
    return Suspicion(
        "becomes_the_outcome",
        f"its last value in a case tells {task.value} with an AUC of {ends:.3f}, its first {begins:.3f}",
    )
