"""The linear term is one piecewise-linear function a feature, told exactly; arrays that are none are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.linear import InvalidLinearTermError, LinearTerm
from tests.fixtures.linear_terms import linear_term

ODD = [np.nan, np.inf, -np.inf, 0.0, -3.0, 3.0, 0.05, 1.7, -2.2, 40.0]


def rows(seed: int, n: int, k: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).choice(ODD, size=(n, k))


@given(st.integers(0, 2**32 - 1))
def test_every_function_is_straight_between_its_knots_and_constant_beyond_them(seed: int) -> None:
    term = linear_term(seed)
    for row, told in zip(rows(seed, 20), term.terms(rows(seed, 20)), strict=True):
        for j, x in enumerate(row):
            own = slice(term.first[j], term.first[j + 1])
            expected = term.missing[j] if np.isnan(x) else np.interp(x, term.knot[own], term.value[own])
            assert told[j] == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_base_and_contributions_add_up_to_the_raw_score(seed: int) -> None:
    term = linear_term(seed)
    for row in rows(seed, 10):
        assert term.base + term.contributions(row).sum() == pytest.approx(float(term.raw(row)), abs=1e-12)


def test_one_row_scores_as_it_does_among_many() -> None:
    term = linear_term(3, n_features=40, most_knots=12)
    many = rows(3, 20_000, 40)
    batch = term.raw_batch(many)
    assert [float(term.raw(row)) for row in many[::97]] == batch[::97].tolist()


def test_a_share_of_the_term_is_that_share_of_its_score() -> None:
    term = linear_term(8)
    np.testing.assert_allclose(term.scaled(0.25).raw(rows(8, 50)), 0.25 * term.raw(rows(8, 50)), atol=1e-12)


def test_the_stored_arrays_are_the_term() -> None:
    term = linear_term(9)
    stored = LinearTerm.from_arrays(term.to_arrays())
    assert stored.raw(rows(9, 50)).tolist() == term.raw(rows(9, 50)).tolist()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"knot": np.array([1.0, 0.0])}, "ascend"),
        ({"knot": np.array([0.0, 0.0])}, "ascend"),
        ({"value": np.array([0.0, np.nan])}, "value holds a number that is not finite"),
        ({"intercept": np.inf}, "intercept"),
        ({"first": np.array([0, 1])}, "at least one each"),
        ({"first": np.array([0])}, "at least one each"),
        ({"missing": np.zeros(2)}, "2 missing"),
        ({"value": np.zeros(3)}, "3 values"),
    ],
)
def test_arrays_that_are_no_term_are_refused(change: dict[str, Any], says: str) -> None:
    sound = LinearTerm(np.array([0, 2]), np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.zeros(1), np.zeros(1), 0.0)
    with pytest.raises(InvalidLinearTermError, match=says):
        replace(sound, **change)


def test_a_missing_array_is_named() -> None:
    with pytest.raises(InvalidLinearTermError, match="missing: mean"):
        LinearTerm.from_arrays({name: each for name, each in linear_term(1).to_arrays().items() if name != "mean"})


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 4 features"):
        linear_term(1).raw(np.zeros(3))


def test_a_function_that_is_a_constant_is_not_read() -> None:
    term = linear_term(7)
    value, missing = term.value.copy(), term.missing.copy()
    value[term.first[1] : term.first[2]] = missing[1] = 0.25
    told = replace(term, value=value, missing=missing)
    assert told.reads.tolist() == [True, False, True, True]
    missing[1] = 0.5
    assert replace(term, value=value, missing=missing).reads[1], "whether it is known moves the score"
