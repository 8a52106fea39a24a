"""Trees and linear term add up, exactly attributed; a single row scores as it does in a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.linear import LinearTerm
from models.score import InvalidScoreError, Score
from tests.fixtures.forests import forest
from tests.fixtures.linear_terms import linear_term
from tests.fixtures.shapley import by_enumeration

ODD = [np.nan, 0.0, -0.5, -1.0, 0.7, 2.7, 31.0, 40.0]


def score(seed: int) -> Score:
    return Score(forest(seed, n_features=4), linear_term(seed), tree_share=0.75)


def rows(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(ODD, size=(n, 4))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_contributions_are_those_of_the_definition_for_trees_and_term_together(seed: int) -> None:
    whole, row = score(seed), rows(seed, 1)[0]
    base, phi = by_enumeration(whole.trees, row, 0)
    assert whole.linear is not None
    assert whole.base(0) == pytest.approx(0.75 * base + whole.linear.base, abs=1e-12)
    expected = 0.75 * np.array(phi) + whole.linear.contributions(row)
    assert whole.contributions(row, 0) == pytest.approx(expected, abs=1e-12)
    assert whole.base(0) + whole.contributions(row, 0).sum() == pytest.approx(whole.raw(row)[0], abs=1e-9)


def test_one_row_scores_as_it_does_among_many() -> None:
    whole, many = score(4), rows(4, 2_000)
    assert [whole.raw(row).tolist() for row in many] == whole.raw_batch(many).tolist()


@pytest.mark.parametrize("linear", [None, linear_term(5)])
def test_the_stored_arrays_are_the_score(linear: LinearTerm | None) -> None:
    whole = replace(score(5), linear=linear, tree_share=1.0 if linear is None else 0.5)
    stored = Score.from_arrays(whole.trees.to_arrays(), whole.linear_arrays())
    assert stored.raw_batch(rows(5, 50)).tolist() == whole.raw_batch(rows(5, 50)).tolist()


def test_parts_that_do_not_fit_together_are_refused() -> None:
    trees = forest(1, n_features=4)
    with pytest.raises(InvalidScoreError, match="reads 3 features, the trees 4"):
        Score(trees, linear_term(1, n_features=3))
    with pytest.raises(InvalidScoreError, match="not of labels"):
        Score(forest(1, n_features=4, n_classes=2), linear_term(1))
    with pytest.raises(InvalidScoreError, match="share from 0 to 1"):
        Score(trees, linear_term(1), tree_share=1.5)
    with pytest.raises(InvalidScoreError, match="expected tree_share"):
        Score.from_arrays(trees.to_arrays(), linear_term(1).to_arrays())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_what_a_score_does_not_read_never_moves_it_and_what_contributes_is_read(seed: int) -> None:
    whole = score(seed)
    few = replace(whole, linear=None, tree_share=1.0)
    for each in (whole, few, replace(whole, tree_share=0.0)):
        told, other = rows(seed, 40), rows(seed + 1, 40)
        assert each.raw_batch(np.where(each.reads, told, other)).tolist() == each.raw_batch(told).tolist()
        contributing = np.array([each.contributions(row, 0) for row in told]).any(axis=0)
        assert not (contributing & ~each.reads).any()
    assert few.reads.tolist() == [column in few.trees.feature for column in range(4)]
