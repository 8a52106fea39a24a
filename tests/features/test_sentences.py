"""Sentences: numbers as people write them, and what is usual beside them."""

from __future__ import annotations

import math

import pytest

from data.record import Unit
from features.definition import Feature
from features.order import channel, minutes_to_promise, order_lines
from features.returns import receipt_shown
from features.sentences import filled, sentence
from features.workflow import queue_minutes, retries

USUAL = (2.0, 5.0, 12.0)


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
