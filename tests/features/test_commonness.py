"""How common a case's words are is counted over a history, is the same in any order, and shows no value."""

from __future__ import annotations

from random import Random

from data.case import AttributeValue, Case
from data.record import canonical
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import LEAST_SEEN, infer_attributes
from features.catalogue import feature_set
from features.commonness import LEAST, MOST_NAMES, common_features
from tests.fixtures.cases import NOON, a_case

COLD = Standing(as_of=NOON)


def told(count: int, **attributes: AttributeValue) -> list[Case]:
    return [a_case(number, attributes=attributes) for number in range(count)]


HISTORY = [
    *told(LEAST_SEEN, group="north", room="A"),
    *told(LEAST_SEEN + 3, group="north", room="B"),
    *told(LEAST_SEEN, group="south"),
    *told(LEAST, group="south", room="A"),
    *told(LEAST - 1, group="seldom", room="A"),
]
COMMON = infer_attributes(HISTORY).common


def values(**attributes: AttributeValue) -> dict[str, float | None]:
    return {each.name: each.of(a_case(attributes=attributes), COLD) for each in common_features(COMMON)}


def test_counts_words_alone_and_together() -> None:
    assert values(group="north", room="A") == {
        "common.group": 2 * LEAST_SEEN + 3,
        "common.room": LEAST_SEEN + LEAST + LEAST - 1,
        "common.group+room": LEAST_SEEN,
    }


def test_a_word_that_is_not_told_is_a_word_of_its_own() -> None:
    assert values(group="south") == {
        "common.group": LEAST_SEEN + LEAST,
        "common.room": LEAST_SEEN,
        "common.group+room": LEAST_SEEN,
    }


def test_fewer_than_a_few_are_none() -> None:
    assert values(group="seldom", room="A")["common.group"] == 0.0
    assert values(group="south", room="A")["common.group+room"] == LEAST
    assert values(group="never", room=7)["common.group"] == 0.0


def test_words_of_one_attribute_are_not_those_of_another() -> None:
    swapped = values(group="A", room="north")
    assert set(swapped.values()) == {0.0}


def test_an_attribute_that_nearly_always_says_the_same_is_left_out() -> None:
    usual = [*told(99 * LEAST_SEEN, group="north"), *told(LEAST_SEEN, group="south")]
    assert infer_attributes(usual).common.names == ()


def test_numbers_and_attributes_that_are_not_declared_are_left_out() -> None:
    cases = [a_case(n, attributes={"weight": n % 3, "id": f"id-{n}", "ok": n % 2 == 0}) for n in range(60)]
    assert infer_attributes(cases).common.names == ("ok",)


def test_only_the_most_telling_are_looked_at() -> None:
    many = {f"a{number:02}": number + 2 for number in range(MOST_NAMES + 3)}
    cases = [a_case(n, attributes={name: str(n % levels) for name, levels in many.items()}) for n in range(600)]
    names = infer_attributes(cases).common.names
    assert names == tuple(sorted(many)[3:])


def test_the_order_of_the_cases_does_not_matter() -> None:
    mixed = list(HISTORY)
    Random(3).shuffle(mixed)
    assert canonical(infer_attributes(mixed).common) == canonical(COMMON)


def test_no_value_stands_in_the_clear() -> None:
    assert not any(word in canonical(COMMON).decode() for word in ("north", "south", "seldom"))


def test_a_case_is_judged_by_it_and_a_shelf_is_not() -> None:
    schema = infer_attributes(HISTORY)
    assert "common.group+room" in feature_set(Task.SLA_BREACH, schema).names
    assert not any(name.startswith("common.") for name in feature_set(Task.STOCKOUT, schema).names)
