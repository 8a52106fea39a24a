from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.fixtures.tables import write_csv
from training.errors import HistoryError, MappingError
from training.histories.history import open_history, open_table
from training.tables.joins import Join
from training.tables.mapping import Mapping, parse_mapping


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    write_csv(
        tmp_path / "items.csv",
        ("order", "price", "colour", "packed"),
        [
            ("1", "1.000,5", "", "2026-01-03"),
            ("1", "2,5", "red", "2026-01-02"),
            ("2", "", "", ""),
            ("1", "", "blue", ""),
        ],
    )
    pd.DataFrame({"nr": [1, 2], "city": ["Ulm", None]}).to_parquet(tmp_path / "customers.parquet")
    return write_csv(tmp_path / "orders.csv", ("order", "customer"), [("3", "2"), ("1", "1"), ("2", "9"), ("1", "")])


def mapping(thousands: Any = ".", **files: Any) -> Mapping:
    facts = {
        "event.source": {"constant": "s"},
        "event.id": {"row": True},
        "event.time": {"constant": "2026-01-01T00:00:00Z"},
        "exception_id": "order",
    }
    return parse_mapping(
        {"schema": "fairlead/mapping/1", "decimal": ",", "thousands": thousands, "files": files, "facts": facts}
    )


def items(**each: Any) -> dict[str, Any]:
    return {"file": "items.csv", "key": "order", "each": each}


def test_a_key_with_one_row_is_joined_whatever_kind_its_file_has(orders: Path) -> None:
    customers = {"file": "customers.parquet", "key": {"customer": "nr"}}
    frame = open_table(orders, mapping(customers=customers)).frame
    assert frame["customers.city"].isna().tolist() == [True, False, True, True]
    assert frame["customers.city"].iloc[1] == "Ulm"
    assert frame["order"].tolist() == ["3", "1", "2", "1"]
    assert "customers.nr" not in frame.columns


@pytest.mark.parametrize("way", ["sum", "max"])
def test_a_number_that_may_be_a_thousand_times_more_is_neither_summed_nor_compared(orders: Path, way: str) -> None:
    with pytest.raises(HistoryError, match=r"files.items.each.made.*a decimal comma and no point, got '1.000,5'"):
        open_table(orders, mapping(thousands=None, items=items(made={way: "price"})))
    by_day = mapping(thousands=None, days={"file": "days.csv", "key": "order", "each": {"made": {way: "day"}}})
    write_csv(orders.parent / "days.csv", ("order", "day"), [("1", "24.12.2026"), ("1", "23.12.2026")])
    if way == "max":
        assert open_table(orders, by_day).frame["days.made"].iloc[1] == "24.12.2026"


def test_a_column_that_writes_its_numbers_in_another_way_than_the_mapping_says_so(orders: Path) -> None:
    prices = [("1", "25.96"), ("1", "1,000.5")]
    write_csv(orders.parent / "other.csv", ("order", "price"), prices)

    def summed(**how: str) -> Any:
        other = {"file": "other.csv", "key": "order", "each": {"made": {"sum": "price", **how}}}
        return open_table(orders, mapping(other=other)).frame["other.made"].iloc[1]

    with pytest.raises(HistoryError, match=r"say decimal: '\.' and thousands: ',' beside its source"):
        summed()
    assert summed(decimal=".", thousands=",") == 1026.46


def test_how_numbers_are_written_is_a_part_of_the_digest_where_it_is_said() -> None:
    plain, said = (mapping(items=items(made={"sum": "price", **how})) for how in ({}, {"decimal": "."}))
    assert "decimal" not in plain.model_dump(mode="json")["files"]["items"]["each"]["made"]
    assert plain.digest != said.digest


def test_a_join_tells_how_many_rows_it_found_and_a_key_of_either_side(orders: Path) -> None:
    customers = {"file": "customers.parquet", "key": {"customer": "nr"}}
    plain, several = open_table(orders, mapping(customers=customers, items=items(n="count"))).joins
    assert plain == Join("files.customers", "customers.parquet", 0.5, "9", "1")
    assert several == Join("files.items", "items.csv", 0.75, "3", "1")


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        ("count", [0, 3, 1, 3]),
        ({"sum": "price"}, [None, 1003.0, None, 1003.0]),
        ({"mean": "price"}, [None, 501.5, None, 501.5]),
        ({"min": "price"}, [None, 2.5, None, 2.5]),
        ({"max": "price"}, [None, 1000.5, None, 1000.5]),
        ({"first": "colour"}, [None, "red", None, "red"]),
        ({"last": "colour"}, [None, "blue", None, "blue"]),
        ({"max": "packed"}, [None, "2026-01-03", None, "2026-01-03"]),
        ({"min": "packed"}, [None, "2026-01-02", None, "2026-01-02"]),
    ],
)
def test_a_key_with_several_rows_becomes_what_the_mapping_says(orders: Path, each: Any, expected: list[Any]) -> None:
    found = open_table(orders, mapping(items=items(made=each))).frame["items.made"]
    assert [None if pd.isna(cell) else cell for cell in found] == expected


def test_a_file_may_be_joined_by_what_an_earlier_one_gave(orders: Path) -> None:
    write_csv(orders.parent / "paints.csv", ("name", "shop"), [("red", "R"), ("blue", "B")])
    files = {
        "items": items(colour={"last": "colour"}),
        "paints": {"file": "paints.csv", "key": {"items.colour": "name"}},
    }
    assert open_table(orders, mapping(**files)).frame["paints.shop"].iloc[1] == "B"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"items": {"file": "items.csv", "key": "order"}}, "several rows for '1'; say what to make of them with each"),
        ({"items": items(made={"sum": "colour"})}, "files.items.each.made': expected a number, got 'red'"),
        ({"items": items(made={"sum": "weight"})}, "names column 'weight'; items.csv has colour"),
        ({"items": {"file": "items.csv", "key": "parcel"}}, "names column 'parcel'; the table so far has customer"),
        (
            {"items": {"file": "customers.parquet", "key": {"nr": "customer"}}},
            "it is ours: theirs, a column of the table so far and then one of customers.parquet; write {customer: nr}",
        ),
        ({"items": {"file": "items.csv", "key": {"order": "parcel"}}}, "names column 'parcel'; did you mean 'price'?"),
        ({"items": {"file": "none.csv", "key": "order"}}, "none.csv cannot be read"),
    ],
)
def test_a_join_that_cannot_be_made_says_why(orders: Path, files: Any, says: str) -> None:
    with pytest.raises((MappingError, HistoryError)) as caught:
        open_table(orders, mapping(**files))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "each",
    [
        {"sum": "a", "mean": "a"},
        "total",
        {"way": "sum"},
        {"median": "a"},
        {"sum": "a", "column": "b"},
        {"way": "mean", "sum": "a"},
        {"first": "a", "decimal": "."},
        {"way": "count", "thousands": ","},
    ],
)
def test_an_unknown_aggregate_is_refused(each: Any) -> None:
    with pytest.raises(MappingError, match=r"files\.items\.each\.made"):
        mapping(items=items(made=each))


def test_the_digest_is_of_every_file(orders: Path) -> None:
    one = mapping(items=items(made="count"))
    before = open_history(orders, one).digest
    (orders.parent / "items.csv").write_text("order,price\n1,2\n")
    assert open_history(orders, one).digest != before


def test_a_joined_file_is_written_as_it_says_else_as_the_mapping_says(tmp_path: Path) -> None:
    for name, encoding in (("orders", "cp1252"), ("like", "cp1252"), ("unlike", "utf-8")):
        (tmp_path / f"{name}.csv").write_bytes("order;city\nä;Köln\n".encode(encoding))
    files = {
        "like": {"file": "like.csv", "key": "order"},
        "unlike": {"file": "unlike.csv", "key": "order", "encoding": "utf-8"},
    }
    told = mapping(**files).model_copy(update={"encoding": "cp1252"})
    frame = open_table(tmp_path / "orders.csv", told).frame
    assert frame.iloc[0].to_dict() == {"order": "ä", "city": "Köln", "like.city": "Köln", "unlike.city": "Köln"}
