"""Sentences: numbers as people write them, and what is usual beside them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.record import Unit
from features.definition import Feature
from features.order import channel, minutes_to_promise, order_lines
from features.returns import receipt_shown
from features.sentences import amount, filled, sentence
from features.workflow import queue_minutes, retries

USUAL = (2.0, 5.0, 12.0)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (41.2, Unit.MINUTE, "41 min"),
        (0.5, Unit.MINUTE, "0.5 min"),
        (119.0, Unit.MINUTE, "119 min"),
        (150.0, Unit.MINUTE, "2.5 h"),
        (4608.0, Unit.MINUTE, "3.2 d"),
        (16.0, Unit.HOUR, "16 h"),
        (3.25, Unit.DAY, "3.2 d"),
        (0.62, Unit.RATIO, "62 %"),
        (0.004, Unit.RATIO, "0.4 %"),
        (0.0, Unit.RATIO, "0 %"),
        (240.0, Unit.MONEY, "240.00"),
        (12.0, Unit.EACH, "12"),
        (1.5, Unit.EACH, "1.5"),
        (10.0, Unit.SCORE, "10"),
        (0.123, Unit.SCORE, "0.12"),
        (1200.0, Unit.SCORE, "1200"),
        (0.0, Unit.SCORE, "0"),
    ],
)
def test_a_number_in_its_unit(value: float, unit: Unit, shown: str) -> None:
    assert amount(value, unit) == shown


def test_what_is_far_from_usual_is_told_beside_it() -> None:
    assert sentence(queue_minutes, 41.0, USUAL) == "the task has waited 41 min; usually 12 min or less"
    assert sentence(queue_minutes, 0.0, USUAL) == "the task has waited 0 min; usually 2 min or more"
    assert sentence(queue_minutes, 5.0, USUAL) == "the task has waited 5 min; that is usual"
    assert sentence(queue_minutes, 5.0, None) == "the task has waited 5 min"


@pytest.mark.parametrize(
    ("value", "ending"),
    [(12.0, "that is usual"), (math.nextafter(12.0, 13.0), "12 min"), (13.0, "usually 12 min or less")],
)
def test_words_and_bounds_agree_at_and_over_the_bound(value: float, ending: str) -> None:
    assert sentence(queue_minutes, value, USUAL).endswith(ending)


def test_a_negative_value_has_a_sentence_of_its_own() -> None:
    assert sentence(minutes_to_promise, 41.0, None) == "the promise breaks in 41 min"
    assert sentence(minutes_to_promise, -41.0, USUAL) == "the promise broke 41 min ago; that is unusual"


def test_one_and_many() -> None:
    assert sentence(order_lines, 1.0, None) == "the order has 1 line"
    assert sentence(order_lines, 3.0, None) == "the order has 3 lines"
    assert sentence(retries, 0.0, None) == "the step was tried again 0 times"
    assert filled("{value} [unit is|units are] free", "1") == "1 unit is free"


def test_labels_flags_and_the_unknown() -> None:
    assert sentence(channel, 1.0, None) == "the channel is ship from store"
    assert sentence(receipt_shown, 0.0, None) == "a receipt was not shown"
    assert sentence(receipt_shown, 1.0, None) == "a receipt was shown"
    assert sentence(receipt_shown, math.nan, None) == "whether a receipt was shown is not known"
    assert sentence(queue_minutes, math.nan, USUAL) == "how long the task has waited is not known"


def test_a_level_is_told_as_it_was_sent_whatever_it_holds() -> None:
    levels = ("a [b|c] {value}",)
    code = Feature("code", Unit.LABEL, "the code is {value}", "The code", lambda case, standing: None, levels=levels)
    assert sentence(code, 0.0, None) == "the code is a [b|c] {value}"


@settings(deadline=None)
@given(st.floats(-1e12, 1e12), st.sampled_from(Unit))
def test_any_number_is_short_and_has_its_sign(value: float, unit: Unit) -> None:
    shown = amount(value, unit)
    assert len(shown) <= 20
    assert "e+" not in shown
    assert not shown.startswith("-0") or float(shown.split()[0]) != 0.0
