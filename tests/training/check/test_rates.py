"""Rates of months are read at a glance: a few in one line, many as a table of years."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from training.check.rates import FEW, Rate, show_rates


def shown(rates: list[Rate], width: int = 80) -> list[str]:
    screen = StringIO()
    show_rates(Console(file=screen, width=width), "sla_breach", rates)
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def months(first: int, count: int, n: int = 1_234) -> list[Rate]:
    """So many months from the month of this number in 2023 on; the share of each is its place."""
    names = [f"{2023 + place // 12}-{place % 12 + 1:02}" for place in range(first - 1, first - 1 + count)]
    return [Rate(name, n, place / 100) for place, name in enumerate(names)]


def test_a_few_months_stand_in_a_line() -> None:
    (line,) = shown(months(11, FEW))
    assert line.startswith("sla_breach  2023-11 0.0 % of 1,234  2023-12 1.0 % of 1,234  2024-01 2.0 % of 1,234")


def test_weeks_stand_in_a_line_however_many() -> None:
    (line,) = shown([Rate(f"2026-11-{day:02}", 10, 0.5) for day in range(1, FEW + 3)])
    assert line.endswith("2026-11-08 50.0 % of 10")


def test_many_months_stand_by_years_each_under_its_name() -> None:
    title, heads, _, *rows = shown(months(11, 50))
    assert title == "sla_breach  in % of how many, by month"
    assert heads.split()[::11] == ["Jan", "Dec"]
    assert [row.split()[0] for row in rows[::2]] == ["2023", "2024", "2025", "2026", "2027"]
    assert rows[0].split() == ["2023", "0.0", "1.0"]
    assert rows[0].endswith("1.0")
    assert heads.index("Nov") + len("Nov") == rows[0].index("0.0") + len("0.0")
    assert rows[2].split() == ["2024", *(f"{place}.0" for place in range(2, 14))]
    assert rows[3].split() == ["1,234"] * 12


@pytest.mark.parametrize("n", [9_999, 10_000, 200_000])
def test_the_table_fits_the_narrowest_terminal_and_loses_no_digit_that_matters(n: int) -> None:
    rows = shown([each._replace(share=1.0) for each in months(1, 12, n)])
    assert max(map(len, rows)) <= 80
    assert rows[3].split() == ["2023", *["100.0"] * 12]
    assert rows[4].split() == [{9_999: "9,999", 10_000: "10k", 200_000: "200k"}[n]] * 12
