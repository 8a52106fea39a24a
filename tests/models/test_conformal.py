from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.conformal import RATES, Cell, ConformalSets, InvalidConformalError, members, set_labels, with_no

LEAST = tuple(rate for rate in RATES)
"""At every rate, the least probability is the rate itself."""
ALL = Cell(None, None, 500, LEAST)


def raised(by: float) -> tuple[float, ...]:
    return tuple(min(1.0, each + by) for each in LEAST)


@given(st.floats(0, 1), st.sampled_from(RATES))
def test_a_label_stays_in_the_set_just_where_its_probability_reaches_the_least(probability: float, rate: float) -> None:
    stays = ALL.leaves_at(probability) > rate
    assert stays == (round(probability, 9) >= LEAST[RATES.index(rate)])


@pytest.mark.parametrize("by", [-4e-10, 0.0, 4e-10])
def test_probabilities_are_compared_as_they_are_served(by: float) -> None:
    assert ALL.leaves_at(LEAST[9] + by) == RATES[10]
    assert ALL.stays(np.array([LEAST[9] + by]), RATES[9]).tolist() == [True]


@given(st.lists(st.floats(0, 1) | st.sampled_from(LEAST), min_size=1, max_size=5), st.sampled_from([*RATES, 0.07, 0.6]))
def test_many_are_told_as_one_by_one(probabilities: list[float], rate: float) -> None:
    stays = ALL.stays(np.array(probabilities), rate)
    assert stays.tolist() == [ALL.leaves_at(each) > rate for each in probabilities]


def test_a_label_is_out_at_the_very_rate_at_which_it_leaves() -> None:
    assert members({"a": 0.1, "b": 0.2, "c": 1.0}, 0.1) == ("b", "c")


def test_sets_are_made_of_labels_or_of_no_and_yes() -> None:
    assert set_labels(["b", "a"]) == ("b", "a")
    assert set_labels([]) == ("no", "yes")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.005, 0.5), st.floats(0.005, 0.5))
def test_sets_only_shrink_where_more_errors_are_allowed(p: float, q: float, one: float, other: float) -> None:
    leaves = ConformalSets((ALL,)).leaves_at({"a": p, "b": q}, None)
    smaller, larger = members(leaves, max(one, other)), members(leaves, min(one, other))
    assert set(smaller) <= set(larger)


def test_a_small_cell_is_spoken_for_by_its_label_and_then_by_all() -> None:
    label, region = Cell("a", None, 200, raised(0.1)), Cell("a", "emea", 120, raised(0.2))
    sets = ConformalSets((ALL, label, region))
    assert sets.cell("a", "emea") is region
    assert sets.cell("a", "apac") is label
    assert sets.cell("a", None) is label
    assert sets.cell("b", "emea") is ALL


def test_sets_survive_their_files() -> None:
    sets = ConformalSets((ALL, Cell("a", "emea", 120, raised(0.2))))
    assert ConformalSets.from_json(sets.to_json()) == sets


def test_a_risk_has_a_no_beside_its_yes() -> None:
    assert with_no({"yes": 0.3}) == {"no": 0.7, "yes": 0.3}
    assert with_no({"a": 0.3, "b": 0.7}) == {"a": 0.3, "b": 0.7}


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"kind": "conformal", "rates": [0.1], "cells": []},
        {"kind": "conformal", "rates": list(RATES), "cells": []},
        {"kind": "conformal", "rates": list(RATES), "cells": [{"label": None, "region": None, "n": 1}]},
        {"kind": "conformal", "rates": list(RATES), "cells": [ConformalSets((ALL,)).to_json()["cells"][0]] * 2},
    ],
)
def test_what_is_no_set_is_refused(document: object) -> None:
    with pytest.raises(InvalidConformalError):
        ConformalSets.from_json(document)


@pytest.mark.parametrize(
    "least", [LEAST[:-1], LEAST[::-1], (*LEAST[:-1], 1.5), (-0.1, *LEAST[1:]), (float("nan"), *LEAST[1:])]
)
def test_thresholds_are_rising_probabilities(least: tuple[float, ...]) -> None:
    with pytest.raises(InvalidConformalError):
        Cell(None, None, 1, least)
