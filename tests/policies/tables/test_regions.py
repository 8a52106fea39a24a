"""Region algebra against sampling: what is computed must hold of every value that is tried."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.tables.regions import (
    ANY_LABEL,
    ANY_NUMBER,
    MISSING_NUMBER,
    NUMBERS,
    Box,
    Choice,
    Region,
    Span,
    TooComplicated,
    Value,
    uncovered,
)

# Bounds are whole, so every interval that is not empty holds a value of the grid of halves.
NUMBERS_TRIED: list[Value] = [None, *(half / 2 for half in range(-3, 14))]
LABELS_TRIED: list[Value] = [None, "a", "b", "c", "never named"]

cuts = st.tuples(st.integers(0, 5), st.integers(0, 1))


def joined(one: Region, other: Region) -> Region:
    return ~(~one & ~other)


def spans() -> st.SearchStrategy[Span]:
    intervals = st.lists(cuts, min_size=2, max_size=2, unique=True).map(lambda pair: Span(tuple(sorted(pair))))
    grown = st.recursive(
        intervals | st.sampled_from([NUMBERS, ANY_NUMBER, MISSING_NUMBER, Span(())]),
        lambda inner: inner.map(lambda span: ~span) | st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        max_leaves=4,
    )
    return grown


def choices() -> st.SearchStrategy[Choice]:
    return st.builds(Choice, st.frozensets(st.sampled_from([None, "a", "b", "c"])), st.booleans())


def boxes() -> st.SearchStrategy[Box]:
    return st.builds(
        lambda amount, channel, age: Box({"amount": amount, "channel": channel, "age": age}),
        spans(),
        choices(),
        spans(),
    )


def cases() -> list[dict[str, Value]]:
    grid: list[Value] = [None, -1, 0, 0.5, 1, 2.5, 5, 6]
    return [
        {"amount": amount, "channel": channel, "age": age} for amount, channel, age in product(grid, LABELS_TRIED, grid)
    ]


CASES = cases()


@given(spans(), spans())
def test_spans_meet_and_turn_round_as_sets_do(one: Span, other: Span) -> None:
    for value in NUMBERS_TRIED:
        assert (value in one & other) == (value in one and value in other)
        assert (value in ~one) == (value not in one)


@given(choices(), choices())
def test_choices_meet_and_turn_round_as_sets_do(one: Choice, other: Choice) -> None:
    for value in LABELS_TRIED:
        assert (value in one & other) == (value in one and value in other)
        assert (value in ~one) == (value not in one)


@given(spans() | choices())
def test_a_region_is_false_exactly_when_nothing_is_in_it(region: Region) -> None:
    tried = NUMBERS_TRIED if isinstance(region, Span) else LABELS_TRIED
    assert bool(region) == any(value in region for value in tried)


@given(spans() | choices())
def test_a_witness_lies_in_its_region_and_is_missing_only_where_nothing_else_is(region: Region) -> None:
    if region:
        tried = NUMBERS_TRIED if isinstance(region, Span) else LABELS_TRIED
        assert region.witness() in region
        assert (region.witness() is None) == (not any(value in region for value in tried[1:]))


def test_text_is_no_number() -> None:
    assert "200" not in NUMBERS


@pytest.mark.parametrize(("one", "other"), [(NUMBERS, ANY_LABEL), (ANY_LABEL, NUMBERS)])
def test_regions_of_two_types_do_not_meet(one: Region, other: Region) -> None:
    with pytest.raises(TypeError, match="the fact has two types, declare it once"):
        one & other


@given(boxes(), boxes())
def test_what_is_left_of_a_box_is_what_the_other_does_not_hold(one: Box, other: Box) -> None:
    left = one.minus(other)
    for case in CASES:
        assert sum(case in part for part in left) == (case in one and case not in other)


@given(boxes(), boxes())
def test_disjoint_and_within_agree_with_what_is_left(one: Box, other: Box) -> None:
    assert one.disjoint(other) == (not one & other)
    assert one.within(other) == (not one.minus(other))


@given(boxes(), st.lists(boxes(), max_size=4))
def test_what_is_uncovered_lies_in_the_box_and_in_no_cover(box: Box, covers: list[Box]) -> None:
    gap = uncovered(box, covers)
    if gap is None:
        assert not any(case in box and not any(case in cover for cover in covers) for case in CASES)
    else:
        case = gap.witness()
        assert case in box
        assert not any(case in cover for cover in covers)


def test_a_box_told_by_more_facts_holds_the_same_cases() -> None:
    narrow = Box({"amount": Span(((0, 0), (5, 0)))})
    wide = narrow.over({"amount": ANY_NUMBER, "channel": ANY_LABEL})
    assert {"amount": 1, "channel": "a"} in wide
    assert {"amount": 6, "channel": "a"} not in wide
    assert not wide.disjoint(Box({"amount": NUMBERS, "channel": Choice(frozenset({"a"}))}))


def test_a_proof_that_takes_too_long_says_so_rather_than_pass() -> None:
    square = Box({"amount": ANY_NUMBER, "age": ANY_NUMBER})
    quarters = [
        Box({"amount": amount, "age": age})
        for amount, age in product([Span(((0, 0), (5, 0))), ~Span(((0, 0), (5, 0)))], repeat=2)
    ]
    assert uncovered(square, quarters) is None
    with pytest.raises(TooComplicated, match="more steps than it may"):
        uncovered(square, quarters, steps=range(5))
