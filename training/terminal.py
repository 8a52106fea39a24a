"""Progress and tables for people, on the error stream: data alone goes to standard output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from data.vocabulary import Task
from training.progress import Item

SKILLS = {True: ("log_loss", "average_precision", "ece"), False: ("log_loss", "accuracy", "ece")}
"""What the table shows of a risk, and of labels."""


class Bars:
    """One line per step, with a bar while items pass; implements `training.progress.Progress`."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn())
        self._bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._task: TaskID | None = None

    def __enter__(self) -> Bars:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, says: str) -> None:
        """Show the step in place of the one before."""
        self._next(says, None)

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items, each of which moves the bar."""
        task = self._next(says, total)
        for item in items:
            self._bar.advance(task)
            yield item

    def _next(self, says: str, total: int | None) -> TaskID:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(says, total=total)
        return self._task


def comparison(metrics: Mapping[Task, Mapping[str, Any]], title: str) -> Table:
    """Per task: how many later cases, the base rate, and the base, the rules and the model beside one another."""
    table = Table(title=title, title_justify="left", caption="base | rules | model, on days later than any taught")
    for heading in ("task", "n", "base rate", "log loss", "AP (accuracy for labels)", "ECE"):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for task, told in metrics.items():
        sides = [told[side] for side in ("base", "rules", "model")]
        shown = [" | ".join(_shown(side[name]) for side in sides) for name in SKILLS[task.is_risk]]
        table.add_row(task.value, f"{told['n']:,}", _shown(told["base_rate"]), *shown)
    return table


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
