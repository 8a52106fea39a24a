"""Numbers beside one another: each pair of a retailer's own numbers as the first one's share of both, where that tells.

Trees cut one number at a time: that stock lies under a forecast is one share to a planner and a staircase of cuts to a
forest. Which two belong together nobody has to say: where a table tells no times, all pairs are tried at once, and are
read where they serve cases that did not teach them beyond chance. A pair is a derived number of the bundle, as if the
mapping had named it: no case tells it, and an answer shows it like any other fact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from data.record import Unit
from data.units import sayable
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration, number
from features.catalogue import feature_set
from features.definition import SMALLEST_DIVISOR
from features.derived import Derived
from features.wording import LONGEST_NAME, Wording
from training.histories.rows import Rows
from training.histories.split import Split
from training.learning.fit import APART, Recipe, grow, probabilities
from training.learning.linear_basis import FEW_VALUES
from training.report.metrics import losses_of

Floats = NDArray[np.float64]

MOST_NUMBERS = 16
"""Numbers that are paired; of more, those that quick trees go by most."""
MOST_CELLS = 24_000_000
"""Values of pairs that a training holds: of longer histories fewer numbers are paired."""
TRIAL = Recipe(rounds=150, leaves=15, learning_rate=0.08, least_in_leaf=20, features_per_tree=0.5)
TRIAL_ROWS = 60_000
"""Rows that teach a trial, evenly spaced where there are more."""
WORTH = 0.0005
"""Log loss by which pairs must serve the blocks."""
BEYOND_CHANCE = 2.0
"""And by so many of its standard errors, case by case."""
_ATTRIBUTE = "attribute."
_LONGEST, _CUT = 64, 24


def choose_pairs(
    task: Task, rows: Rows, split: Split, attributes: AttributeSchema, threads: int, seed: int
) -> AttributeSchema:
    """The attributes with all pairs of their numbers where these serve the blocks; as they are where not."""
    paired = _with_pairs(attributes, _numbers(task, rows, split, attributes, threads, seed))
    if len(paired.attributes) == len(attributes.attributes):
        return attributes
    wider = replace(
        rows,
        features=beside(task, rows.features, attributes, paired),
        categories=feature_set(task, paired).categories,
    )
    gains = np.concatenate([_gains(rows, wider, split, block, threads, seed) for block in split.blocks])
    error = float(gains.std() / np.sqrt(len(gains)))
    return paired if gains.mean() > max(WORTH, BEYOND_CHANCE * error) else attributes


def beside(task: Task, facts: Floats, before: AttributeSchema, after: AttributeSchema) -> Floats:
    """The facts float64[n, k] of the attributes before as those of the attributes with pairs: float64[n, more]."""
    place = {name: at for at, name in enumerate(feature_set(task, before).names)}
    columns = []
    for name in feature_set(task, after).names:
        at = place.get(name)
        columns.append(facts[:, at] if at is not None else _share(facts, place, after, name))
    return np.column_stack(columns)


def _share(facts: Floats, place: dict[str, int], after: AttributeSchema, name: str) -> Floats:
    """As `features.derived` computes it of one case."""
    made = after.attributes[name.removeprefix(_ATTRIBUTE)].derived
    assert made is not None
    one, other = (facts[:, place[f"{_ATTRIBUTE}{each}"]] for each in (made.one, made.other))
    both = np.abs(one) + np.abs(other)
    known = np.isfinite(both) & (both >= SMALLEST_DIVISOR)
    return np.asarray(np.divide(one, both, out=np.full(len(facts), np.nan), where=known))


def _gains(rows: Rows, wider: Rows, split: Split, block: tuple[int, int], threads: int, seed: int) -> Floats:
    """By how much lower the loss of each of a block's cases is where pairs are read, float64[n], as it counts."""
    asked, teachers = slice(*block), np.arange(len(rows.truth))[split.teachers(block)]
    teachers = teachers[:: max(1, len(teachers) // TRIAL_ROWS)]

    def losses(read: Rows) -> Floats:
        """By two forests: what one draw of columns makes of few rows is half chance."""
        taught = replace(read.at(teachers), directions={})
        grown = [grow(taught, TRIAL, threads, each) for each in (seed, seed + APART)]
        both = [losses_of(read.truth[asked], probabilities(each, read.features[asked])) for each in grown]
        return np.asarray(np.mean(both, axis=0))

    counts = 1.0 if rows.selection is None else rows.selection[asked] / rows.selection.mean()
    return np.asarray((losses(rows) - losses(wider)) * counts)


def _numbers(
    task: Task, rows: Rows, split: Split, attributes: AttributeSchema, threads: int, seed: int
) -> tuple[str, ...]:
    """The numbers that are paired: of many values, and no shares or ratios themselves."""
    place = {name: at for at, name in enumerate(feature_set(task, attributes).names)}
    found = [
        name
        for name, declared in attributes.attributes.items()
        if _is_amount(declared) and _has_many_values(rows.features[: split.test, place[f"{_ATTRIBUTE}{name}"]])
    ]
    most = min(MOST_NUMBERS, int((2 * MOST_CELLS / len(rows.truth)) ** 0.5))
    if len(found) <= most:
        return tuple(found)
    gain = grow(rows.upto(split.test), TRIAL, threads, seed).feature_importance("gain")
    return tuple(sorted(sorted(found, key=lambda name: -gain[place[f"{_ATTRIBUTE}{name}"]])[:most]))


def _is_amount(declared: Declaration) -> bool:
    made = declared.derived
    return declared.kind == "number" and (made is None or made.way in ("sum", "difference"))


def _has_many_values(column: Floats) -> bool:
    return len(np.unique(column[np.isfinite(column)])) > FEW_VALUES


def _with_pairs(attributes: AttributeSchema, numbers: Sequence[str]) -> AttributeSchema:
    """The attributes and, for each pair of numbers in one unit, the first one's share of both."""
    declared = attributes.attributes
    pairs = {
        _name(one, other): number(_wording(attributes, one, other))
        for one, other in combinations(numbers, 2)
        if declared[one].unit == declared[other].unit
    }
    own = {name: each for name, each in pairs.items() if name not in declared}
    return attributes.model_copy(update={"attributes": dict(sorted((declared | own).items()))})


def _name(one: str, other: str) -> str:
    name = f"{one}_beside_{other}"
    if len(name) <= _LONGEST:
        return name
    return f"{one[:_CUT]}_beside_{other[:_CUT]}_{hashlib.blake2b(name.encode(), digest_size=3).hexdigest()}"


def _wording(attributes: AttributeSchema, one: str, other: str) -> Wording:
    words = [attributes.attributes[each].word(each) for each in (one, other)]
    called = f"share of {words[0]} beside {words[1]}"
    made = Derived(way="share", one=one, other=other)
    return Wording(called=called if sayable(called, LONGEST_NAME) else None, unit=Unit.RATIO, derived=made)
