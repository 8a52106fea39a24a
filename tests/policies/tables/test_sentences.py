"""A sentence and its check agree at, just under and just over each bound, because both come from one condition."""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.tables.problems import PolicyError
from policies.tables.rows import Verdict
from tests.fixtures.policy_tables import ROW, SIGNS, written

CLAIMS = {
    "over": operator.gt,
    "under": operator.lt,
    "at least": operator.ge,
    "at most": operator.le,
    "exactly": operator.eq,
}
CLAIM = re.compile(r"(over|under|at least|at most|exactly) ((?:[-0-9.]+(?: (?:EUR|min|h|days))? ?)+)")
PART = re.compile(r"([-0-9.]+)(?: (min|h|days))?")
MINUTES = {"min": Decimal(1), "h": Decimal(60), "days": Decimal(1440), "": Decimal(1)}
STEPS: dict[str, tuple[Any, Any]] = {
    "order_value": (Decimal, Decimal("0.0001")),
    "age": (float, 0.000000001),
    "attempts": (int, 1),
}


def true_of(sentence: str, value: object) -> bool:
    """Whether a sentence, read as a person would, is true of a value."""
    number = Decimal(str(value)) * (1440 if isinstance(value, float) else 1)
    said = [CLAIMS[word](number, read(bound)) for word, bound in CLAIM.findall(sentence)]
    assert said, sentence
    return all(said)


def read(text: str) -> Decimal:
    """A number as a person reads it, a duration in minutes."""
    return sum((Decimal(number) * MINUTES[unit] for number, unit in PART.findall(text)), Decimal(0))


def one_row(fact: str, condition: str, says: str) -> str:
    return f"\n  - {{id: x, when: {{{fact}: {condition}}}, then: {{disposition: review}}, says: {says}}}"


intervals = st.one_of(
    st.tuples(st.sampled_from(list(SIGNS)), st.integers(0, 300)).map(lambda two: (f"{two[0]} {two[1]}", two[1:])),
    st.tuples(st.sampled_from("[("), st.integers(0, 100), st.integers(102, 300), st.sampled_from("])")).map(
        lambda four: (f"{four[0]}{four[1]}..{four[2]}{four[3]}", four[1:3])
    ),
)


@given(st.sampled_from(list(STEPS)), intervals)
def test_the_sentence_and_the_check_agree_at_under_and_over_each_bound(
    fact: str, interval: tuple[str, tuple[int, ...]]
) -> None:
    text, bounds = interval
    table = written(one_row(fact, f'"{text}"', f'"{{{fact}}} {{{fact}.is}}"'))
    kind, step = STEPS[fact]
    for bound in bounds:
        for value in (kind(bound) - step, kind(bound), kind(bound) + step):
            (trace,) = table.explain({fact: value})
            agrees = true_of(trace.says.replace("is not", "is"), value)
            assert agrees == (trace.verdict is Verdict.MATCHED)
            assert ("is not" in trace.says) == (trace.verdict is Verdict.NOT_MATCHED)


@pytest.mark.parametrize(
    ("condition", "says", "rendered"),
    [
        ("'> 200'", "'{order_value}'", "250.00 EUR"),
        ("'> 200'", "'{order_value} {order_value.is}'", "250.00 EUR is over 200.00 EUR"),
        ("'> 200'", "'{order_value.says}: limit {order_value.threshold}'", "order value: limit 200.00 EUR"),
        ("'[200..300)'", "'{order_value.low} to {order_value.high}'", "200.00 EUR to 300.00 EUR"),
        ("'= 250'", "'{order_value.threshold}'", "250.00 EUR"),
        ("'> 200'", "'{disposition}, {{{channel}}}'", "review, {ship from store}"),
        ("'> 200'", "'{age} old, {receipt} receipt'", "missing old, unusable receipt"),
    ],
)
def test_what_a_placeholder_shows(condition: str, says: str, rendered: str) -> None:
    facts = {"order_value": Decimal(250), "channel": "ship_from_store", "receipt": "perhaps"}
    hit = written(one_row("order_value", condition, says)).evaluate(facts).hit
    assert hit is not None
    assert hit.says == rendered


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ("{amount}", "unknown placeholder {amount}: this table has order_value, channel, age"),
        ("{amount.is}", "unknown placeholder {amount.is}"),
        ("{}", "unknown placeholder {}"),
        ("{age.is}", "{age.is} needs a condition on age: this row has none"),
        ("{order_value.high}", "{order_value.high} does not exist: order_value must be over 200.00 EUR; write"),
        ("{order_value.__class__}", "{order_value.__class__} does not exist"),
        ("{channel.threshold}", "{channel.threshold} does not exist"),
        ("{order_value!r}", "{order_value} carries a format"),
        ("{order_value:.0f}", "{order_value} carries a format"),
        ("{order_value", "a brace is left open"),
        ("over 200: ask", "a bound of order_value is typed out: write {order_value.is}"),
        ("over 200.00 EUR", "a bound of order_value is typed out: write {order_value.is}"),
    ],
)
def test_a_sentence_that_cannot_be_built_is_refused(says: str, problem: str) -> None:
    changed = re.sub('says: ".*"', f'says: "{says}"', ROW)
    with pytest.raises(PolicyError) as refused:
        written(changed)
    assert str(refused.value).startswith("gates.yaml:20, table finance_gates, row order_value_high: says: " + problem)


@pytest.mark.parametrize("says", ["tier200 of 3", "in 2000 days", "1.200"])
def test_a_number_that_is_no_bound_may_be_typed(says: str) -> None:
    assert written(re.sub('says: ".*"', f'says: "{says}"', ROW)).rows[0].says == says
