"""Digests of what a model was told: the same for the same value of the same event, whatever else it knows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from models.taught_values import KEPT, digest, from_json, to_json, values_of

EVENTS = [f"{n:016x}" for n in range(3)]
NUMBERS = np.array([1.5, np.nan, 3.0])
CODES = np.array([0.0, 1.0, np.nan])


def test_a_value_is_kept_as_sixteen_bits_and_what_was_not_told_is_left_out() -> None:
    told = values_of(EVENTS, {"weight": (NUMBERS, ()), "mode": (CODES, ("air", "sea"))})
    assert told["weight"].keys() == {EVENTS[0], EVENTS[2]}
    assert told["mode"].keys() == {EVENTS[0], EVENTS[1]}
    assert all(re.fullmatch("[0-9a-f]{4}", each) for values in told.values() for each in values.values())


def test_a_word_has_the_digest_of_the_word_whatever_its_code() -> None:
    one = values_of(EVENTS, {"mode": (np.array([0.0, 1.0, 1.0]), ("air", "sea"))})
    other = values_of(EVENTS, {"mode": (np.array([1.0, 2.0, 2.0]), ("aerial", "air", "sea"))})
    assert one == other
    assert values_of(EVENTS, {"mode": (np.array([5.0, -1.0, 0.0]), ("air",))})["mode"].keys() == {EVENTS[2]}


def test_the_same_value_of_another_event_or_attribute_has_another_digest() -> None:
    assert len({digest(event, name, "7") for event in EVENTS for name in ("weight", "mode")}) == 6


def test_a_number_that_only_another_way_of_adding_up_would_change_is_the_same() -> None:
    total, other = np.array([0.1 + 0.2]), np.array([0.3])
    assert total != other
    assert values_of(EVENTS[:1], {"weight": (total, ())}) == values_of(EVENTS[:1], {"weight": (other, ())})
    changed = np.array([0.300001])
    assert values_of(EVENTS[:1], {"weight": (changed, ())}) != values_of(EVENTS[:1], {"weight": (other, ())})


def test_the_events_of_the_smallest_keys_are_kept() -> None:
    many = [f"{n:016x}" for n in reversed(range(KEPT + 20))]
    told = values_of(many, {"weight": (np.arange(float(len(many))), ())})["weight"]
    assert sorted(told) == sorted(many)[:KEPT]


def test_what_is_written_is_read_again() -> None:
    told = values_of(EVENTS, {"weight": (NUMBERS, ()), "mode": (CODES, ("air", "sea")), "none": (CODES * np.nan, ())})
    assert from_json(to_json(told)) == told


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"names": "a", "events": {}},
        {"names": ["a"], "events": []},
        {"names": ["a"], "events": {"e": "12"}},
        {"names": ["a"], "events": {"e": "zzzz"}},
        {"names": ["a"], "events": {"e": "12345678"}},
        {"names": ["a", "b"], "events": {"e": "1234"}},
        {"names": ["a", "b"], "events": {"e": "1-234---"}},
        {"names": ["a"], "events": {"e": 1234}},
    ],
)
def test_anything_else_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the values file holds"):
        from_json(told)
