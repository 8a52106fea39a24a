"""Declared attributes: inferred from what is seen often, missing where the value is of another kind or new."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.case import AttributeValue, Case, Event, Workflow
from data.record import canonical
from data.standing import Standing
from features.attributes import (
    ASKED,
    EMPTY,
    LEAST_SEEN,
    MANY_LEVELS,
    MOST_LEVELS,
    AttributeSchema,
    Declaration,
    attribute_features,
    infer_attributes,
    party_words,
)
from tests.fixtures.cases import NOON, a_case, cases

Attributes = dict[str, AttributeValue]
COLD = Standing(as_of=NOON)


def _cases(count: int, **attributes: AttributeValue) -> list[Case]:
    return [a_case(number, attributes=attributes) for number in range(count)]


def _values(schema: AttributeSchema, attributes: Mapping[str, AttributeValue]) -> dict[str, float | None]:
    case = a_case(attributes=dict(attributes))
    return {each.name: each.of(case, COLD) for each in attribute_features(schema)}


def test_a_history_shows_kinds_and_levels() -> None:
    seen = infer_attributes(
        [
            *_cases(LEAST_SEEN, group="north", weight=2, fragile=True),
            *_cases(LEAST_SEEN, group="south", weight=2.5, fragile=False),
            *_cases(LEAST_SEEN - 1, group="seldom", rare=1),
        ]
    )
    assert seen.attributes == {
        "group": Declaration(kind="category", levels=("north", "south")),
        "weight": Declaration(kind="number"),
        "fragile": Declaration(kind="flag"),
    }
    assert seen.kinds == {"group": "category", "weight": "number", "fragile": "flag"}


def test_the_kind_is_that_of_most_values() -> None:
    seen = infer_attributes([*_cases(LEAST_SEEN + 1, code=4711), *_cases(LEAST_SEEN, code="4711")])
    assert seen.attributes["code"].kind == "number"


def test_a_category_without_a_frequent_level_is_not_declared() -> None:
    assert infer_attributes([a_case(n, attributes={"id": f"id-{n}"}) for n in range(60)]) == EMPTY


def test_open_words_of_a_case_are_declared_when_they_differ() -> None:
    def told(number: int, code: str, step: str) -> Case:
        event = Event(source="oms", id=str(number), time=NOON)
        return Case(event=event, exception_id="e", code=code, workflow=Workflow(step=step))

    seen = infer_attributes([told(n, "PICK-01" if n % 2 else "PICK-02", "pick") for n in range(60)])
    assert seen.facts == {"code": ("PICK-01", "PICK-02")}, "one source and one step tell nothing"


def test_only_the_most_frequent_levels_are_kept() -> None:
    many = [a_case(n, code=f"code-{n % (MOST_LEVELS + 1):04}") for n in range((MOST_LEVELS + 1) * LEAST_SEEN)]
    levels = infer_attributes([*many, *[a_case(n, code="code-1000") for n in range(5)]]).facts["code"]
    assert len(levels) == MOST_LEVELS
    assert "code-1000" in levels
    assert levels == tuple(sorted(levels))


@settings(deadline=None, max_examples=20)
@given(st.lists(cases(), max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(some: list[Case], shuffle: Random) -> None:
    repeated = some * LEAST_SEEN
    mixed = repeated[:]
    shuffle.shuffle(mixed)
    assert infer_attributes(repeated) == infer_attributes(mixed)


def test_values_of_another_kind_are_missing() -> None:
    schema = AttributeSchema(
        attributes={
            "group": Declaration(kind="category", levels=("north", "south")),
            "weight": Declaration(kind="number"),
            "fragile": Declaration(kind="flag"),
        }
    )
    good: Attributes = {"group": "south", "weight": 3, "fragile": True}
    assert _values(schema, good) == {"attribute.group": 1.0, "attribute.weight": 3.0, "attribute.fragile": 1.0}
    wrong: list[Attributes] = [
        {},
        {"group": "west", "weight": True, "fragile": 1},
        {"group": 1, "weight": "3", "fragile": "yes"},
    ]
    for bad in wrong:
        assert set(_values(schema, bad).values()) == {None}


def test_a_schema_survives_its_file() -> None:
    schema = AttributeSchema(attributes={"a": Declaration(kind="category", levels=("x", "y"))}, facts={"code": ("b",)})
    assert AttributeSchema.model_validate_json(canonical(schema)) == schema


@pytest.mark.parametrize(("count", "is_party"), [(MANY_LEVELS, False), (MANY_LEVELS + 1, True)])
def test_many_levels_make_a_party(count: int, is_party: bool) -> None:
    levels = tuple(f"level {number}" for number in range(count))
    schema = AttributeSchema(
        attributes={"group": Declaration(kind="category", levels=levels), "size": Declaration(kind="number")},
        facts={"code": levels},
    )
    assert set(party_words(schema)) == ({"attribute:group", "fact:code"} if is_party else set())


def test_a_fact_this_version_does_not_know_is_left_out() -> None:
    assert attribute_features(AttributeSchema(facts={"weather": ("rain",)})) == ()


def _news(schema: AttributeSchema, case: Case) -> dict[str, str | None]:
    standing = Standing(as_of=case.event.time)
    return {each.name: each.news(case, standing) for each in attribute_features(schema) if each.news}


def test_words_no_history_told_of_are_news_and_an_attribute_s_value_is_not_repeated() -> None:
    schema = AttributeSchema(
        attributes={"group": Declaration(kind="category", levels=("north",)), "size": Declaration(kind="number")},
        facts={"code": ("A",), "source": ("oms", "wms")},
    )
    strange = a_case(1, code="X-17", attributes={"group": "Mrs Smith", "size": "large"})
    strange = strange.model_copy(update={"event": strange.event.model_copy(update={"source": "pos-9"})})
    assert _news(schema, strange) == {
        "code": "code X-17 is new to the model",
        "source": "source pos-9 is new to the model",
        "attribute.group": "the value of group is new to the model",
        "attribute.size": None,
    }
    known = a_case(1, code="A", attributes={"group": "north"})
    known = known.model_copy(update={"event": known.event.model_copy(update={"source": "oms"})})
    assert set(_news(schema, known).values()) == {None}
    silent = known.model_copy(update={"code": None, "attributes": {}})
    assert set(_news(schema, silent).values()) == {None}


def test_a_question_about_a_shelf_has_no_source_that_could_be_new() -> None:
    schema = AttributeSchema(facts={"source": ("oms", "wms")})
    asked = Case(event=Event(source=ASKED, id="1", time=NOON), exception_id=ASKED)
    assert _news(schema, asked) == {"source": None}
    assert infer_attributes([asked] * LEAST_SEEN).facts == {}
