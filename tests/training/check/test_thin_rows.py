"""Rows in which hardly a cell is filled."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from training.check.thin_rows import thin_rows


def table(rows: int = 300, columns: int = 8, **cells: Any) -> pd.DataFrame:
    frame = pd.DataFrame({f"c{place}": [f"{row}" for row in range(rows)] for place in range(columns)}, dtype=object)
    return frame.assign(**cells)


def footer(frame: pd.DataFrame, text: Any = "(300 rows)", empty: Any = None) -> pd.DataFrame:
    last = [text, *[empty] * (frame.shape[1] - 1)]
    return pd.concat([frame, pd.DataFrame([last], columns=frame.columns, index=[len(frame)])])


def test_a_full_table_has_none() -> None:
    assert thin_rows(table(), ()) is None


@pytest.mark.parametrize(("empty", "missing"), [(None, ()), ("", ()), ("?", ("?",))])
def test_a_footer_is_counted_shown_and_told_apart_by_a_column(empty: Any, missing: tuple[str, ...]) -> None:
    found = thin_rows(footer(table(), empty=empty), missing)
    assert found is not None
    assert (found.count, found.of, found.column) == (1, 301, "c1")
    assert found.shown == "row 301 of the data (the header is not counted), which holds '(300 rows)' as c0"


def test_a_row_is_told_by_its_place_in_the_file_whatever_was_left_out_before_it() -> None:
    found = thin_rows(footer(table()).iloc[40:], ())
    assert found is not None
    assert found.of == 261
    assert found.shown.startswith("row 301 of the data")


def test_a_row_without_any_cell_is_one_too() -> None:
    found = thin_rows(footer(table(), text=None), ())
    assert found is not None
    assert found.shown.endswith("which holds no cell at all")
    assert found.column == "c0"


@pytest.mark.parametrize("full", [0.3, 0.95])
def test_a_column_that_others_lack_too_tells_none_apart(full: float) -> None:
    gaps = ["x" if row < full * 300 else None for row in range(300)]
    found = thin_rows(footer(table(columns=6, c1=gaps, c2=gaps)), ())
    assert found is not None
    assert found.column == "c3"


def test_thin_rows_that_are_many_or_not_much_thinner_are_as_they_are() -> None:
    frame = table()
    many = frame.copy()
    many.iloc[:30, 1:] = None
    assert thin_rows(many, ()) is None
    sparse = frame.copy()
    sparse.iloc[:, 3:] = None
    assert thin_rows(footer(sparse), ()) is None, "a usual row holds three cells"
