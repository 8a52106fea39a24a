"""Evaluation: hit policies, three-valued rows, and the compiled table against a naive interpreter."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.explanation import CheckStep
from data.vocabulary import Channel
from policies.tables.problems import PolicyError
from policies.tables.regions import Value
from policies.tables.rows import Verdict
from policies.tables.table import HitPolicy, Table
from tests.fixtures.policy_tables import HEAD, ROW, Facts, Written, cases, rows, written

HIGH: Facts = {"order_value": Decimal("240"), "channel": "bopis"}


def row(row_id: str, when: str, disposition: str = "review") -> str:
    return f"\n  - {{id: {row_id}, when: {{{when}}}, then: {{disposition: {disposition}}}, says: hello}}"


def of(hit: str, *texts: str) -> Table:
    return written(*texts, head=HEAD.replace("hit: collect", f"hit: {hit}"))


def hits(table: Table, **facts: Any) -> list[str]:
    return [hit.row for hit in table.evaluate(facts).hits]


def open_rows(table: Table, **facts: Any) -> list[str]:
    return [each.row for each in table.evaluate(facts).not_evaluable]


def test_a_hit_carries_outputs_sentence_and_what_it_saw() -> None:
    hit = written().evaluate(HIGH).hit
    assert hit is not None
    assert hit.row == "order_value_high"
    assert hit.outputs == {"disposition": "review", "role": "store_finance"}
    assert hit.says == "order value 240.00 EUR is over 200.00 EUR: store finance must agree"
    assert hit.saw == {"order_value": "240.00", "channel": "bopis"}


def test_what_it_saw_fits_an_explanation_step() -> None:
    result = written().evaluate({**HIGH, "channel": Channel.BOPIS})
    assert result.hit is not None
    step = CheckStep(kind="gate", id="x", version=result.version, saw=result.saw, concluded=None, says=result.hit.says)
    assert step.saw == {"order_value": "240.00", "channel": "bopis"}


def test_a_member_of_the_vocabulary_is_the_label_it_names() -> None:
    assert hits(written(), **{**HIGH, "channel": Channel.BOPIS}) == ["order_value_high"]


def test_facts_the_table_does_not_read_are_ignored() -> None:
    assert hits(written(), **HIGH, unheard_of=object()) == ["order_value_high"]


@pytest.mark.parametrize("facts", [{"channel": "bopis"}, {"channel": "bopis", "order_value": None}])
def test_a_missing_fact_makes_a_row_not_evaluable(facts: Facts) -> None:
    result = written().evaluate(facts)
    (lacking,) = result.not_evaluable
    assert result.hits == ()
    assert lacking.missing == ("order_value",)
    assert lacking.outputs == {"disposition": "review", "role": "store_finance"}
    assert lacking.says == "order value is missing: order_value_high cannot be checked"
    assert result.saw == {"order_value": None, "channel": "bopis"}


@pytest.mark.parametrize("amount", [240.0, "240", True, Decimal("NaN"), Decimal("Infinity"), [240]])
def test_an_unusable_fact_makes_a_row_not_evaluable_and_is_not_echoed(amount: Any) -> None:
    (lacking,) = written().evaluate({**HIGH, "order_value": amount}).not_evaluable
    assert lacking.says == "order value is unusable: order_value_high cannot be checked"
    assert lacking.saw["order_value"] is None


def test_an_unknown_label_is_unusable_not_another_label() -> None:
    table = written(row("others", "channel: not bopis"))
    assert open_rows(table, channel="kiosk") == ["others"]


def test_an_open_label_takes_any_text() -> None:
    table = written(row("others", "code: 'not [A, B]'"))
    assert hits(table, code="never named") == ["others"]
    assert hits(table, code="A") == []


def test_a_failing_condition_decides_even_where_another_fact_is_missing() -> None:
    assert open_rows(written(), channel="marketplace") == []


def test_a_row_without_conditions_matches_every_case() -> None:
    assert hits(written(row("always", ""))) == ["always"]


def test_collect_takes_all_in_order_and_reports_every_open_row() -> None:
    table = of("collect", row("a", "order_value: '> 1'"), row("b", "age: '> 1'"), row("c", "order_value: '> 2'"))
    assert hits(table, order_value=Decimal(3)) == ["a", "c"]
    assert open_rows(table, order_value=Decimal(3)) == ["b"]


def test_first_takes_the_first_and_reports_only_open_rows_before_it() -> None:
    first, second = row("a", "age: '> 1'"), row("b", "order_value: '> 1'")
    table = of("first", first, second, row("c", "attempts: '> 1'"), row("d", ""))
    assert hits(table, order_value=Decimal(3)) == ["b"]
    assert open_rows(table, order_value=Decimal(3)) == ["a"]


def test_priority_takes_the_highest_output_whatever_the_order_of_rows() -> None:
    table = of("priority", row("a", "order_value: '> 1'", "proceed"), row("b", "age: '> 1'", "hold"))
    assert hits(table, order_value=Decimal(3), age=3.0) == ["b"]
    assert hits(table, order_value=Decimal(3), age=0.0) == ["a"]
    assert open_rows(table, order_value=Decimal(3)) == ["b"]
    assert open_rows(table, age=3.0) == []


def test_unique_takes_the_one_and_reports_open_rows_only_where_none_matched() -> None:
    table = of("unique", row("a", "age: missing"), row("b", "age: '> 1', receipt: true"), row("c", "age: '<= 1'"))
    assert hits(table, receipt=True) == ["a"]
    assert open_rows(table, receipt=True) == []
    assert open_rows(table, age=3.0) == ["b"]


def expected(policy: HitPolicy, thought: list[Written], facts: Facts) -> tuple[list[str], list[str]]:
    """Hits and rows left open, by the definitions of the hit policies."""
    order = ["hold", "review", "proceed"]
    asked = sorted(thought, key=lambda each: order.index(each.disposition)) if policy == "priority" else thought
    said = [(each.id, each.holds(facts)) for each in asked]
    matched = [name for name, verdict in said if verdict is True]
    if policy is HitPolicy.COLLECT:
        return matched, [name for name, verdict in said if verdict is None]
    if policy is HitPolicy.UNIQUE and matched:
        return matched, []
    before = said[: [name for name, _ in said].index(matched[0])] if matched else said
    return matched[:1], [name for name, verdict in before if verdict is None]


@given(st.data())
def test_the_compiled_table_says_what_a_naive_interpreter_says(data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from(HitPolicy))
    thought = data.draw(rows())
    try:
        table = of(policy.value, *(each.text for each in thought))
    except PolicyError:
        return  # overlaps and unreachable rows are refused: tests/policies/test_table_checks.py
    for facts in data.draw(st.lists(cases(), min_size=5, max_size=20)):
        result = table.evaluate(facts)
        found = [each.row for each in result.hits], [each.row for each in result.not_evaluable]
        assert found == expected(policy, thought, facts)


@settings(max_examples=40)
@given(rows(), cases())
def test_explain_lists_every_row_and_agrees_with_evaluate(thought: list[Written], facts: Facts) -> None:
    table = of("collect", *(each.text for each in thought))
    traces = {each.row: each for each in table.explain(facts)}
    result = table.evaluate(facts)
    assert list(traces) == [each.id for each in thought]
    assert [name for name, each in traces.items() if each.verdict is Verdict.MATCHED] == [h.row for h in result.hits]
    open_ones = [name for name, each in traces.items() if each.verdict is Verdict.NOT_EVALUABLE]
    assert open_ones == [each.row for each in result.not_evaluable]


@settings(max_examples=60)
@given(rows(), cases(usable=True))
def test_a_row_matches_exactly_in_its_box_and_stays_open_exactly_in_its_reach(
    thought: list[Written], facts: Facts
) -> None:
    for each in of("collect", *(one.text for one in thought)).rows:
        values: dict[str, Value] = {name: facts.get(name) for name in each.inputs}
        assert (each.check(values) is True) == (values in each.box)
        assert (each.check(values) is not False) == (values in each.reach)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"order_value": Decimal(200), "channel": "bopis"}, "order value 200.00 EUR is not over 200.00 EUR"),
        (
            {"order_value": Decimal(20), "channel": "marketplace"},
            "order value 20.00 EUR is not over 200.00 EUR and channel marketplace is not bopis or ship from store",
        ),
        ({"order_value": Decimal(240)}, "channel is missing"),
        ({"order_value": Decimal(240), "channel": "kiosk"}, "channel is unusable"),
        (HIGH, "order value 240.00 EUR is over 200.00 EUR: store finance must agree"),
    ],
)
def test_explain_says_why(facts: Facts, says: str) -> None:
    (trace,) = written().explain(facts)
    assert trace.says == says


def test_explain_says_what_each_condition_saw() -> None:
    (trace,) = written().explain({"order_value": Decimal("12.5")})
    seen = [(each.fact, each.verdict.value, each.value, each.says) for each in trace.conditions]
    assert seen == [
        ("order_value", "not_matched", "12.50", "order value 12.50 EUR is not over 200.00 EUR"),
        ("channel", "not_evaluable", None, "channel is missing"),
    ]


def test_explain_says_of_a_missing_fact_what_it_had_to_be() -> None:
    present = written(row("known", "age: present")).explain({})[0]
    missing = written(row("unknown", "age: missing")).explain({})[0]
    assert present.says == "age is missing, and must be known"
    assert [each.says for each in missing.conditions] == ["age is missing"]


def test_explain_marks_the_rows_that_did_not_count() -> None:
    table = of("first", row("a", "order_value: '> 2'"), row("b", "order_value: '> 1'"))
    counted = {each.row: each.counted for each in table.explain({"order_value": Decimal(3)})}
    assert counted == {"a": True, "b": False}


def test_the_digest_does_not_see_layout_comments_or_spelling() -> None:
    other = ROW.replace('"> 200"', '">200.00"')
    other = other.replace("[bopis, ship_from_store]", "not marketplace  # as finance asked\n     ")
    assert written(other).digest == written().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 200", ">= 200"),
        ("> 200", "> 200 or missing"),
        ("store_finance}", "returns_desk}"),
        ("must agree", "has to agree"),
        ("order_value_high", "order_value_over"),
    ],
)
def test_the_digest_sees_every_word_of_a_row(old: str, new: str) -> None:
    assert written(ROW.replace(old, new, 1)).digest != written().digest


@pytest.mark.parametrize(("old", "new"), [('"4"', '"5"'), ("EUR", "SEK"), ("hit: collect", "hit: first")])
def test_the_digest_sees_the_head(old: str, new: str) -> None:
    assert written(head=HEAD.replace(old, new)).digest != written().digest
