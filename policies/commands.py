"""`fairlead policy check` and `fairlead policy show`: is this policy sound, and what does it say?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape
from rich.table import Table as Grid

from data.console import console
from policies.policy import Policy, load_policy
from policies.tables.problems import PolicyError
from policies.tables.rows import Row
from policies.tables.table import Table

app = typer.Typer(no_args_is_help=True)
policy = typer.Typer(help="Check and read the policy: what may be done, what it costs, who must agree.")
app.add_typer(policy, name="policy", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(help="A folder with policy.yaml and tables; without, the committed one.")
]
FolderOption = Annotated[Path | None, typer.Option("--folder", help="A policy folder; without, the committed one.")]
TableName = Annotated[str | None, typer.Argument(metavar="[TABLE]", help="One table; without, a list of all.")]


@app.callback()
def _room() -> None:
    """Commands of the policy room."""


@policy.command()
def check(folder: Folder = None) -> None:
    """Load a policy and say everything that is wrong with it, each with file, line, table, row and column."""
    loaded = _loaded(folder)
    rows = sum(len(table.rows) for table in loaded.tables.values())
    output = console()
    output.print(f"{loaded.settings.policy} {loaded.version}: {len(loaded.tables)} tables, {rows} rows, no problems")
    output.print(loaded.digest, highlight=False)


@policy.command()
def show(table: TableName = None, folder: FolderOption = None) -> None:
    """Print a table of the policy as people read it, or a list of all tables."""
    loaded = _loaded(folder)
    if table is None:
        console().print(_listed(loaded))
    elif table in loaded.tables:
        console().print(_printed(loaded.tables[table]))
    else:
        _fail([f"there is no table {table!r}: the policy has {', '.join(loaded.tables)}"])


def _loaded(folder: Path | None) -> Policy:
    try:
        return load_policy(folder)
    except PolicyError as error:
        _fail([str(problem) for problem in error.problems])


def _fail(lines: list[str]) -> NoReturn:
    errors = console(stderr=True)
    for line in lines:
        errors.print(escape(line), soft_wrap=True, highlight=False)
    raise typer.Exit(1)


def _listed(loaded: Policy) -> Grid:
    grid = Grid("table", "version", "rows", "reads", "gives", title=f"policy {loaded.settings.policy} {loaded.version}")
    for table in loaded.tables.values():
        grid.add_row(table.name, table.version, str(len(table.rows)), ", ".join(table.inputs), ", ".join(table.outputs))
    return grid


def _printed(table: Table) -> Grid:
    grid = Grid("row", "when", "then", "says", title=f"{table.name} {table.version}", show_lines=True)
    for row in table.rows:
        grid.add_row(row.id, escape(_when(row)), escape(_then(table, row)), escape(row.says))
    return grid


def _when(row: Row) -> str:
    return "\n".join(f"{each.column.says} is {each}" for each in row.conditions) or "always"


def _then(table: Table, row: Row) -> str:
    told = {name: table.outputs[name].show_exactly(value) for name, value in row.outputs.items() if value is not None}
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())
