from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.weights import effective, mean, part

counts = st.lists(st.integers(1, 6), min_size=1, max_size=60).map(lambda each: np.array(each, np.float64))


@given(counts, st.integers(0, 9))
def test_an_integer_weight_is_as_many_rows(weight: np.ndarray, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=len(weight))
    assert mean(values, weight) == pytest.approx(mean(np.repeat(values, weight.astype(int))))


@given(counts)
def test_weighted_cases_never_count_more_than_they_are(weight: np.ndarray) -> None:
    assert 1.0 <= effective(weight) <= len(weight) + 1e-9
    assert effective(np.full(len(weight), 3.0)) == pytest.approx(len(weight))


def test_without_weights_there_is_no_part_of_them() -> None:
    assert part(None, np.array([0])) is None
    assert effective(np.empty(0)) == 0.0
