"""Rules, model and reference on later days of a simulated retailer, side by side.

    python -m benchmarks.simulated --cases 60000 --reference-cases 600000 --seed 1001

One world is simulated with the reference's number of cases; the model sees an even part of its exceptions. The
reference is the same learner on all of them. Both are scored on the same cases of the last fifth of the days, which
neither was fitted on, each with its own earlier cases as context. The rules have the rates of the model's own window.
Skill is the share of the base rate's log loss that is gone. Seeds below 100 are for tuning, from 1000 for reporting.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from data.record import instant_text
from data.simulator import write_history
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.evaluate import evaluate
from training.history import open_history
from training.progress import Silent
from training.train import Order, train

UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
LATER = 0.2
"""The part of the days that is kept for scoring."""

Sides = dict[str, dict[str, Any]]
"""A task's scores by side: base, rules, model, reference."""


def main(
    cases: Annotated[int, typer.Option(help="Cases the model's history has.")] = 60_000,
    reference_cases: Annotated[int, typer.Option(help="Cases the reference's history has; 0 leaves it out.")] = 0,
    seed: Annotated[int, typer.Option(help="The world; from 1000 on for numbers that are shown.")] = 1001,
    task: Annotated[list[Task] | None, typer.Option(help="Only these tasks.")] = None,
    threads: Annotated[int, typer.Option(help="Cores.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Simulate, train, score and print a table in Markdown."""
    tasks = tuple(task or Task)
    with tempfile.TemporaryDirectory() as folder:
        scores = measure(Path(folder), cases, max(reference_cases, cases), seed, tasks, threads)
    typer.echo(json.dumps(scores) if as_json else markdown(scores, seed, cases, reference_cases))


def measure(
    folder: Path, cases: int, reference_cases: int, seed: int, tasks: tuple[Task, ...], threads: int
) -> dict[Task, Sides]:
    """The scores of every side on the same later cases."""
    whole = folder / "whole.jsonl"
    write_history(whole, seed=seed, count=reference_cases, until=UNTIL, workers=threads)
    files = _parted(whole, cases / reference_cases)
    model = _scored(folder / "model", files["taught"], files["scored"], files["taught"], tasks, threads)
    scores: dict[Task, Sides] = {
        task: {side: told[side] for side in ("base", "rules", "model")} | {"n": told["n"]}
        for task, told in model.items()
    }
    if reference_cases > cases:
        reference = _scored(
            folder / "reference", files["all_taught"], files["scored"], files["all_but_scored"], tasks, threads
        )
        for task, told in reference.items():
            scores[task]["reference"] = told["model"]
    return scores


def _parted(whole: Path, share: float) -> dict[str, Path]:
    """The history cut in time, and within each part the exceptions that the model sees."""
    names = ("taught", "scored", "all_taught", "all_but_scored")
    files = {name: whole.with_name(f"{name}.jsonl") for name in names}
    start, end = _bounds(whole)
    cut = instant_text(end - (end - start) * LATER)
    writers = {name: path.open("wb") for name, path in files.items()}
    for line in _lines(whole):
        case = json.loads(line)["case"]
        taught, seen = case["event"]["time"] < cut, _sees(case["exception_id"], share)
        for name, holds in zip(names, (taught and seen, not taught and seen, taught, taught or not seen), strict=True):
            if holds:
                writers[name].write(line)
    for writer in writers.values():
        writer.close()
    return files


def _sees(exception: str, share: float) -> bool:
    """An even part of the exceptions, all events of one together."""
    return zlib.crc32(exception.encode()) < share * 2**32


def _bounds(whole: Path) -> tuple[datetime, datetime]:
    times = [json.loads(line)["case"]["event"]["time"] for line in _ends(_lines(whole))]
    first, last = (datetime.fromisoformat(time) for time in times)
    return first, last


def _ends(lines: Iterable[bytes]) -> tuple[bytes, bytes]:
    iterator = iter(lines)
    first = next(iterator)
    return first, deque(iterator, maxlen=1).pop()


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _scored(
    out: Path, taught: Path, scored: Path, context: Path, tasks: tuple[Task, ...], threads: int
) -> dict[Task, dict[str, Any]]:
    policy = load_policy()
    train(open_history(taught), Order(tasks, out, policy, UNTIL, threads=threads), Silent())
    bundle, later = open_bundle(out), open_history(scored)
    models = {task: bundle.models[task].model for task in tasks}
    return evaluate(models, later, open_history(context), policy, Silent())


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
