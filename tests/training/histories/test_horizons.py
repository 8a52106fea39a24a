from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from data.horizons import UNSAID
from tests.fixtures.histories import parts
from training.histories.history import History, open_history
from training.histories.horizons import another_question, differ


@pytest.mark.parametrize(
    ("one", "other", "are_two"),
    [
        ("P1D", "P7D", True),
        ("P1D", "PT24H", False),
        ("P1D", "P1D", False),
        (UNSAID, "P7D", False),
        ("P7D", None, False),
        (None, None, False),
    ],
)
def test_two_times_are_two_questions_and_one_that_nobody_said_may_be_either(
    one: str | None, other: str | None, are_two: bool
) -> None:
    assert differ(one, other) == differ(other, one) == are_two


def test_a_history_of_another_question_is_told_with_both_times_and_what_to_do() -> None:
    assert another_question("P1D", open_history(parts()[0])) == "", "a native history says none"
    told = another_question("P1D", cast("History", SimpleNamespace(name="later.csv", horizon="P7D")))
    assert "ran empty within 7 days (outcome.horizon: P7D)" in told
    assert "whether it does within one day (P1D)" in told
    assert "Give outcomes of P1D, by a mapping that says so, or a model of P7D" in told
