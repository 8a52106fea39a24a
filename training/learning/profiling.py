"""What a model was trained on, kept in a few numbers: the makings of a `models.profile.Profile`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.catalogue import FeatureSet
from models.drift import said
from models.performance import FEWEST, Performance, realised
from models.profile import PREDICTION, FeatureProfile, profile_of
from models.weights import part

Floats = NDArray[np.float64]

MOST_ROWS = 100_000


def feature_profiles(
    features: FeatureSet, matrix: Floats, selection: Floats | None = None
) -> tuple[FeatureProfile, ...]:
    """The profile of every feature, of the values as they are shown: the service keeps no others.

    Rows count for their `selection`, here and below: those whose outcome is known stand for all.
    """
    counts = None if selection is None else spread(selection)
    columns = zip(features.features, features.as_shown(spread(matrix)).T, strict=True)
    return tuple(profile_of(each.name, column, each.kind == "number", counts) for each, column in columns)


def spread(rows: Floats) -> Floats:
    """Rows spread evenly over all of them, at most `MOST_ROWS`: shares need no more, so millions are not copied."""
    return rows[:: math.ceil(len(rows) / MOST_ROWS)] if len(rows) > MOST_ROWS else rows


def prediction_profile(task: Task, probabilities: Floats, selection: Floats | None = None) -> FeatureProfile:
    """The profile of what was said: probabilities of a risk, the likeliest of labels."""
    return profile_of(PREDICTION, said(probabilities), task.is_risk, selection)


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
