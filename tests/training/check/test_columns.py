from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.check.columns import read_column
from training.tables.mapping import parse_mapping

FACTS = {
    "event.source": {"constant": "desk"},
    "event.id": "id",
    "event.time": {"column": "at", "format": "%d.%m.%Y", "zone": "Europe/Berlin"},
    "exception_id": "id",
}
MAPPING = parse_mapping({"schema": "fairlead/mapping/1", "missing": ["?"], "decimal": ",", "facts": FACTS})


def column(name: str, cells: list[Any]) -> Any:
    return read_column(pd.Series(cells, name=name), MAPPING)


def test_words_are_coded_and_what_means_nothing_is_missing() -> None:
    read = column("word", ["b", "a", "?", None, "b"])
    assert [read.words[code] if code >= 0 else None for code in read.codes] == ["b", "a", None, None, "b"]
    assert read.missing == 0.4
    assert read.numbers is None
    assert read.moments is None


def test_what_every_source_of_a_column_takes_for_nothing_is_missing() -> None:
    number = {"column": "n", "kind": "number"}
    both = {"a": {**number, "missing": [-99, 7]}, "b": {**number, "missing": [-99]}}
    content = {"schema": "fairlead/mapping/1", "decimal": ",", "facts": FACTS, "attributes": both}
    read = read_column(pd.Series(["-99,0", "7", "?", "1,5"] * 20, name="n"), parse_mapping(content))
    assert read.missing == 0.25
    other = read_column(pd.Series(["-99"], name="other"), parse_mapping(content))
    assert other.missing == 0.0


def test_numbers_are_read_as_the_mapping_writes_them() -> None:
    read = column("number", ["1,5", "2", None])
    np.testing.assert_array_equal(read.numbers, [1.5, 2.0, np.nan])


def test_numbers_of_a_column_are_read_as_its_own_source_writes_them() -> None:
    weight = {"column": "kg", "kind": "number", "decimal": ",", "thousands": "."}
    mapping = parse_mapping({"schema": "fairlead/mapping/1", "facts": FACTS, "attributes": {"weight": weight}})
    read = read_column(pd.Series(["1.234,5", "2", None], name="kg"), mapping)
    np.testing.assert_array_equal(read.numbers, [1234.5, 2.0, np.nan])
    assert read_column(pd.Series(["1,5", None], name="other"), mapping).numbers is None


def test_numbers_that_nothing_reads_are_read_as_they_look() -> None:
    np.testing.assert_array_equal(column("other", ["1.568", "87,5", None]).numbers, [1568.0, 87.5, np.nan])
    np.testing.assert_array_equal(column("other", ["1.5", "87.5", None]).numbers, [1.5, 87.5, np.nan])


@pytest.mark.parametrize(
    ("name", "cells", "first"),
    [
        ("other", ["2026-01-02 10:00", None], "2026-01-02T09:00Z"),
        ("at", ["02.01.2026", None], "2026-01-01T23:00Z"),
        ("other", [pd.Timestamp("2026-01-02 10:00", tz="UTC"), None], "2026-01-02T10:00Z"),
    ],
)
def test_moments_are_read_in_the_format_and_zone_of_the_mapping(name: str, cells: list[Any], first: str) -> None:
    read = column(name, cells)
    assert read.numbers is None
    assert read.moments[0] == pd.Timestamp(first).timestamp()
    assert np.isnan(read.moments[1])


def test_moments_that_no_source_reads_are_known_by_how_the_mapping_s_others_are_written() -> None:
    read = column("changed", ["01.02.2026", "15.02.2026", None])
    assert pd.Timestamp(read.moments[0], unit="s", tz="Europe/Berlin").strftime("%Y-%m-%d") == "2026-02-01"
    assert column("version", ["1.2.26", "soon", "later"]).moments is None
    assert column("number", ["1767434400", "1767434401"]).moments is None


def test_where_instants_are_seconds_since_1970_no_other_number_is_an_instant() -> None:
    facts = {**FACTS, "event.time": {"column": "at", "format": "epoch_seconds"}}
    mapping = parse_mapping({"schema": "fairlead/mapping/1", "facts": facts})
    at, amount = (read_column(pd.Series(["1767434400", "12"], name=name), mapping) for name in ("at", "amount"))
    assert at.moments is not None
    assert amount.moments is None
    np.testing.assert_array_equal(amount.numbers, [1767434400.0, 12.0])


def test_flags_are_words_and_not_numbers() -> None:
    assert column("flag", [True, False]).numbers is None


@pytest.mark.parametrize("also_words", [False, True])
def test_words_among_numbers_are_missing_where_the_mapping_says_so(also_words: bool) -> None:
    number = {"column": "freight", "kind": "number", "missing": "<not a number>"}
    attributes = {"freight": number} | ({"word": "freight"} if also_words else {})
    mapping = parse_mapping({"schema": "fairlead/mapping/1", "facts": FACTS, "attributes": attributes})
    read = read_column(pd.Series(["1.5", "Freight Included", "2", "See ASN-1"], name="freight"), mapping)
    assert read.missing == (0.0 if also_words else 0.5)
    assert (read.numbers is None) == also_words
