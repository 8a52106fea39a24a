"""Which cases taught none of some models."""

from __future__ import annotations

import pytest

from tests.fixtures.lessons import keys, model
from training.histories.unseen import Count, Memory
from training.histories.untaught import FEWEST_LOOKED_UP, forgotten, known_to_be_new, speaks_for_all


@pytest.mark.parametrize(
    ("count", "speaks"),
    [
        (Count(5_000, FEWEST_LOOKED_UP, 0), True),
        (Count(5_000, FEWEST_LOOKED_UP - 1, 0), False),
        (Count(50, 50, 0), True),
        (Count(5_000, 4_000, 1), False),
    ],
)
def test_enough_that_can_be_looked_up_speak_for_all(count: Count, speaks: bool) -> None:
    assert speaks_for_all(count) is speaks


def test_an_exception_is_new_where_every_case_of_it_is() -> None:
    memory = Memory.of([model(keys(0, 1_000))])
    assert known_to_be_new(keys(998, 1_004), ["a", "b", "b", "c", "c", "d"], memory).tolist() == [3, 4, 5]


def test_what_cannot_be_looked_up_is_not_known_to_be_new() -> None:
    memory = Memory.of([model(keys(0, 40_000))])
    new = known_to_be_new(keys(40_000, 50_000), list(range(10_000)), memory)
    assert 800 < len(new) < 1_200


def test_a_model_that_keeps_nothing_is_named() -> None:
    assert forgotten("it", model(keys(0, 10))) == ""
    assert "does not keep which cases taught it" in forgotten("this", model([]))
