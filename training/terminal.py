"""Progress and tables for people, on the error stream: data alone goes to standard output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock, Thread, current_thread
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from data.amounts import percent
from data.vocabulary import Task
from training.histories.left_out import (
    NO_OUTCOME,
    NOT_KNOWN_YET,
    PROMISE_OPEN,
    PROMISE_PASSED,
    SCORED_OPEN,
    SCORED_YOUNG,
    TOO_YOUNG,
)
from training.progress import Item, Progress
from training.report.verdict import MENDS, stands_alone, wrong_level

SIDES = {"base": "base", "rules": "rules", "as_trained": "as trained", "model": "model"}
METRICS = ("log_loss", "roc_auc", "average_precision", "accuracy", "ece")
EVERY = 30.0
"""Seconds between two lines about the items of one step."""

Clock = Callable[[], float]
"""Seconds from some moment on."""


def progress_on(console: Console, clock: Clock = time.monotonic) -> AbstractContextManager[Progress]:
    """Bars where somebody watches a terminal; else lines, as a log of a build, a notebook or nohup keeps them."""
    watched = console.is_interactive and console.file.isatty()
    return Bars(console) if watched else nullcontext(Lines(console, clock))


class Lines:
    """A line as each step begins, and now and then how many items have passed; implements `Progress` too."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock

    def step(self, says: str) -> None:
        """Say what begins."""
        self._console.print(says, markup=False, highlight=False, soft_wrap=True)

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items, whose number is said where they take long."""
        self.step(says)
        of, told = "" if total is None else f" of {total:,}", self._clock()
        for passed, item in enumerate(items, start=1):
            yield item
            now = self._clock()
            if now - told >= EVERY:
                self.step(f"{says}: {passed:,}{of}")
                told = now


class Bars:
    """A line per thread with its step, and a bar while items pass; implements `training.progress.Progress`."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn())
        self._bar = RichProgress(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._lines: dict[Thread, TaskID] = {}
        self._lock = Lock()

    def __enter__(self) -> Bars:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, says: str) -> None:
        """Show the step in place of the thread's one before."""
        self._next(says, None)

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items, each of which moves the bar."""
        line = self._next(says, total)
        for item in items:
            self._bar.advance(line)
            yield item

    def _next(self, says: str, total: int | None) -> TaskID:
        with self._lock:
            me = current_thread()
            for each in [each for each in self._lines if each is me or not each.is_alive()]:
                self._bar.remove_task(self._lines.pop(each))
            self._lines[me] = self._bar.add_task(says, total=total)
            return self._lines[me]


def comparison(metrics: Mapping[Task, Mapping[str, Any]], title: str) -> Table:
    """Per task the base rate, the rules and the model beside one another; of labels AP and AUC are means."""
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("task", "n", "base", "", "loss", "AUC", "AP", "right", "ECE"):
        table.add_column(heading, justify="left" if heading in ("task", "") else "right")
    for task, told in metrics.items():
        heads = (task.value, f"{told['n']:,}", _shown(told["base_rate"]))
        for number, side in enumerate(each for each in SIDES if each in told):
            head = _NOTHING if number else heads
            table.add_row(*head, SIDES[side], *[_shown(told[side].get(name)) for name in METRICS])
        table.add_section()
    table.caption = "\n".join((*_wrong_levels(metrics), *_alone(metrics), *left_out_lines(metrics))) or None
    return table


def covered(told: Mapping[str, Any], title: str) -> Table:
    """What the conformal sets cover per class and region, with their sizes; a cell that misses its target says so."""
    aim = f"{title}; aim {percent(1.0 - told['error_rate'])}"
    table = Table(title=aim, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.caption, table.caption_justify = _what_sets_are(told["error_rate"]), "left"
    table.add_column("class, region", min_width=len("class, region"))
    for heading in ("n", "covered", "95 % interval", "size", "one", "none"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name, cell in _cells(told):
        low, high = cell["interval"]
        shares = [_shown(cell[each]) for each in ("size", "one", "none")]
        missed = "" if cell["holds"] else "misses"
        table.add_row(name, f"{cell['n']:,}", _shown(cell["coverage"]), f"{low:.3f}-{high:.3f}", *shares, missed)
    return table


def _what_sets_are(error_rate: float) -> str:
    """For whoever reads only the numbers: what a set is, and what its aim promises."""
    aim = percent(1.0 - error_rate)
    return (
        f"A set names every answer that cannot be ruled out; aim {aim}: of the cases of each class and region {aim} "
        "have the truth in their set. size: answers in a set; one: sets that settle it; none: unusual cases."
    )


def _cells(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Over all, then each class with its regions, where there are any to tell apart."""
    yield "all", told["all"]
    for each in told["classes"]:
        yield each["label"].replace("_", " "), each
        regions = [cell for cell in told["cells"] if cell["label"] == each["label"]]
        if any(cell["region"] for cell in regions):
            yield from ((f"  {cell['region'] or 'region not told'}", cell) for cell in regions)


def _wrong_levels(metrics: Mapping[Task, Mapping[str, Any]]) -> Iterator[str]:
    for task, told in metrics.items():
        if level := wrong_level(task, told):
            yield f"{task.value}: {level}. {MENDS}"


def _alone(metrics: Mapping[Task, Mapping[str, Any]]) -> Iterator[str]:
    yield from (f"{task.value}: {asked}" for task, told in metrics.items() if (asked := stands_alone(told)))


_LEFT_OUT = {
    NO_OUTCOME: "left out, because no outcome is told",
    PROMISE_PASSED: "left out, because the promise had passed",
    PROMISE_OPEN: "left out, because the promise was not due when the history ended: kept ones are known sooner",
    SCORED_OPEN: "scored too, though the promise was not due when the history ended: kept ones are known sooner",
    TOO_YOUNG: "left out, because so young when the history ended that only what ends quickly is known of them",
    SCORED_YOUNG: "scored too, though so young when the history ended that only what ends quickly is known of them",
    NOT_KNOWN_YET: "about so many were not known yet, for which known ones of their age and outcome count",
}


def left_out_lines(metrics: Mapping[Task, Mapping[str, Any]]) -> Iterator[str]:
    """How many cases are in no score, and why; how many should not be; and how many others the rest count for."""
    for key, why in _LEFT_OUT.items():
        told = [f"{task.value}: {each[key]:,}" for task, each in metrics.items() if key in each]
        if told:
            yield f"{why}: {', '.join(told)}"


_NOTHING = ("", "", "")


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
