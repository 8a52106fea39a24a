"""Every message of a table that cannot be used: its place, what came, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.tables.columns import Column, ColumnType
from policies.tables.problems import PolicyError
from policies.tables.row_loading import MOST_ROWS
from policies.tables.table import HitPolicy
from policies.tables.table_loading import load_table, load_tables, parse_table
from tests.fixtures.policy_tables import HEAD, ROW, written

ROW_PLACE = "table finance_gates, row order_value_high"


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        parse_table(text, "gates.yaml")
    return [str(problem) for problem in refused.value.problems]


def changed(old: str, new: str) -> str:
    text = HEAD + ROW
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "says"),
    [
        # the head
        ("table: finance_gates", "table: Finance Gates", 2, None, "expected a name of lower-case letters"),
        ('version: "4"', "", 2, None, "version is missing: add it"),
        ('version: "4"', "version: [4]", 2, None, "version is text, got [4]: quote it"),
        ("hit: collect", "hit: any", 4, None, "expected one of first, collect, priority, unique"),
        ("hit: collect", "hit: collect\ncomplete: maybe", 2, None, "complete is true or false, got 'maybe'"),
        ("hit: collect", "hit: collect\nhits: 3", 5, None, "unknown key 'hits': expected table, version, hit"),
        # columns
        ("type: flag", "type: boolean", 10, "receipt", "expected one of money, "),
        ("{type: flag}", "flag", 10, "receipt", "expected a mapping with type"),
        ("{type: flag}", "{}", 10, "receipt", "type is missing: add it"),
        ("type: flag", "type: flag, size: 3", 10, "receipt", "unknown key 'size'"),
        ("type: flag", "type: text", 2, "receipt", "an input cannot be text"),
        ("type: flag", "type: flag, says: 3", 10, "receipt", "says is text, got 3"),
        ("type: flag", "type: flag, optional: 1", 10, "receipt", "optional is true or false, got 1"),
        ("type: flag", "type: flag, values: [a]", 10, "receipt", "only a label has values: remove them"),
        ("[store_finance, returns_desk]", "[1]", 14, "role", "values are a list of texts, got [1]: quote numbers"),
        ("returns_desk]", "store_finance]", 14, "role", "a value stands twice: keep one"),
        ("returns_desk]", "missing]", 14, "role", "'missing' cannot be a label"),
        ("  code: {", "  Code: {", 11, "Code", "expected a name of lower-case"),
        ("  code: {", "  role: {", 2, "role", "this name is an input and an output: rename one"),
        # rows
        ("id: order_value_high", "id: Order value", 17, None, "expected a name of lower-case"),
        ("id: order_value_high", "name: x", 17, None, "unknown key 'name': expected id, when, then, says"),
        ("order_value: \"> 200\"", "amount: 3", 18, "amount", "unknown input: this table has order_value"),
        ('"> 200"', '"over 200"', 18, "order_value", "expected an interval such as"),
        ("channel: [bopis", "channel: [kiosk", 18, "channel", "unknown kiosk: channel is one of bopis"),
        ("when: {", "when: [{", 19, None, "this is not YAML"),
        ("disposition: review,", "", 19, "disposition", "this output is missing: give it"),
        ("disposition: review", "disposition: stop", 19, "disposition", "expected one of"),
        ("role: store_finance}", "desk: x}", 19, "desk", "unknown output: this table has disposition, role"),
        ("    says: ", "    note: 3\n    says: ", 20, None, "unknown key 'note': expected id, when, then, says"),
        ("    says: ", "    # says: ", 17, None, "says is missing: add it"),
        ("{role} must", "{desk} must", 20, None, "says: unknown placeholder {desk}: this table has order_value"),
    ],
)  # fmt: skip
def test_one_mistake_makes_one_message(old: str, new: str, line: int, column: str | None, says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_table(changed(old, new), "gates.yaml")
    first, *rest = refused.value.problems
    assert (first.place.line, first.place.column) == (line, column)
    assert first.says.startswith(says)
    assert all("is missing: add it" in each.says for each in rest)


def test_a_message_names_file_line_table_row_and_column() -> None:
    assert problems(changed("> 200", "high")) == [
        f"gates.yaml:18, {ROW_PLACE}, column order_value: expected an interval such as "
        '"> 200", "<= 3", "= 4", "100..200" or "[100..200)", got \'high\': write one of these'
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "gates.yaml: expected one table, got 0: use load_tables or split the file"),
        ("- 1", "gates.yaml: expected a mapping with table, version, hit, inputs, outputs, rows, complete, got [1]"),
        (HEAD, "gates.yaml:2: rows is missing: add it"),
        (HEAD.replace("inputs:", "inputs: 3\nx:") + ROW, "gates.yaml:5, table finance_gates: expected name: {type:"),
        (HEAD + "  []", "gates.yaml:15, table finance_gates: expected a list of 1 to 500 rows, got 0 rows"),
        (HEAD + "  x: 1", "gates.yaml:15, table finance_gates: expected a list of 1 to 500 rows, got {'x': 1}"),
        (HEAD + "  - 7", "gates.yaml:15, table finance_gates: expected a mapping with id, when, then, says, got 7"),
        (HEAD + "  [" + "7, " * (MOST_ROWS + 1) + "]", "gates.yaml:15, table finance_gates: expected a list of 1 to"),
        (HEAD + "  - {id: x, when: 3, then: 4, says: x}", "gates.yaml:16, table finance_gates, row x: when is a mapp"),
        (HEAD + "  - {id: x, then: {disposition: hold}, says: ' '}", "gates.yaml:16, table finance_gates, row x: says"),
        (HEAD + ROW + ROW, f"gates.yaml:22, {ROW_PLACE}: this id stands in line 17 already: rename one"),
        (HEAD + ROW + "---" + HEAD + ROW, "gates.yaml:22, table finance_gates: this table stands twice: rename or"),
    ],
)
def test_what_is_wrong_as_a_whole(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


@pytest.mark.parametrize(
    ("declared", "given", "fits"),
    [
        ("money", "12.50", True),
        ("money", "'12.50'", False),
        ("number", "3", True),
        ("number", "true", False),
        ("count", "3", True),
        ("count", "3.5", False),
        ("flag", "true", True),
        ("flag", "'true'", False),
        ("flag", "1", False),
        ("label", "anything", True),
        ("label", "3", False),
        ("text", "any words", True),
        ("text", "[a]", False),
    ],
)
def test_an_output_has_its_declared_type(declared: str, given: str, fits: bool) -> None:
    text = HEAD.replace("rows:", f"  extra: {{type: {declared}}}\nrows:")
    text += f"\n  - {{id: x, then: {{disposition: hold, extra: {given}}}, says: hello}}"
    if fits:
        assert parse_table(text, "gates.yaml").rows[0].outputs["extra"] is not None
    else:
        (problem,) = problems(text)
        assert f"row x, column extra: expected a {declared}, got" in problem


def test_all_problems_of_a_file_are_told_at_once() -> None:
    text = HEAD + ROW.replace("> 200", "much").replace("bopis", "kiosk") + ROW.replace("store_finance", "boss")
    other = HEAD.replace("finance_gates", "other") + ROW.replace("must agree", "{nobody}")
    told = problems(text + "---" + other)
    assert (text + "---" + other).splitlines()[44].startswith("    says: ")
    assert [each.partition(", ")[0] for each in told] == [f"gates.yaml:{line}" for line in (18, 18, 22, 24, 45)]


def test_a_mistake_in_a_column_is_not_blamed_on_the_rows_that_use_it() -> None:
    (problem,) = problems(changed("type: money", "type: euros"))
    assert "column order_value: expected one of money" in problem


def test_of_many_names_the_closest_are_told() -> None:
    inputs = "".join(f"\n  fact_{at}: {{type: flag}}" for at in range(40))
    (problem,) = problems((HEAD + ROW.replace("channel: [", "chanel: [")).replace("inputs:", "inputs:" + inputs))
    assert "this table has channel, " in problem
    assert problem.endswith(" and 43 more; declare it or correct it")


def test_a_refused_value_is_not_repeated_in_full() -> None:
    assert len(problems(changed("> 200", "x" * 10_000))[0]) < 400


@pytest.mark.parametrize("first", ["{type: label}", "{type: label, values: [a], optional: true}", "{type: number}"])
def test_priority_needs_a_first_output_that_ranks(first: str) -> None:
    head = HEAD.replace("collect", "priority").replace("outputs:", f"outputs:\n  rank: {first}")
    told = problems(head + ROW.replace("then: {", "then: {rank: a, ") if "label" in first else head + ROW)
    assert any("column rank: priority ranks rows by the first output: make it a label with values" in e for e in told)


def test_columns_may_be_shared_between_tables(tmp_path: Path) -> None:
    shared = [
        Column("order_value", ColumnType.MONEY, "order value", "EUR"),
        Column("disposition", ColumnType.LABEL, "disposition", values=("proceed", "review", "hold")),
    ]
    row = "rows: [{id: x, when: {order_value: '> 1'}, then: {disposition: hold}, says: hello}]\n"
    one = "table: one\nversion: 1\nhit: first\ninputs: [order_value]\noutputs: [disposition]\n" + row
    path = tmp_path / "gates.yaml"
    path.write_text(one + "---\n" + one.replace("table: one", "table: two"), encoding="utf-8")
    tables = load_tables(path, shared)
    assert list(tables) == ["one", "two"]
    assert tables["two"].inputs == {"order_value": shared[0]}
    assert tables["one"].version == "1"
    with pytest.raises(PolicyError, match=r"'disposition' is not a shared column \(there is order_value\)"):
        load_tables(path, shared[:1])
    with pytest.raises(PolicyError, match="expected one table, got 2: use load_tables"):
        load_table(path, shared)


def test_a_table_is_what_its_file_says() -> None:
    table = written()
    assert (table.name, table.version, table.hit_policy) == ("finance_gates", "4", HitPolicy.COLLECT)
    assert not table.complete
    assert table.inputs["order_value"] == Column("order_value", ColumnType.MONEY, "order value", "EUR")
    assert table.outputs["role"].optional
    assert [row.id for row in table.rows] == ["order_value_high"]
