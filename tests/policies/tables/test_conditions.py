"""Each form of a condition, at, just under and just over its ends; and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.tables.columns import UNUSABLE, Column, ColumnType
from policies.tables.conditions import Condition, ConditionError, parse_condition
from tests.fixtures.policy_tables import NAMES, UNUSABLE_VALUES, VALUES, conditions, written
from tests.fixtures.policy_tables import Condition as Thought

VALUE = Column("order_value", ColumnType.MONEY, "order value", "EUR")
AGE = Column("age", ColumnType.NUMBER, "age", "d")
ATTEMPTS = Column("attempts", ColumnType.COUNT, "attempts")
CHANNEL = Column("channel", ColumnType.LABEL, "channel", values=("bopis", "ship_from_store", "marketplace"))
CODE = Column("code", ColumnType.LABEL, "code")
RECEIPT = Column("receipt", ColumnType.FLAG, "receipt")
COLUMNS = written().inputs


def parsed(column: Column, raw: Any) -> Condition:
    condition = parse_condition(column, raw)
    assert condition is not None
    return condition


@pytest.mark.parametrize(
    ("raw", "under", "at", "over"),
    [
        ("> 200", False, False, True),
        (">= 200", False, True, True),
        ("< 200", True, False, False),
        ("<= 200", True, True, False),
        ("= 200", False, True, False),
        (200, False, True, False),
        (Decimal("200.00"), False, True, False),
        ("100..200", True, True, False),
        ("[100..200]", True, True, False),
        ("[100..200)", True, False, False),
        ("200..300", False, True, True),
        ("(200..300)", False, False, True),
    ],
)
def test_an_interval_at_its_end(raw: Any, under: bool, at: bool, over: bool) -> None:
    condition = parsed(VALUE, raw)
    assert [condition.decide(Decimal(value)) for value in ("199.9999", "200", "200.0001")] == [under, at, over]


@given(st.data())
def test_a_condition_says_what_its_author_thought(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(NAMES))
    thought: Thought = data.draw(conditions(fact))
    raw = thought.text.strip('"') if thought.kind != "flag" or thought.ending else thought.terms[0]
    condition = parse_condition(COLUMNS[fact], raw)
    for value in (*VALUES[fact], *UNUSABLE_VALUES[fact], None):
        read = COLUMNS[fact].read(value)
        if condition is None:
            assert thought.kind == "any"
        else:
            assert condition.decide(read) == thought.holds({fact: value})


@given(st.data())
def test_the_regions_are_exactly_where_the_check_holds_and_where_it_does_not_fail(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(NAMES))
    condition = parse_condition(COLUMNS[fact], data.draw(conditions(fact).filter(_in_yaml_text)).text.strip('"'))
    if condition is not None:
        for value in (*VALUES[fact], None):
            assert (value in condition.holds) == (condition.decide(value) is True)
            assert (value in condition.reach) == (condition.decide(value) is not False)


def _in_yaml_text(thought: Thought) -> bool:
    return thought.kind != "flag" or bool(thought.ending)


@pytest.mark.parametrize(
    ("raw", "missing"), [("> 200", None), ("> 200 or missing", True), ("> 200 and present", False), ("missing", True)]
)
def test_a_condition_says_what_a_missing_fact_means(raw: str, missing: bool | None) -> None:
    assert parsed(VALUE, raw).decide(None) is missing


@pytest.mark.parametrize("raw", ["> 200", "> 200 or missing", "> 200 and present", "missing", "present"])
def test_an_unusable_fact_leaves_every_condition_undecided(raw: str) -> None:
    assert parsed(VALUE, raw).decide(UNUSABLE) is None


def test_any_is_no_condition() -> None:
    assert parse_condition(VALUE, "any") is None


@pytest.mark.parametrize(("one", "other"), [("> 2", ">= 3"), ("< 3", "<= 2"), ("(1..4)", "2..3"), ("= 2", "(1..3)")])
def test_counts_are_whole_so_these_mean_the_same(one: str, other: str) -> None:
    assert parsed(ATTEMPTS, one) == parsed(ATTEMPTS, other)


def test_money_is_compared_exactly_and_never_as_a_float() -> None:
    assert parsed(VALUE, "= 0.1").decide(Decimal("0.1")) is True
    assert parsed(VALUE, "> 0.1").decide(Decimal("0.1000")) is False


@pytest.mark.parametrize(
    ("column", "raw", "words"),
    [
        (VALUE, "> 200", "over 200.00 EUR"),
        (VALUE, ">= 200.5", "at least 200.50 EUR"),
        (AGE, "< 3", "under 3 days"),
        (AGE, "<= 0.25", "at most 6 h"),
        (AGE, "= 4", "exactly 4 days"),
        (AGE, "[2..14)", "at least 2 days and under 14 days"),
        (ATTEMPTS, "< 3", "at most 2"),
        (ATTEMPTS, "= 3", "exactly 3"),
        (ATTEMPTS, "> 3 or missing", "at least 4 or missing"),
        (VALUE, "missing", "missing"),
        (VALUE, "present", "known"),
        (CHANNEL, "bopis", "bopis"),
        (CHANNEL, ["marketplace", "ship_from_store"], "ship from store or marketplace"),
        (CHANNEL, "not [bopis, marketplace]", "ship from store"),
        (CHANNEL, "not bopis or missing", "ship from store or marketplace or missing"),
        (CODE, "not [B, A_1]", "neither A_1 nor B"),
        (CODE, "not B", "not B"),
        (RECEIPT, False, "no"),
        (RECEIPT, "true or missing", "yes or missing"),
    ],
)
def test_a_condition_in_words(column: Column, raw: Any, words: str) -> None:
    assert str(parsed(column, raw)) == words


@pytest.mark.parametrize(
    ("column", "raw", "says"),
    [
        (VALUE, None, "the condition is empty: write any, or leave the column out"),
        (VALUE, "more than 200", 'expected an interval such as "> 200"'),
        (VALUE, "> 200 EUR", "got '> 200 EUR'"),
        (VALUE, "!= 5", "expected an interval"),
        (VALUE, "[100..200", "expected an interval"),
        (VALUE, "> nan", "expected an interval"),
        (VALUE, "> 1e400", "expected an interval"),
        (VALUE, True, "expected an interval"),
        (VALUE, [1, 2], "expected an interval"),
        (VALUE, "300..200", "leaves no value: no case can satisfy it"),
        (VALUE, "(200..200)", "leaves no value"),
        (ATTEMPTS, "(2..3)", "leaves no value"),
        (ATTEMPTS, "> 2.5", "a count is whole, got 2.5"),
        (CHANNEL, "kiosk", "unknown kiosk: channel is one of bopis, ship_from_store, marketplace"),
        (CHANNEL, ["bopis", "kiosk"], "unknown kiosk"),
        (CHANNEL, "not [bopis, ship_from_store, marketplace]", "leaves no value"),
        (CHANNEL, [], "expected a label, a list of labels or not"),
        (CHANNEL, ["bopis", 3], "quote numbers"),
        (CODE, 7, "quote numbers"),
        (CODE, ["A", "missing"], "missing is a word of the language"),
        (RECEIPT, "yes", "expected true, false, missing or present, got 'yes'"),
        (RECEIPT, 1, "expected true, false, missing or present, got 1"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(column: Column, raw: Any, says: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(column, raw)
    assert says in str(refused.value)


def test_a_long_condition_is_not_repeated_in_full() -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(VALUE, "x" * 10_000)
    assert len(str(refused.value)) < 300
