"""What a model was trained on, kept in a few numbers: the makings of a `models.profile.Profile`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.catalogue import FeatureSet
from features.chain import is_chained
from models.drift import said
from models.performance import FEWEST, Performance, realised
from models.profile import PREDICTION, FeatureProfile, profile_of
from models.weights import part
from training.learning.dependence import blocks_of, design_effect, unthinned

Floats = NDArray[np.float64]

MOST_ROWS = 100_000


def feature_profiles(
    features: FeatureSet, matrix: Floats, times: Floats | None = None, selection: Floats | None = None
) -> tuple[FeatureProfile, ...]:
    """The profile of every feature, of the values as they are shown: the service keeps no others.

    Rows count for their `selection`, here and below: those whose outcome is known stand for all. Of rows with `times`,
    in whose order they stand, it also tells how much neighbours say the same.
    """
    counts = None if selection is None else spread(selection)
    moments = None if times is None else spread(times)
    columns = zip(features.features, features.as_shown(spread(matrix)).T, strict=True)
    step = step_of(matrix)
    return tuple(_profile(each.name, column, each.kind == "number", moments, counts, step) for each, column in columns)


def _profile(
    name: str, values: Floats, ordered: bool, times: Floats | None, weight: Floats | None, step: int
) -> FeatureProfile:
    told = profile_of(name, values, ordered, weight)
    if times is None:
        return told
    # What earlier tasks say is compared with the cases of which they could say it: see `TaskModel.comparable`.
    known = ~np.isnan(values) if is_chained(name) else np.ones(len(values), bool)
    alone = design_effect(told, values[known], blocks_of(times[known]), part(weight, known))
    design = unthinned(alone, step)
    return told if design == 1.0 else replace(told, design=design)


def spread(rows: Floats) -> Floats:
    """Rows spread evenly over all of them, at most `MOST_ROWS`: shares need no more, so millions are not copied."""
    step = step_of(rows)
    return rows[::step] if step > 1 else rows


def step_of(rows: Floats) -> int:
    """Every how many-th row that is."""
    return max(1, math.ceil(len(rows) / MOST_ROWS))


def prediction_profile(
    task: Task, probabilities: Floats, times: Floats | None = None, selection: Floats | None = None
) -> FeatureProfile:
    """The profile of what was said: probabilities of a risk, the likeliest of labels."""
    return _profile(PREDICTION, said(probabilities), task.is_risk, times, selection, step=1)


def performances(
    probability: Floats,
    happened: NDArray[np.int64],
    regions: Sequence[str | None],
    selection: Floats | None = None,
) -> tuple[Performance, ...]:
    """How predictions did over all, and in every region with enough of them."""
    told = np.array([each or "" for each in regions])
    names = [str(name) for name in np.unique(told) if name and (told == name).sum() >= FEWEST]

    def of(mine: NDArray[np.bool_], region: str | None) -> Performance:
        return realised(probability[mine], happened[mine], region, part(selection, mine))

    return (of(np.ones(len(told), bool), None), *(of(told == name, name) for name in names))
