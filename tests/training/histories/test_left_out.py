"""Cases that do not teach are told of, of each kind what kept them away."""

from __future__ import annotations

import pytest

from training.histories.left_out import left_out_words


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("promise_passed", "whose promise had passed when they were noticed"),
        ("promise_open", "whose promise is not due yet where the history ends"),
        ("too_young", "so young where the history ends that only what ends quickly can be known of them"),
    ],
)
def test_where_few_teach_each_kind_that_was_left_out_says_why(kind: str, why: str) -> None:
    assert left_out_words({kind: 1_200}).startswith(f". Left out besides: 1,200 {why}")


def test_kinds_follow_one_another_and_those_that_only_count_for_others_are_not_left_out() -> None:
    told = left_out_words({"promise_open": 3, "too_young": 4, "not_known_yet": 50})
    assert [each.split()[0] for each in told.removeprefix(". Left out besides: ").split("; ")] == ["3", "4"]


@pytest.mark.parametrize("cases", [{}, {"promise_open": 0}, {"not_known_yet": 50}])
def test_where_none_was_left_out_nothing_is_said(cases: dict[str, int]) -> None:
    assert left_out_words(cases) == ""
