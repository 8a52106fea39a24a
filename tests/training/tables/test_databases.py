from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.fixtures.days import MAPPING, daily_table
from training.commands.train import app
from training.daily.mapping import DailyMapping
from training.daily.opening import open_daily
from training.errors import HistoryError, MappingError
from training.histories.history import open_history
from training.tables.mapping import Mapping, parse_mapping

QUERY = (
    "select id, at, customers.city from orders join customers using (customer) where at not like '%:30:%' order by id"
)


@pytest.fixture
def address(tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        create table orders (id integer, at text, customer integer);
        create table customers (customer integer, city text);
        insert into orders values (2, '2026-01-02 10:00:00', 7), (1, '2026-01-03 10:00:00', 8);
        insert into orders values (3, '2026-01-02 10:30:00', 7);
        insert into customers values (7, 'Ulm'), (8, null);
        """
    )
    connection.close()
    return f"sqlite:///{path}"


def mapping(**changes: Any) -> Mapping:
    facts = {
        "event.source": {"constant": "shop"},
        "event.id": "id",
        "event.time": {"column": "at", "zone": "UTC"},
        "exception_id": "id",
    }
    base = {"schema": "fairlead/mapping/1", "query": QUERY, "facts": facts, "attributes": {"city": "city"}}
    return parse_mapping({**base, **changes})


def test_a_query_is_a_history(address: str) -> None:
    history = open_history(address, mapping())
    assert [line.case.exception_id for line in history.lines()] == ["2", "1"]
    assert [line.case.attributes for line in history.lines()] == [{"city": "Ulm"}, {}]
    assert history.name == "shop.db"
    assert open_history(address, mapping()).digest == history.digest


def test_rows_that_change_change_the_digest(address: str) -> None:
    before = open_history(address, mapping()).digest
    with sqlite3.connect(address.removeprefix("sqlite:///")) as connection:
        connection.execute("update customers set city = 'Bonn' where customer = 7")
    connection.close()
    assert open_history(address, mapping()).digest != before


@pytest.mark.parametrize(
    ("history", "changes", "says"),
    [
        ("sqlite:///none.db", {}, "none.db cannot be read"),
        ("", {"query": "select colour from orders"}, "refused the mapping's query"),
        ("", {"query": None}, "say what to read of it"),
        ("nosuch://host/name", {}, "expected a database address"),
        ("mysql+nosuch://me:secret@host/name", {}, "expected a database address"),
        ("orders.csv", {}, "is for a database"),
    ],
)
def test_what_is_wrong_with_a_database_is_said(address: str, history: str, changes: Any, says: str) -> None:
    with pytest.raises((HistoryError, MappingError)) as caught:
        open_history(history or address, mapping(**changes))
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_files_and_a_query_exclude_each_other() -> None:
    with pytest.raises(MappingError, match="joins the tables of its database itself"):
        mapping(files={"items": {"file": "items.csv", "key": "id"}})


def test_the_command_line_takes_an_address(address: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "schema: fairlead/mapping/1\nzone: UTC\nquery: select * from orders\n"
        "facts: {event.source: {constant: s}, event.id: id, event.time: at, exception_id: id}\n"
    )
    told = CliRunner().invoke(app, ["cases", address, "--mapping", str(path)])
    assert told.exit_code == 0, told.stderr
    assert len(told.stdout.splitlines()) == 3


def test_what_is_read_in_parts_is_the_whole(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [line.case for line in open_history(address, mapping()).lines()]
    monkeypatch.setattr("training.tables.databases.AT_ONCE", 1)  # a customer without a city is a part without words
    assert [line.case for line in open_history(address, mapping()).lines()] == whole
    empty = mapping(query="select id, at, city from orders join customers using (customer) where id > 9")
    assert list(open_history(address, empty).lines()) == []


def test_days_in_a_database_are_the_days_of_a_file(tmp_path: Path) -> None:
    table = daily_table(shelves=4, days=20, gaps=0.1, seed=3)
    table.to_csv(tmp_path / "days.csv", index=False)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        table.to_sql("days", connection, index=False)
    connection.close()
    of_file = DailyMapping.model_validate(MAPPING)
    of_rows = DailyMapping.model_validate({**MAPPING, "query": "select * from days"})
    told = open_daily(f"sqlite:///{tmp_path / 'shop.db'}", of_rows)
    assert list(told.lines()) == list(open_daily(tmp_path / "days.csv", of_file).lines())
    assert told.name == "shop.db"
    with pytest.raises(MappingError, match="say what to read of it"):
        open_daily(f"sqlite:///{tmp_path / 'shop.db'}", of_file)
    with pytest.raises(MappingError, match=r"is for a database; days\.csv is a file"):
        open_daily(tmp_path / "days.csv", of_rows)
