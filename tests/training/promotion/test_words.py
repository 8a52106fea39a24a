"""Columns of words that were exchanged are told from those that drift, also where both say the same words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.vocabulary import Task
from features.attributes import AttributeSchema, infer_attributes
from models.profile import Profile, profile_of
from models.task_model import TaskModel
from tests.fixtures.cases import a_case
from tests.fixtures.task_models import task_model
from training.promotion.words import apart, exchanged, told_words

Rows = list[dict[str, str | bool]]
WORDS = st.dictionaries(st.text(max_size=3), st.floats(0.01, 1.0), min_size=1, max_size=5)


def rows(seed: int, n: int = 2_000, rush: float = 0.2) -> Rows:
    """Symptoms and places by the same codes, differently often; a colour and a flag beside them."""
    dice = np.random.default_rng(seed)
    often = np.array([0.3, 0.2, 0.15, 0.1, *[0.25 / 26] * 26])
    return [
        {
            "symptom": f"code {dice.choice(30, p=often)}",
            "place": f"code {dice.choice(30, p=often[::-1])}",
            "colour": str(dice.choice(["red", "green", "blue"], p=[0.5, 0.3, 0.2])),
            "rush": bool(dice.random() < rush),
        }
        for _ in range(n)
    ]


def swapped(told: Rows, one: str, other: str) -> Rows:
    return [{**each, one: each[other], other: each[one]} for each in told]


def learned(told: Rows, common: bool = True) -> TaskModel:
    """A model of cases with these attributes, with or without counts of what is common."""
    schema = infer_attributes(a_case(number, attributes=each) for number, each in enumerate(told))
    codes = {name: {word: place for place, word in enumerate(each.levels)} for name, each in schema.attributes.items()}
    profiles = [
        profile_of(
            f"attribute.{name}",
            np.array([float(code.get(str(each[name]), each[name] is True)) for each in told]),
            False,
        )
        for name, code in codes.items()
    ]
    schema = schema if common else AttributeSchema(attributes=schema.attributes)
    return replace(task_model(Task.SLA_BREACH), attributes=schema, profile=Profile(tuple(profiles), ()))


@pytest.mark.parametrize("common", [True, False])
def test_two_that_say_the_same_words_are_told_by_how_often(common: bool) -> None:
    before, honest = told_words(learned(rows(1), common)), told_words(learned(rows(2), common))
    assert before.keys() == {"symptom", "place", "colour", "rush"}
    assert not list(exchanged(before, honest))
    now = told_words(learned(swapped(rows(2), "symptom", "place"), common))
    assert list(exchanged(before, now)) == [("place", "symptom")]


def test_words_that_drift_or_are_renamed_were_not_exchanged() -> None:
    before = told_words(learned(rows(1)))
    assert not list(exchanged(before, told_words(learned(rows(2, rush=0.9)))))
    renamed = [{**each, "colour": f"new {each['colour']}", "place": f"at {each['place']}"} for each in rows(2)]
    assert not list(exchanged(before, told_words(learned(renamed))))


def saying(share: float) -> dict[str, float]:
    """A column that says one word in this share of the cases, and another in the rest."""
    return {"a": share, "b": 1.0 - share}


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((0.50, 0.77), (0.72, 0.42), True),
        ((0.50, 0.59), (0.62, 0.50), False),
        ((0.62, 0.50), (0.50, 0.59), False),
        ((0.50, 0.61), (0.62, 0.50), True),
        ((0.00, 0.50), (0.80, 0.30), False),
        ((0.00, 0.60), (0.80, 0.20), True),
    ],
    ids=[
        "both moved far",
        "one hardly moved",
        "the other hardly moved",
        "a tenth is enough",
        "neither is near",
        "both are near enough",
    ],
)
def test_two_were_exchanged_where_both_moved_far_and_each_came_near_the_other(
    one: tuple[float, float], other: tuple[float, float], told: bool
) -> None:
    """Before and now, of each."""
    before, now = ({"one": saying(one[when]), "other": saying(other[when])} for when in (0, 1))
    assert list(exchanged(before, now)) == [("one", "other")] * told


def test_a_column_that_took_the_place_of_another_was_not_exchanged_with_it() -> None:
    before, now = {"one": {"a": 1.0}, "other": {"b": 1.0}}, {"one": {"b": 1.0}, "other": {"c": 1.0}}
    assert not list(exchanged(before, now))


def test_a_word_counts_for_its_share_of_all_cases_also_beside_rare_ones_that_have_no_name() -> None:
    told = rows(1)
    said = told_words(learned(told, common=False))["symptom"]
    assert len(said) < len({each["symptom"] for each in told})
    assert said["code 1"] == pytest.approx(sum(each["symptom"] == "code 1" for each in told) / len(told), abs=1e-9)


def test_of_other_columns_than_the_champions_nothing_is_said() -> None:
    before = told_words(learned(rows(1)))
    assert not list(exchanged(before, {"size": {"large": 1.0}}))
    assert told_words(replace(learned(rows(1), common=False), profile=None)) == {}


@given(WORDS, WORDS)
def test_how_far_two_are_apart_is_a_share(one: dict[str, float], other: dict[str, float]) -> None:
    one, other = ({word: each / sum(said.values()) for word, each in said.items()} for said in (one, other))
    assert -1e-9 <= apart(one, other) <= 1 + 1e-9
    assert apart(one, other) == pytest.approx(apart(other, one))
    assert apart(one, one) == 0.0
