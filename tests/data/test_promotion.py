"""A dossier says on what it compared, days or other cases, and never both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from data.promotion import Untaught, Window
from data.record import digest_of, plain

AT = datetime(2026, 11, 1, tzinfo=UTC)
WHOLE: dict[str, Any] = {"history": "fold.csv", "data": digest_of(b"fold"), "n": 500, "exceptions": 500}


def untaught(looked_up: int = 120, taught: int = 0, left_out: int = 0, at_most: float = 0.0246) -> Untaught:
    return Untaught(cases=500, looked_up=looked_up, taught=taught, left_out=left_out, at_most=at_most)


def test_a_window_without_days_names_none() -> None:
    told = plain(Window(**WHOLE, untaught=untaught()))
    assert told["untaught"] == {"cases": 500, "looked_up": 120, "taught": 0, "left_out": 0, "at_most": 0.0246}
    assert not {"begins", "ends"} & told.keys()


@pytest.mark.parametrize(
    "named",
    [{}, {"begins": AT}, {"ends": AT}, {"begins": AT, "untaught": True}, {"begins": AT, "ends": AT, "untaught": True}],
)
def test_a_window_is_of_days_or_of_untaught_cases_and_never_of_both_or_neither(named: dict[str, Any]) -> None:
    also = {"untaught": untaught()} if "untaught" in named else {}
    with pytest.raises(ValidationError, match="name one"):
        Window(**WHOLE, **{**named, **also})


def test_the_days_of_a_window_are_told_as_before() -> None:
    assert plain(Window(**WHOLE, begins=AT, ends=AT)) == {
        **WHOLE,
        "begins": "2026-11-01T00:00:00Z",
        "ends": "2026-11-01T00:00:00Z",
    }


def test_how_it_is_known_is_said_with_its_numbers() -> None:
    assert untaught().says == (
        "of 500 cases 120 can be looked up and none of them taught either, so at most 2.5 % of all did (95 % sure)"
    )
    assert "at most 0.1 % of all" in untaught(at_most=0.0002).says, "a bound is rounded up"
    assert untaught(500, at_most=0.0).says == "each of 500 cases is known to have taught neither"
    some = untaught(500, taught=260, left_out=260, at_most=0.0).says
    assert some == "of 500 cases 260 taught either; 260 were left out"
    assert "80 cannot be looked up; 340 were left out" in untaught(420, 260, 340, 0.0).says
