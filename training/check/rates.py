"""How often something happened, month by month, for people to read: a few months in a line, more by years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

FEW = 6
"""Months, or weeks, that one line holds."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = len("2026-11")


class Rate(NamedTuple):
    """A month (`2026-11`) or the Monday of a week (`2026-11-23`), how many were counted, and in which share it was."""

    period: str
    n: int
    share: float


def show_rates(console: Console, what: str, rates: Sequence[Rate]) -> None:
    """Print the rates of one thing; months that a line cannot hold stand in a table, where a year is a row."""
    if len(rates) > FEW and all(len(each.period) == _MONTH for each in rates):
        console.print(_by_year(what, rates))
    else:
        told = "  ".join(f"{each.period} {each.share * 100:.1f} % of {each.n:,}" for each in rates)
        console.print(f"[bold]{what}[/bold]  {told}", soft_wrap=True, highlight=False)


def _by_year(what: str, rates: Sequence[Rate]) -> Table:
    title = f"[bold]{what}[/bold]  in % of how many, by month"
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for heading in ("", *MONTHS):
        table.add_column(heading, justify="right", no_wrap=True)
    cells = {each.period: f"{each.share * 100:.1f}\n[dim]{_short(each.n)}[/dim]" for each in rates}
    for year in sorted({each.period[:4] for each in rates}):
        table.add_row(year, *(cells.get(f"{year}-{month:02}", "") for month in range(1, 13)))
    return table


def _short(n: int) -> str:
    """No wider than a rate, so that twelve of them stand beside one another in any terminal."""
    return f"{n:,}" if n < 10_000 else f"{n / 1000:,.0f}k"
