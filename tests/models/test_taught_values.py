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


def test_the_same_value_has_another_digest_in_every_event_and_the_same_in_every_column() -> None:
    assert len({digest(event, "7") for event in EVENTS}) == len(EVENTS)
    told = values_of(EVENTS, {"one": (NUMBERS, ()), "other": (NUMBERS + 0.0, ()), "third": (NUMBERS + 1.0, ())})
    assert told["one"] == told["other"]
    assert not set(told["one"].items()) & set(told["third"].items())


def test_a_column_that_no_kept_event_tells_is_not_kept() -> None:
    assert values_of(EVENTS, {"weight": (NUMBERS * np.nan, ()), "mode": (CODES, ("air", "sea"))}).keys() == {"mode"}


def test_of_a_file_as_an_earlier_fairlead_wrote_it_nothing_is_known() -> None:
    told = to_json(values_of(EVENTS, {"weight": (NUMBERS, ())}))
    assert from_json({name: told[name] for name in ("names", "events")}) == {}


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
    told = values_of(EVENTS, {"weight": (NUMBERS, ()), "mode": (CODES, ("air", "sea")), "air": (CODES, ())})
    assert from_json(to_json(told)) == told


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"written": 2, "names": "a", "events": {}},
        {"written": 2, "names": ["a"], "events": []},
        {"written": 2, "names": ["a"], "events": {"e": "12"}},
        {"written": 2, "names": ["a"], "events": {"e": "zzzz"}},
        {"written": 2, "names": ["a"], "events": {"e": "12345678"}},
        {"written": 2, "names": ["a", "b"], "events": {"e": "1234"}},
        {"written": 2, "names": ["a", "b"], "events": {"e": "1-234---"}},
        {"written": 2, "names": ["a"], "events": {"e": 1234}},
    ],
)
def test_anything_else_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the values file holds"):
        from_json(told)
