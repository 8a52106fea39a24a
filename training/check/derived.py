"""What the numbers that a mapping derives hold, as columns beside those of the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.outcome import HistoryLine
from data.standing import Standing
from features.attributes import AttributeSchema, attribute_features, number
from features.definition import values_of
from features.wording import NO_WORDS, Wording, Wordings, derivations
from training.check.columns import Column, Floats


def derived_columns(lines: Sequence[HistoryLine], wordings: Wordings = NO_WORDS) -> dict[str, Column]:
    """The derived numbers of cases by name, as a model reads them that declares what they are made of."""
    derived = derivations(wordings)
    made_of = {name for each in derived.values() for name in (each.one, each.other)}
    declared = {name: number(wordings.get(name, Wording())) for name in sorted(made_of | derived.keys())}
    features = attribute_features(AttributeSchema(attributes=declared))
    rows = [values_of(features, line.case, Standing(as_of=line.case.event.time)) for line in lines]
    columns = np.array(rows, np.float64).reshape(len(lines), len(features)).T
    told = dict(zip(declared, columns, strict=True))
    return {name: _column(name, told[name]) for name in derived}


def _column(name: str, numbers: Floats) -> Column:
    known = np.isfinite(numbers)
    values, places = np.unique(numbers[known], return_inverse=True)
    codes = np.full(len(numbers), -1, np.int64)
    codes[known] = places
    return Column(name, codes, tuple(map(str, values.tolist())), numbers)
