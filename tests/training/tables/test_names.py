"""A mistyped column is answered with the nearest first, and a name that YAML cut with what cut it."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.errors import HistoryError, MappingError
from training.tables.files import read_file, require_columns
from training.tables.mapping import parse_mapping
from training.tables.names import columns_there, numbered

THERE = ["ID", "PO / SO #", "Shipment Mode", "Country", "ASN/DN #"]
LISTED = "ASN/DN #, Country, ID, PO / SO #, Shipment Mode"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Shipment mode", f"did you mean 'Shipment Mode'? The file has {LISTED}"),
        ("shipmnt_mode", f"did you mean 'Shipment Mode'? The file has {LISTED}"),
        ("id", f"did you mean 'ID'? The file has {LISTED}"),
        ("weather", f"the file has {LISTED}"),
        (
            "PO / SO",
            'did you mean "PO / SO #"? Without quotes YAML takes what follows " #" for a comment; the file has '
            + LISTED,
        ),
    ],
)
def test_the_column_that_was_meant_is_named_first(name: str, says: str) -> None:
    assert columns_there(name, THERE, "the file") == says


def test_columns_that_share_a_name_get_a_number_each() -> None:
    assert numbered(["sku", "price", "stock", "price"]) == ["sku", "price (1)", "stock", "price (2)"]
    assert numbered(["a", "a", "a (1)"]) == ["a (1) (1)", "a (2)", "a (1) (2)"]


def test_a_name_that_two_columns_share_reads_neither_of_them(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("sku;price;price\n1;40;8\n", encoding="utf-8")
    assert read_file(path).iloc[0].to_dict() == {"sku": "1", "price (1)": "40", "price (2)": "8"}
    attributes = {"price": {"column": "price", "kind": "number"}}
    facts = {"event.source": {"constant": "s"}, "event.id": "sku", "event.time": "sku", "exception_id": "sku"}
    mapping = parse_mapping({"schema": "fairlead/mapping/1", "facts": facts, "attributes": attributes})
    with pytest.raises(MappingError, match=r"names column 'price'; did you mean 'price \(\d\)'"):
        require_columns(read_file(path), mapping)


def test_rows_with_more_cells_than_there_are_names_are_refused_and_an_empty_end_is_not(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("sku;price\n1;40;8\n2;41;9\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="names 2 columns and its rows have more cells"):
        read_file(path)
    path.write_text("sku;price\n1;40\n2;41;9\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="line 3 has 3 cells, the first line names 2: quote a cell"):
        read_file(path)
    path.write_text("sku;price\n1;40;\n2;41;\n", encoding="utf-8")
    assert read_file(path).to_dict("list") == {"sku": ["1", "2"], "price": ["40", "41"]}
