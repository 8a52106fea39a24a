"""Whoever reads costs beside an order that is not theirs learns why, and only then."""

from __future__ import annotations

import pytest

from data.recommendation import Option
from serving.standing_back import HELD_BEHIND, INVESTIGATE_LAST, why_behind
from tests.fixtures.recommendations import amount, options


def priced(*costs: str | None) -> tuple[Option, ...]:
    """One that asks a person, one that goes on, one on hold, and `investigate`, at these costs."""
    return tuple(
        option.model_copy(update={"expected_cost": amount(cost) if cost else None})
        for option, cost in zip(options(), costs, strict=True)
    )


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        (("6", "7", "58", "60"), ()),
        (("6", "7", "7", "7"), ()),
        (("6", "7", "58", None), ()),
        ((None, None, "5", "6"), ()),
        (("6", "7", "58", "57"), (INVESTIGATE_LAST,)),
        (("6", "7", "6.50", "60"), (HELD_BEHIND,)),
        (("6", "7", "1", "2"), (HELD_BEHIND, INVESTIGATE_LAST)),
    ],
)
def test_a_sentence_stands_only_where_an_option_is_cheaper_than_one_before_it(
    costs: tuple[str | None, ...], told: tuple[str, ...]
) -> None:
    assert why_behind(priced(*costs)) == told
