"""The canonical writer gives the library's bytes, and refuses what the library refuses."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from data.canonical_json import dumps

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)),
    max_leaves=20,
)


class Word(StrEnum):
    ONE = "one"


@given(VALUES)
def test_the_bytes_are_the_librarys(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 1e15, 1e15 - 0.5, 1e21, 1e-4, 9.999e-5, 5e-324, 1.7976931348623157e308, 123456.0, 333333333.33333329],
)
def test_numbers_at_the_edges(value: float) -> None:
    for each in (value, -value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf)):
        if math.isfinite(each):
            assert dumps(each) == rfc8785.dumps(each)


@pytest.mark.parametrize("value", [{"\ufb33": 1, "\U0001f600": 2, "é": 3, "a": 4}, {Word.ONE: Word.ONE}, (1, 2), {}])
def test_orders_and_kinds(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, {1: 2}, {None: 1}, "\ud800", {"\ud800": 1}, object()]
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        dumps(value)
