"""The report on a daily table for people to read."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.amounts import percent
from training.check.rates import Rate, show_rates
from training.daily.check import DailyCheck, DailyColumn, Drift, Known

SAID: dict[Known, str] = {
    "always": "always",
    "ahead": "before the day",
    "after_the_day": "after the day",
    "not_mapped": "",
}


def show_daily(report: DailyCheck, console: Console) -> None:
    """Print the report."""
    for line in _summary(report):
        console.print(line, soft_wrap=True, highlight=False)
    show_rates(console, "ran empty", [Rate(each.period, each.questions, each.rate) for each in report.periods])
    console.print(_drift(report.drift), soft_wrap=True, highlight=False)
    console.print(_table(report))
    unmapped = [column.name for column in report.columns if column.known == "not_mapped"]
    console.print(f"[bold]not mapped[/bold]  {escape(', '.join(unmapped)) or 'none'}", soft_wrap=True, highlight=False)
    for column in report.leaking:
        for each in column.suspicions:
            said = f"[red]{escape(column.name)}[/red] ({', '.join(column.keys)}, said to be known before the day)"
            console.print(f"{said}: {each.says}", soft_wrap=True, highlight=False)
    console.print(_verdict(report), soft_wrap=True, highlight=False)


def _summary(report: DailyCheck) -> Iterator[str]:
    size = report.extent
    yield (
        f"{escape(report.history)}: {size.rows:,} rows of {size.shelves:,} shelves ({size.articles:,} articles in "
        f"{size.nodes:,} nodes), {size.first_day} to {size.last_day}"
    )
    yield (
        f"[bold]missing[/bold]  {percent(size.missing)} of the shelves' days have no row, {percent(size.gaps)} between "
        "a shelf's own first and last day"
    )
    yield (
        f"[bold]sample[/bold]  all that follows but missing and values is of {report.sampled_shelves:,} whole shelves, "
        f"{report.sampled_rows:,} rows"
    )
    yield (
        f"[bold]asked[/bold]  of {percent(report.asked)} of the rows; {percent(report.answered)} of these questions "
        f"have an answer, and {_rate(report.base_rate)} of the answers are that the shelf ran empty"
    )


def _drift(drift: Drift) -> str:
    colour = "yellow" if drift.is_much else "green"
    return (
        f"[bold]drift[/bold]  [{colour}]{_rate(drift.first)} in the first quarter of the days, {_rate(drift.last)} "
        f"in the last[/{colour}]"
    )


def _rate(share: float) -> str:
    """A rate to compare with others."""
    return f"{share * 100:.1f} %"


def _table(report: DailyCheck) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("column", "becomes", "known", "missing", "values", "AUC", "is"):
        right = heading in ("missing", "values", "AUC")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for column in report.columns:
        table.add_row(
            escape(column.name),
            escape("\n".join(column.keys) or "unmapped"),
            SAID[column.known],
            percent(column.missing),
            f"{column.distinct:,}",
            f"{column.alone:.3f}",
            _is(column),
        )
    return table


def _is(column: DailyColumn) -> str:
    words = {"constant": column.constant, "[red]leaking[/red]": bool(column.suspicions)}
    return ", ".join(word for word, holds in words.items() if holds)


def _verdict(report: DailyCheck) -> str:
    if not report.leaking:
        return "[green]No column that is said to be known before the day looks like what happened in it.[/green]"
    names = escape(", ".join(column.name for column in report.leaking))
    return (
        f"[red]Suspected: {names}.[/red] If the value is written when the day has ended, take its fact out of ahead; "
        "then only the days before tell of it."
    )
