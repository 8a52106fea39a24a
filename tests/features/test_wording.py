"""What a mapping calls an attribute is what people read, in every sentence that names it."""

from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter, ValidationError

from data.case import AttributeKind
from data.record import Unit, canonical
from features.attributes import (
    LEAST_SEEN,
    MANY_LEVELS,
    AttributeSchema,
    Declaration,
    attribute_features,
    infer_attributes,
)
from features.commonness import Common, common_features
from features.definition import Feature
from features.parties import declared_parties
from features.sentences import sentence
from features.wording import Called, InstantPart, Wording
from tests.fixtures.cases import a_case
from tests.fixtures.features import COLD

USUAL = (12.0, 20.0, 60.0)


def told(name: str, kind: AttributeKind, levels: tuple[str, ...] = (), **words: object) -> Feature:
    declared = Declaration.model_validate({"kind": kind, "levels": levels, **words})
    (feature,) = attribute_features(AttributeSchema(attributes={name: declared}))
    return feature


def test_a_number_is_told_by_its_name_for_people_in_its_unit() -> None:
    stock = told("national_inv", "number", called="stock on hand", unit=Unit.EACH)
    assert sentence(stock, 0.0, USUAL, plain=True) == "the stock on hand is 0; usually 12 or more"
    assert sentence(stock, math.nan, USUAL) == "the stock on hand is not known"
    assert stock.called == "stock on hand"
    share = told("perf", "number", called="delivery performance", unit=Unit.RATIO)
    assert sentence(share, 0.714, None) == "the delivery performance is 71 %"
    assert sentence(told("lead", "number", unit=Unit.DAY), 8.0, None) == "lead is 8 days"


def test_a_unit_of_the_retailer_s_own_stands_after_each_number() -> None:
    weight = told("weight_kg", "number", called="weight", unit="kg")
    assert weight.unit == "kg"
    assert sentence(weight, 40.0, (1.0, 5.5, 12.0), plain=True) == "the weight is 40 kg; usually 12 kg or less"
    assert sentence(weight, 2.0, (1.0, 5.5, 12.0), plain=True) == "the weight is 2 kg; that is usual"
    assert sentence(weight, math.nan, None) == "the weight is not known"
    cold = told("temp", "number", unit="°C")
    assert sentence(cold, -18.5, (-2.0, 4.0, 7.0), plain=True) == "temp is -18.5 °C; usually -2 °C or more"


def test_what_is_usual_is_one_number_where_it_is_one() -> None:
    stock = told("national_inv", "number", called="stock on hand", unit=Unit.EACH)
    assert sentence(stock, 7.0, (0.0, 0.0, 0.0), plain=True) == "the stock on hand is 7; usually 0"
    assert sentence(stock, 7.0, (0.01, 0.02, 0.04), plain=True) == "the stock on hand is 7; usually 0"
    assert sentence(stock, 0.0, (3.0, 3.0, 3.0), plain=True) == "the stock on hand is 0; usually 3"
    assert sentence(stock, -5.0, (0.0, 0.0, 0.0), plain=True) == "the stock on hand is -5; usually 0"
    assert sentence(stock, -9.0, (-5.0, 0.0, 8.0), plain=True) == "the stock on hand is -9; usually -5 or more"


def test_bundles_of_before_say_what_is_usual_as_they_did() -> None:
    stock = told("national_inv", "number")
    assert sentence(stock, 7.0, (0.0, 0.0, 0.0)) == "national_inv is 7; usually 0 or less"
    assert sentence(stock, -5.0, (0.0, 0.0, 0.0)) == "national_inv is -5; that is unusual"


def test_categories_and_flags_are_told_by_it_too_and_a_new_value_is_not_repeated() -> None:
    group = told("grp", "category", ("north_1", "south"), called="assignment group")
    assert sentence(group, 0.0, None) == "the assignment group is north 1"
    assert group.news is not None
    assert group.news(a_case(attributes={"grp": "Mrs Smith"}), COLD) == (
        "the value of the assignment group is new to the model"
    )
    assert sentence(told("ppap", "flag", called="part approval at risk"), 1.0, None) == "part approval at risk: yes"


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("hours", 3.5, "the promised delivery is in 3.5 h"),
        ("hours", -72.0, "the promised delivery was 3 days ago"),
        ("hour", 14.0, "the hour of the promised delivery is 14"),
        ("weekday", 3.0, "the weekday of the promised delivery is 3, Monday being 0"),
        ("month", 6.0, "the month of the promised delivery is 6"),
    ],
)
def test_what_an_instant_became_is_told_as_what_it_is(part: InstantPart, value: float, says: str) -> None:
    unit = Unit.HOUR if part == "hours" else None
    feature = told(f"promised_{part}", "number", called="promised delivery", unit=unit, part=part)
    assert sentence(feature, value, None) == says
    ends = {"hours": "time to", "hour": "hour of", "weekday": "weekday of", "month": "month of"}
    assert feature.called == f"{ends[part]} the promised delivery"


def test_rates_and_counts_of_an_attribute_name_it_too() -> None:
    levels = tuple(f"group {number:02}" for number in range(MANY_LEVELS + 1))
    schema = AttributeSchema(
        attributes={
            "grp": Declaration(kind="category", levels=levels, called="assignment group"),
            "room": Declaration(kind="category", levels=("A", "B")),
        },
        common=Common(names=("grp", "room")),
    )
    rate = declared_parties(schema, shelf=False)[0]
    assert rate.name == "standing.attribute.grp.breach_rate"
    assert rate.about == "How often exceptions with this assignment group missed the promise"
    assert rate.called == "assignment group breach rate"
    abouts = {each.name: (each.about, each.called) for each in common_features(schema.common, schema.wordings)}
    assert abouts == {
        "common.grp": ("How many cases had this assignment group", "common assignment group"),
        "common.room": ("How many cases had this room", None),
        "common.grp+room": (
            "How many cases had this assignment group with this room",
            "common assignment group + room",
        ),
    }


def test_a_history_is_learned_with_the_words_of_its_mapping_where_they_fit() -> None:
    cases = [a_case(n, attributes={"inv": 3, "grp": "a", "odd": "word", "heavy": 2.5}) for n in range(LEAST_SEEN)]
    words = {
        "inv": Wording(called="stock on hand", unit=Unit.EACH),
        "odd": Wording(called="number", unit="kg"),
        "heavy": Wording(unit="kg"),
        "gone": Wording(called="nobody"),
    }
    schema = infer_attributes(cases, words)
    assert schema.attributes == {
        "inv": Declaration(kind="number", called="stock on hand", unit=Unit.EACH),
        "grp": Declaration(kind="category", levels=("a",)),
        "heavy": Declaration(kind="number", unit="kg"),
        "odd": Declaration(kind="category", levels=("word",), called="number"),
    }
    assert AttributeSchema.model_validate_json(canonical(schema)) == schema
    assert schema.wordings["inv"] == words["inv"]
    assert schema.wordings["heavy"] == words["heavy"]


def test_a_schema_without_words_is_written_as_it_always_was() -> None:
    written = canonical(AttributeSchema(attributes={"inv": Declaration(kind="number")}))
    assert (
        written == b'{"attributes":{"inv":{"kind":"number","levels":[]}},"common":{"counts":{},"names":[]},"facts":{}}'
    )


@pytest.mark.parametrize(
    "called",
    [
        *("", " ", "the stock", "The stock", "a {value}", "one [a|b]", "two\nlines", "x" * 65),
        *(" the stock", "stock ", "\u202ekcots", "two\u2028lines", "\ud800", "\x85"),
    ],
)
def test_a_name_that_would_break_a_sentence_is_refused(called: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Called).validate_python(called)
