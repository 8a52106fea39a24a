"""The commands `history check`, a report to read on the error stream or as JSON, and `history facts`, a list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from data.console import console
from training.check.rates import Rate, show_rates
from training.check.samples import DAILY_SAMPLE, SAMPLE
from training.commands.train import TheHistory, told

if TYPE_CHECKING:
    from training.check.history_check import Check, ColumnReport, DerivedReport
    from training.tables.facts import Fact

app = typer.Typer(no_args_is_help=True)
history = typer.Typer(help="Look at a history before training on it, or take one out of the service's store.")
app.add_typer(history, name="history", no_args_is_help=True)
_console = console(stderr=True)
_out = console()

MUCH_DRIFT = 0.25


@app.callback()
def rooms() -> None:
    """Histories."""


@history.command()
def check(
    history: TheHistory,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="YAML: which column is which fact.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=300,
            help=f"About how many rows to read; cases and shelves stay whole. {SAMPLE}, of days {DAILY_SAMPLE}.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Report what is mapped, missing and drifting, and which columns hold what happened later than their row.

    Exit code 1 when such a column becomes a fact and the mapping does not say when it is known, or of a daily table,
    when one is said to be known ahead; and where training would refuse: events that are there twice, no outcome.
    """
    with told():
        from training.check.examined import examine
        from training.check.history_check import check
        from training.daily.opening import is_daily
        from training.tables.mapping import load_mapping

        if mapping is not None and is_daily(mapping):
            _check_daily(history, mapping, sample or DAILY_SAMPLE, as_json)
            return
        parsed = load_mapping(mapping) if mapping else None
        report = check(examine(history, parsed, sample or SAMPLE), parsed)
        if as_json:
            typer.echo(json.dumps(report.to_json()))
        else:
            _show(report)
        if not report.ok:
            raise typer.Exit(1)


@history.command()
def facts(
    begins: Annotated[str, typer.Argument(help="Those alone that begin so: stock, supplier.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print them as one JSON list.")] = False,
) -> None:
    """List the facts that a mapping can tell: what each means, and in which unit or words.

    What has no place among them becomes an attribute of your own. Exit code 1 where none begins so.
    """
    from training.tables.facts import blocks, facts

    told = facts(begins)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in told]))
    elif told:
        _out.print(_facts(told))
    if not told:
        _console.print(f"[red]error:[/red] no fact begins with {escape(repr(begins))}; they are {', '.join(blocks())}")
        raise typer.Exit(1)


def _facts(told: Sequence[Fact]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("fact", "unit", "what it says"):
        table.add_column(heading, no_wrap=heading == "fact", overflow="fold")
    for each in told:
        words = f": {', '.join(each.words)}" if each.words else ""
        needed = " (every case needs it)" if each.required else ""
        table.add_row(each.path, each.unit.value, escape(f"{each.says}{words}{needed}"))
    return table


def _check_daily(history: str, mapping: Path, sample: int, as_json: bool) -> None:
    from training.daily.check import check_daily
    from training.daily.check_terminal import show_daily
    from training.daily.opening import load_daily_mapping, open_daily

    report = check_daily(open_daily(history, load_daily_mapping(mapping)), sample)
    if as_json:
        typer.echo(json.dumps(report.to_json()))
    else:
        show_daily(report, _console)
    if report.leaking:
        raise typer.Exit(1)


def _show(report: Check) -> None:
    moment = "all at one moment: they are split by a hash of exception_id" if report.timeless else "in time order"
    counts = f"{report.cases:,} cases of {report.whole:,} rows{_left_out(report)}"
    _console.print(f"{report.history}: {counts}, {moment}", soft_wrap=True, highlight=False)
    _console.print(_columns(report))
    for task, months in report.base_rates.items():
        show_rates(_console, task, [Rate(each.month, each.cases, each.rate) for each in months])
    unmapped = [column.name for column in report.columns if column.role == "unmapped"]
    _console.print(f"[bold]not mapped[/bold]  {escape(', '.join(unmapped)) or 'none'}", soft_wrap=True, highlight=False)
    for column in report.columns:
        _show_suspicions(column)
    for join in report.joins:
        said = f"[bold]{join.key}[/bold]  {escape(join.file)} has a row for {join.share * 100:.1f} % of the table's"
        _console.print(said, soft_wrap=True, highlight=False)
    _console.print(_verdict(report), soft_wrap=True, highlight=False)
    for each in report.findings:
        colour, what = ("red", "Training would refuse this") if each.stops else ("yellow", "Look at this")
        _console.print(f"[{colour}]{what}:[/{colour}] {escape(each.says)}", soft_wrap=True, highlight=False)


def _left_out(report: Check) -> str:
    """What became of the rows that are no cases here, in brackets."""
    kept = report.whole - report.left_by_where
    told = {
        f"where leaves out {report.left_by_where:,}": report.left_by_where,
        f"{report.rows:,} of the {kept:,} {'others' if report.left_by_where else 'rows'} are read": kept - report.rows,
        f"view leaves out {report.left_by_view:,} of those": report.left_by_view,
    }
    said = [words for words, count in told.items() if count]
    return f" ({'; '.join(said)})" if said else ""


def _columns(report: Check) -> Table:
    tasks = sorted({task for column in report.columns for task in column.alone})
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("column", "becomes", "missing", "distinct", "drift", *(f"AUC {task}" for task in tasks), "is"):
        left = heading in ("column", "becomes", "is")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for column in report.columns:
        areas = [f"{column.alone[task]:.3f}" if task in column.alone else "" for task in tasks]
        shown = escape("\n".join(_becomes(column)) or column.role)
        table.add_row(
            column.name,
            shown,
            f"{column.missing * 100:.1f} %",
            f"{column.distinct:,}",
            f"{column.drift:.2f}",
            *areas,
            _is(column),
        )
    for each in report.derived:
        areas = [f"{each.alone[task]:.3f}" if task in each.alone else "" for task in tasks]
        shares = (f"{each.missing * 100:.1f} %", f"{each.distinct:,}", "")
        table.add_row("", escape(_derived(each)), *shares, *areas, "")
    return table


def _derived(each: DerivedReport) -> str:
    """The key of a derived number, what people call it and what it is in, and how it is made."""
    called = f": {each.called}" if each.called else ""
    unit = f" ({each.unit})" if each.unit else ""
    return f"derived.{each.name}{called}{unit}, {each.made}" if called or unit else f"derived.{each.name}: {each.made}"


def _becomes(column: ColumnReport) -> Iterator[str]:
    """The keys that read the column; of the attributes among them what people call them and what they are in."""
    for key in column.keys:
        called = f": {column.called[key]}" if key in column.called else ""
        unit = f" ({column.units[key]})" if key in column.units else ""
        yield f"{key}{called}{unit}"


def _is(column: ColumnReport) -> str:
    words = {
        "constant": column.constant,
        "near-empty": column.near_empty and not column.constant,
        "drifting": column.drift > MUCH_DRIFT,
        "[yellow]suspected[/yellow]": bool(column.suspicions) and not column.is_leaking,
        "[red]leaking[/red]": column.is_leaking,
    }
    return ", ".join(word for word, holds in words.items() if holds)


def _show_suspicions(column: ColumnReport) -> None:
    for each in column.suspicions:
        known = "outcome" if column.role == "outcome" else "declared" if column.declared else "not declared"
        used = f"used as {', '.join(column.keys)}" if column.is_used else "not used"
        colour = "red" if column.is_leaking else "yellow"
        _console.print(
            f"[{colour}]{escape(column.name)}[/{colour}] ({known}, {used}): {each.says}",
            soft_wrap=True,
            highlight=False,
        )


def _verdict(report: Check) -> str:
    if not report.leaking:
        return "[green]No undeclared column that becomes a fact is suspected of holding what happened later.[/green]"
    names = ", ".join(column.name for column in report.leaking)
    return (
        f"[red]Suspected and used: {escape(names)}.[/red] If a value was not there at the moment of its case, list the "
        "column under leaks, or say known: {column: WHEN}; if it was, say known: opening."
    )
