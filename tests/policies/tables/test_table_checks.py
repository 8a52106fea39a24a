"""What is proved of a table at load, compared with trying every case of a grid."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from policies.tables.problems import Place, PolicyError, Problem, Problems
from policies.tables.table_checks import check_table
from tests.fixtures.policy_tables import HEAD, VALUES, Facts, Written, rows, written

FEW = ("order_value", "channel", "attempts")
CASES: list[Facts] = [
    dict(zip(FEW, values, strict=True)) for values in product(*([*VALUES[name], None] for name in FEW))
]


def row(row_id: str, when: str, disposition: str = "review") -> str:
    return f"\n  - {{id: {row_id}, when: {{{when}}}, then: {{disposition: {disposition}}}, says: hello}}"


def refused(hit: str, *texts: str) -> tuple[Problem, ...]:
    try:
        written(*texts, head=HEAD.replace("hit: collect", f"hit: {hit}"))
    except PolicyError as error:
        return error.problems
    return ()


def said(hit: str, *texts: str) -> list[str]:
    return [str(problem) for problem in refused(hit, *texts)]


def test_a_row_behind_a_wider_one_is_never_reached() -> None:
    assert said("first", row("wide", "order_value: '> 100'"), row("narrow", "order_value: '> 200'")) == [
        "gates.yaml:18, table finance_gates, row narrow: never reached, wide takes all its cases: "
        "move it up, narrow that or remove it"
    ]


def test_a_row_that_several_take_together_is_never_reached() -> None:
    low, high, other = (row("low", "age: '< 5'"), row("high", "age: '>= 5'"), row("gone", "age: missing"))
    assert said("first", low, high, other) == []
    told = said("first", low, high, other, row("left", ""))
    assert len(told) == 1
    assert "row left: never reached, low, high, gone takes all" in told[0]


def test_a_row_for_a_missing_fact_is_reached_behind_all_its_values() -> None:
    assert said("first", row("known", "age: present"), row("otherwise", "")) == []


def test_counts_leave_nothing_between_two_and_three() -> None:
    few, many, none = row("few", "attempts: '<= 2'"), row("many", "attempts: '>= 3'"), row("none", "attempts: missing")
    assert len(said("first", few, many, none, row("left", ""))) == 1


def test_priority_looks_at_the_order_of_outputs() -> None:
    narrow, wide = row("narrow", "age: '> 5'", "review"), row("wide", "age: '> 1'", "hold")
    assert said("first", narrow, wide) == []
    assert "row narrow: never reached, wide takes" in said("priority", narrow, wide)[0]


def test_collect_lets_rows_cover_each_other() -> None:
    assert said("collect", row("wide", "age: '> 1'"), row("narrow", "age: '> 5'")) == []


def test_unique_rows_must_not_meet() -> None:
    one, other = row("a", "age: '[1..5]', channel: [bopis, marketplace]"), row("b", "age: '>= 5', receipt: true")
    assert said("unique", one, other) == [
        "gates.yaml:18, table finance_gates, row b: overlaps row a where "
        "channel bopis or marketplace; age exactly 5 days; receipt yes: narrow one, unique rows must not meet"
    ]


@pytest.mark.parametrize("hit", ["first", "unique", "collect", "priority"])
def test_a_gap_in_a_complete_table_is_told_with_the_cases_it_leaves(hit: str) -> None:
    low, high = row("low", "age: '< 5'", "hold"), row("high", "age: '> 5', channel: not bopis")
    (told,) = said(hit + "\ncomplete: true", low, high)
    assert told.startswith(
        "gates.yaml:2, table finance_gates: complete, but no row covers channel bopis; age at least 5 days"
    )
    assert told.endswith(": add a row or drop complete")
    assert said(hit, low, high) == []


def test_a_missing_fact_is_no_gap_where_a_row_would_be_left_open() -> None:
    assert said("first\ncomplete: true", row("low", "age: '< 5'"), row("high", "age: '>= 5'")) == []
    (told,) = said(
        "first\ncomplete: true", row("low", "age: '< 5 and present'"), row("high", "age: '>= 5 and present'")
    )
    assert "no row covers age missing" in told


def test_a_proof_that_takes_too_long_is_a_problem_and_not_a_pass() -> None:
    texts = [row("low", "age: '< 5'"), row("high", "age: '>= 5', attempts: '< 3'"), row("left", "")]
    table = written(*texts, head=HEAD.replace("hit: collect", "hit: first"))
    problems = Problems()
    check_table(table, Place("gates.yaml"), problems, most_steps=4)
    assert [each.says for each in problems.found] == [
        "the proof takes more steps than it may: nothing was proved, split the table"
    ]


@settings(max_examples=40)
@given(rows(most=4, facts=FEW))
def test_unreachable_rows_are_exactly_those_no_case_reaches(thought: list[Written]) -> None:
    told = {problem.place.row for problem in refused("first", *(each.text for each in thought))}
    reached = {next((row.id for row in thought if row.holds(facts) is True), None) for facts in CASES}
    assert told == {each.id for each in thought} - reached


@settings(max_examples=40)
@given(rows(most=3, facts=FEW))
def test_overlaps_are_exactly_those_some_case_shows(thought: list[Written]) -> None:
    told = refused("unique", *(each.text for each in thought))
    assert bool(told) == any(sum(row.holds(facts) is True for row in thought) > 1 for facts in CASES)


@settings(max_examples=40)
@given(rows(most=4, facts=FEW))
def test_gaps_are_exactly_those_some_case_falls_into(thought: list[Written]) -> None:
    told = refused("collect\ncomplete: true", *(each.text for each in thought))
    assert bool(told) == any(all(row.holds(facts) is False for row in thought) for facts in CASES)
