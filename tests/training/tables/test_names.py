"""A mistyped column is answered with the nearest first, and a name that YAML cut with what cut it."""

from __future__ import annotations

import pytest

from training.tables.names import columns_there

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
