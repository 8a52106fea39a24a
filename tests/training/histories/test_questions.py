"""A history of shelves is printed as the questions that a service takes, and each shelf tells of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from data.case import Case, StockPosition, Supplier
from data.record import canonical
from serving.stockouts.schemas import StockoutQuestion
from tests.fixtures.cases import a_case
from tests.fixtures.days import MAPPING, daily_table
from tests.fixtures.tables import backorders
from training.commands.train import app
from training.daily.history import DailyHistory
from training.daily.mapping import DailyMapping
from training.errors import HistoryError
from training.histories.questions import MOST_POSITIONS, questions

BACKORDERS = "examples/mappings/backorders.yaml"


def asked(cases: Iterator[Case]) -> list[StockoutQuestion]:
    return [StockoutQuestion.model_validate_json(canonical(each)) for each in questions(cases)]


def days(shelves: int, count: int) -> list[Case]:
    history = DailyHistory("d", "sha256:0", daily_table(shelves, count, gaps=0.0), DailyMapping.model_validate(MAPPING))
    return [line.case for line in history.lines()]


def test_shelves_of_one_day_and_region_are_asked_about_together_each_with_its_own_attributes() -> None:
    cases = days(30, 3)
    found = asked(iter(cases))
    assert len(found) == 3 * 3, "three days of three cities"
    told = {
        (each.as_of, each.region, position.sku, position.node): (position.attributes, position.history)
        for each in found
        for position in each.positions
    }
    for case in cases:
        (position,) = case.stock
        mine = told[case.event.time, case.region, position.sku, position.node]
        assert mine == (case.attributes, position.history)
    assert len(told) == len(cases)
    brands = {position.attributes["brand"] for position in found[0].positions}
    assert len(brands) > 1, "one question, shelves of several brands"


def test_more_shelves_than_one_question_takes_are_asked_about_in_several() -> None:
    cases = [a_case(n, stock=(StockPosition(sku=f"s-{n}", node="n"),)) for n in range(MOST_POSITIONS + 1)]
    at_once = [case.model_copy(update={"event": cases[0].event}) for case in cases]
    assert [len(each.positions) for each in asked(iter(at_once))] == [MOST_POSITIONS, 1]


def test_what_a_question_has_no_place_for_is_left_out_and_the_help_says_so() -> None:
    here, there = (StockPosition(sku="s", node=node) for node in ("here", "there"))
    (question,) = questions([a_case(stock=(here, there), supplier=Supplier(id="acme"), region="emea")])
    assert question.keys() == {"as_of", "region", "positions"}
    assert [position["node"] for position in question["positions"]] == ["here"]
    told = " ".join(CliRunner().invoke(app, ["cases", "--help"]).stdout.replace("│", " ").split())
    assert "left out, such as a supplier, an order or a second stock position" in told


def test_a_case_without_a_shelf_is_refused_with_what_to_do() -> None:
    with pytest.raises(HistoryError, match=r"map stock\.0\.sku and stock\.0\.node, or print the cases as they are"):
        list(questions([a_case()]))


def test_the_command_prints_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    table = backorders(tmp_path_factory.mktemp("table") / "b.csv", 20)
    told = CliRunner().invoke(app, ["cases", str(table), "--mapping", BACKORDERS, "--limit", "3", "--shelves"])
    assert told.exit_code == 0, told.stderr
    (question,) = map(json.loads, told.stdout.splitlines())
    assert len({each["attributes"]["inventory"] for each in question["positions"]}) == 3
