"""A number made of two: what it is, when it is not known, and that a bundle makes it of what a case tells."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.record import canonical
from features.attributes import LEAST_SEEN, AttributeSchema, Declaration, attribute_features, infer_attributes
from features.definition import values_of
from features.derived import Derived, Way, made_of
from features.sentences import sentence
from features.wording import Wording
from tests.fixtures.cases import a_case
from tests.fixtures.features import COLD

AMOUNTS = st.none() | st.floats(-1e15, 1e15)
WAYS: tuple[Way, ...] = get_args(Way)
WORDS = {
    "stock": Wording(called="stock on hand"),
    "supply": Wording(called="supply", derived=Derived(way="sum", one="stock", other="coming")),
    "cover": Wording(called="cover", derived=Derived(way="ratio", one="supply", other="forecast")),
}


def schema(**least: float) -> AttributeSchema:
    told = {"stock": 1.0, "coming": 2.0, "forecast": 3.0, **least}
    return infer_attributes((a_case(number, attributes=told) for number in range(LEAST_SEEN)), WORDS)


@pytest.mark.parametrize(
    ("way", "is_"), [("sum", 8.0), ("difference", 4.0), ("product", 12.0), ("ratio", 3.0), ("share", 0.75)]
)
def test_each_way_is_what_it_says(way: Way, is_: float) -> None:
    assert Derived(way=way, one="a", other="b").of(6.0, 2.0) == is_


@given(st.sampled_from(WAYS), AMOUNTS, AMOUNTS)
def test_it_is_a_finite_number_or_not_known(way: Way, one: float | None, other: float | None) -> None:
    made = Derived(way=way, one="a", other="b").of(one, other)
    assert made is None or math.isfinite(made)
    assert made is None or None not in (one, other)


def test_nothing_is_divided_by_nothing_and_no_number_is_endless() -> None:
    assert Derived(way="ratio", one="a", other="b").of(6.0, 0.0) is None
    assert Derived(way="product", one="a", other="b").of(1e200, 1e200) is None


@pytest.mark.parametrize(
    ("one", "other", "share"), [(0.0, 3.0, 0.0), (3.0, 0.0, 1.0), (-1.0, 3.0, -0.25), (0.0, 0.0, None)]
)
def test_a_share_is_known_where_either_is_something(one: float, other: float, share: float | None) -> None:
    assert Derived(way="share", one="a", other="b").of(one, other) == share


@given(AMOUNTS, AMOUNTS)
def test_a_share_lies_between_minus_one_and_one(one: float | None, other: float | None) -> None:
    made = Derived(way="share", one="a", other="b").of(one, other)
    assert made is None or -1.0 <= made <= 1.0


def test_each_comes_after_what_it_is_made_of_and_a_circle_never() -> None:
    derived = {
        "c": Derived(way="ratio", one="b", other="x"),
        "b": Derived(way="sum", one="x", other="y"),
        "d": Derived(way="sum", one="e", other="x"),
        "e": Derived(way="sum", one="d", other="x"),
    }
    assert made_of(["x", "y"], derived) == ("b", "c")
    assert made_of(["x"], derived) == ()


def test_a_case_tells_the_two_and_the_bundle_makes_the_third() -> None:
    features = {each.name: each for each in attribute_features(schema())}
    case = a_case(attributes={"stock": 4, "coming": 2.0, "forecast": 12})
    assert dict(zip(features, values_of(features.values(), case, COLD), strict=True)) == {
        "attribute.coming": 2.0,
        "attribute.cover": 0.5,
        "attribute.forecast": 12.0,
        "attribute.stock": 4.0,
        "attribute.supply": 6.0,
    }
    unknown = a_case(attributes={"stock": 4, "forecast": 12, "cover": 9.0})
    assert features["attribute.cover"].of(unknown, COLD) is None


def test_people_read_what_it_is_called_and_how_it_is_made() -> None:
    cover = {each.name: each for each in attribute_features(schema())}["attribute.cover"]
    assert sentence(cover, 0.5, (0.8, 1.0, 2.0), plain=True) == "the cover is 0.5; usually 0.8 or more"
    assert cover.about == "The cover: supply divided by forecast"


def test_no_case_can_tell_it_so_it_is_none_of_the_attributes_that_are_asked_for() -> None:
    assert schema().kinds == {"stock": "number", "coming": "number", "forecast": "number"}
    assert {"supply", "cover"} <= schema().attributes.keys()


def test_what_is_made_of_too_seldom_told_numbers_is_left_out() -> None:
    seldom = infer_attributes((a_case(number, attributes={"stock": 1.0}) for number in range(LEAST_SEEN)), WORDS)
    assert seldom.attributes.keys() == {"stock"}


def test_a_schema_keeps_it_and_makes_the_same_again() -> None:
    again = AttributeSchema.model_validate_json(canonical(schema()))
    assert again == schema()
    assert (
        infer_attributes(
            (a_case(number, attributes={"stock": 1, "coming": 2, "forecast": 3}) for number in range(LEAST_SEEN)),
            again.wordings,
        )
        == schema()
    )


def test_a_schema_whose_numbers_go_round_is_refused() -> None:
    round_about = {
        "a": Declaration(kind="number", derived=Derived(way="sum", one="b", other="b")),
        "b": Declaration(kind="number", derived=Derived(way="sum", one="a", other="a")),
    }
    with pytest.raises(ValidationError, match="a, b cannot be made of numbers that are declared"):
        AttributeSchema(attributes=round_about)
