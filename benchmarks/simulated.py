"""Rules, model and reference on later days of a simulated retailer, side by side.

    python -m benchmarks.simulated --cases 60000 --reference-cases 600000 --seed 1001

The model learns from half a year less its last fifth, and both are scored on that fifth. The reference is the same
learner on ten times the data: the same retailer's history from ten times as long ago, so that both are asked the same
questions and see the same stream of them. With `--traffic` the ten times are of one half-year instead, and the model
sees an even part of its exceptions: it then also knows less of every supplier and store when it is asked. The rules
have the rates of the model's own window. Skill is the share of the base rate's log loss that is gone. Seeds below 100
are for tuning, from 1000 for reporting.
"""

from __future__ import annotations

import json
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from data.record import instant_text
from data.simulator import WEEKS, write_history
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.histories.history import open_history
from training.learning.evaluate import evaluate
from training.progress import Item
from training.train import Order, train

UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
LATER = 0.2
"""The part of the days that is kept for scoring."""

Sides = dict[str, dict[str, Any]]
"""A task's scores by side: base, rules, model, reference."""


def main(
    cases: Annotated[int, typer.Option(help="Cases the model's history has.")] = 60_000,
    reference_cases: Annotated[int, typer.Option(help="Cases the reference's history has; 0 leaves it out.")] = 0,
    traffic: Annotated[
        bool, typer.Option("--traffic", help="More cases a day for the reference, not more days.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The world; from 1000 on for numbers that are shown.")] = 1001,
    task: Annotated[list[Task] | None, typer.Option(help="Only these tasks.")] = None,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Simulate, train, score and print a table in Markdown."""
    tasks, times, log = tuple(task or Task), max(reference_cases, cases) / cases, Log()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder)
        parted = thinned if traffic and times > 1 else shortened
        log.step("simulating")
        for scores in measure(parted(part, cases, times, seed, threads), part, tasks, threads, log):
            table = markdown(scores, seed, cases, reference_cases)
            if times > 1 and not any("reference" in sides for sides in scores.values()):
                log.step(f"the reference comes next; so far:\n{table}")
    typer.echo(json.dumps(scores) if as_json else table)


@dataclass(frozen=True)
class Files:
    """What the model and the reference learn from, both also the contexts of the cases that are scored."""

    taught: Path
    scored: Path
    more_taught: Path | None
    more_context: Path | None


class Log:
    """Steps on the error stream, each with the minutes so far: a reference takes an hour and more."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def step(self, says: str) -> None:
        """Say what begins."""
        typer.echo(f"{(time.monotonic() - self._begun) / 60:6.1f} min  {says}", err=True)

    def count(self, items: Iterable[Item], says: str, total: int | None = None) -> Iterator[Item]:
        """The items; only their beginning is said."""
        self.step(says)
        return iter(items)


def measure(files: Files, folder: Path, tasks: tuple[Task, ...], threads: int, log: Log) -> Iterator[dict[Task, Sides]]:
    """The scores on the same later cases: of rules and model, then, where there is one, of the reference too."""
    model = _scored(folder / "model", files.taught, files.scored, files.taught, tasks, threads, log)
    scores: dict[Task, Sides] = {
        task: {side: told[side] for side in ("base", "rules", "model")} | {"n": told["n"]}
        for task, told in model.items()
    }
    yield scores
    if files.more_taught and files.more_context:
        more = _scored(folder / "more", files.more_taught, files.scored, files.more_context, tasks, threads, log)
        yield {task: {**sides, "reference": more[task]["model"]} for task, sides in scores.items()}


def shortened(folder: Path, cases: int, times: float, seed: int, threads: int) -> Files:
    """A history of several times the weeks, of which the model sees the latest."""
    weeks = round(WEEKS * times)
    whole = _simulated(folder, seed, round(cases * times), weeks, threads)
    start, cut = _instant(WEEKS), _instant(WEEKS * LATER)
    kept = _kept(
        whole,
        taught=lambda time, _: start <= time < cut,
        scored=lambda time, _: time >= cut,
        more=lambda time, _: time < cut,
    )
    more = kept["more"] if weeks > WEEKS else None
    return Files(kept["taught"], kept["scored"], more, more)


def thinned(folder: Path, cases: int, times: float, seed: int, threads: int) -> Files:
    """A history of several times the exceptions a day, of which the model sees an even part."""
    whole = _simulated(folder, seed, round(cases * times), WEEKS, threads)
    cut = _instant(WEEKS * LATER)

    def sees(exception: str) -> bool:
        return zlib.crc32(exception.encode()) * times < 2**32

    kept = _kept(
        whole,
        taught=lambda time, exception: time < cut and sees(exception),
        scored=lambda time, exception: time >= cut and sees(exception),
        more_taught=lambda time, _: time < cut,
        more_context=lambda time, exception: time < cut or not sees(exception),
    )
    return Files(**kept)


def _simulated(folder: Path, seed: int, cases: int, weeks: int, threads: int) -> Path:
    whole = folder / "whole.jsonl"
    write_history(whole, seed=seed, count=cases, until=UNTIL, weeks=weeks, workers=threads)
    return whole


def _instant(weeks: float) -> str:
    """So many weeks before the histories end."""
    return instant_text(UNTIL - timedelta(weeks=weeks))


def _kept(whole: Path, **parts: Callable[[str, str], bool]) -> dict[str, Path]:
    """Files of the lines that each part keeps by their event's time and their exception's id."""
    paths = {name: whole.with_name(f"{name}.jsonl") for name in parts}
    with whole.open("rb") as lines, ExitStack() as opened:
        files = {name: opened.enter_context(path.open("wb")) for name, path in paths.items()}
        for line in lines:
            case = json.loads(line)["case"]
            for name, keeps in parts.items():
                if keeps(case["event"]["time"], case["exception_id"]):
                    files[name].write(line)
    return paths


def _scored(
    out: Path, taught: Path, scored: Path, context: Path, tasks: tuple[Task, ...], threads: int, log: Log
) -> dict[Task, dict[str, Any]]:
    policy = load_policy()
    train(open_history(taught), Order(tasks, out, policy, UNTIL, threads=threads), log)
    bundle, later = open_bundle(out), open_history(scored)
    models = {task: bundle.models[task].model for task in tasks}
    return evaluate(models, later, open_history(context), policy, log)


def markdown(scores: dict[Task, Sides], seed: int, cases: int, reference_cases: int) -> str:
    """The scores as a table; every side's skill is over the base rate of the model's window."""
    lines = [
        f"SIMULATED retailer, seed {seed}: {cases:,} cases (reference: {reference_cases:,}), scored on later days.",
        "",
        "| task | n | side | skill | log loss | AP / accuracy | ECE |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for task, sides in scores.items():
        base = sides["base"]["log_loss"]
        for side in ("base", "rules", "model", "reference"):
            if side in sides:
                lines.append(_row(task, sides["n"], side, sides[side], base))
    return "\n".join(lines)


def _row(task: Task, n: Any, side: str, scores: dict[str, Any], base: float) -> str:
    right = scores["average_precision" if task.is_risk else "accuracy"]
    skill = 1.0 - scores["log_loss"] / base
    shown = f"{100 * skill:.1f} % | {scores['log_loss']:.4f} | {right:.3f} | {scores['ece']:.4f}"
    return f"| {task} | {n:,} | {side} | {shown} |"


if __name__ == "__main__":
    typer.run(main)
