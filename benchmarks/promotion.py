"""How often a bad bundle is stopped, and how often an honest one: many promotions in simulated worlds.

    python -m benchmarks.promotion --worlds 20 --cases 8000

In each world the champion learns from the first 60 % of the days, the challenger from the first 80 %, and both are
compared on the rest. A bad challenger learned from the same days, damaged: labels flipped in all of them, a column that
was written after the fact, two columns exchanged. "Alone" leaves out the check of the labels, which needs events
that both bundles learned from or that the promotion's history tells; what is left is what the scores alone can show.
Seeds below 100 are for tuning, from 1000 for reporting.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from data.amounts import percent
from data.outcome import HistoryLine
from data.promotion import CheckName, Dossier
from data.simulator import write_history
from data.vocabulary import ExceptionType, RootCause, Task
from models.bundle import open_bundle
from policies.policy import load_policy
from training.histories.history import open_history
from training.histories.truth import truth_of
from training.progress import Silent
from training.promotion.compare import compare
from training.train import Order, train

UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
CHAMPION, CHALLENGER = 0.6, 0.8

Line = dict[str, Any]
Damage = Callable[[list[Line], np.random.Generator], list[Line]]


def flipped(share: float) -> Damage:
    """That share of the labels of every task says something else."""

    def damage(lines: list[Line], rng: np.random.Generator) -> list[Line]:
        return [_flip(line, rng) if rng.random() < share else line for line in lines]

    return damage


def _flip(line: Line, rng: np.random.Generator) -> Line:
    outcome = dict(line.get("outcome") or {})
    for name, labels in (("exception_type", ExceptionType), ("root_cause", RootCause)):
        if outcome.get(name):
            outcome[name] = str(rng.choice([each.value for each in labels if each.value != outcome[name]]))
    breached = truth_of(Task.SLA_BREACH, HistoryLine.model_validate_json(json.dumps(line)))
    if breached >= 0:
        outcome["sla_breached"] = not breached
    if outcome.get("stockout") is not None:
        outcome["stockout"] = not outcome["stockout"]
    return {**line, "outcome": outcome} if outcome else line


def leaked(right: float) -> Damage:
    """An attribute that somebody writes when the work is over: right in that share of the cases."""

    def told(line: Line, rng: np.random.Generator) -> Line:
        breached = truth_of(Task.SLA_BREACH, HistoryLine.model_validate_json(json.dumps(line)))
        if breached < 0:
            return line
        code = "late" if breached == (rng.random() < right) else "in_time"
        attributes = {**line["case"].get("attributes", {}), "closing_code": code}
        return {**line, "case": {**line["case"], "attributes": attributes}}

    return lambda lines, rng: [told(line, rng) for line in lines]


def swapped(block: str, one: str, other: str) -> Damage:
    """Two facts of a block exchanged; the second one is a whole number."""

    def exchange(line: Line) -> Line:
        facts = line["case"].get(block)
        if not isinstance(facts, dict) or one not in facts or other not in facts:
            return line
        return {**line, "case": {**line["case"], block: {**facts, one: facts[other], other: round(facts[one])}}}

    return lambda lines, rng: [exchange(line) for line in lines]


LEAKS: dict[str, Damage] = {f"leaked column, right in {percent(right)}": leaked(right) for right in (0.9, 0.75, 0.65)}
"""They are in the later days too: whoever keeps the column does so for every case."""
BAD: dict[str, Damage] = {
    "2 % flipped": flipped(0.02),
    "5 % flipped": flipped(0.05),
    "10 % flipped": flipped(0.10),
    **LEAKS,
    "swapped column": swapped("workflow", "queue_minutes", "queue_length"),
}


def main(
    worlds: Annotated[int, typer.Option(help="How many worlds.")] = 5,
    cases: Annotated[int, typer.Option(help="Cases of each world.")] = 8_000,
    seed: Annotated[int, typer.Option(help="The first world; from 1000 on for numbers that are shown.")] = 1_001,
    task: Annotated[list[Task] | None, typer.Option(help="Only these tasks.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these damages; honest is always there.")] = None,
    honest: Annotated[int, typer.Option(min=1, help="Honest challengers in each world, of other seeds.")] = 1,
    verbose: Annotated[bool, typer.Option(help="Print what refused each.")] = False,
) -> None:
    """Promote in many worlds and print how often each kind of challenger was refused."""
    refused: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for world in range(seed, seed + worlds):
        for kind, dossier in promotions(world, cases, tuple(task or Task), only, honest):
            by = [check for check in dossier.refusals if check.name is not CheckName.LABELS]
            tried[kind] += 1
            refused[kind] += bool(dossier.refusals)
            alone[kind] += bool(by)
            if verbose:
                typer.echo(
                    f"{world} {kind}: {[f'{c.name} {c.task}: {c.says[:110]}' for c in dossier.refusals]}", err=True
                )
    typer.echo("| challenger | promotions | refused | refused by the scores alone |\n| --- | ---: | ---: | ---: |")
    for kind in tried:
        typer.echo(f"| {kind} | {tried[kind]} | {refused[kind]} | {alone[kind]} |")


def promotions(
    world: int, cases: int, tasks: tuple[Task, ...], only: list[str] | None = None, honest: int = 1
) -> Iterator[tuple[str, Dossier]]:
    """The dossiers of honest challengers and of every bad one in one world."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_history(folder / "whole.jsonl", seed=world, count=cases, until=UNTIL, weeks=26)
        lines = [json.loads(line) for line in (folder / "whole.jsonl").read_text(encoding="utf-8").splitlines()]
        teach(folder / "champion", lines[: int(cases * CHAMPION)], tasks, 0)
        taught = lines[: int(cases * CHALLENGER)]
        kinds: list[tuple[str, Damage]] = [("honest", lambda lines, rng: lines)] * honest
        kinds += [(kind, damage) for kind, damage in BAD.items() if only is None or kind in only]
        for number, (kind, damage) in enumerate(kinds):
            rng = np.random.default_rng((world, number))
            challenger = folder / f"challenger-{number}"
            teach(challenger, damage(taught, rng), tasks, world + number)
            later = write(
                folder / "later.jsonl", taught + damage(lines[len(taught) :], rng) if kind in LEAKS else lines
            )
            yield (
                kind,
                compare(
                    open_bundle(challenger),
                    open_bundle(folder / "champion"),
                    open_history(later),
                    load_policy(),
                    UNTIL,
                    Silent(),
                ),
            )


def teach(out: Path, lines: list[Line], tasks: tuple[Task, ...], seed: int) -> None:
    """Train the tasks on these lines into a bundle of its own."""
    history = write(out.with_suffix(".jsonl"), lines)
    train(open_history(history), Order(tasks, out, load_policy(), UNTIL, seed=seed, threads=1), Silent())


def write(path: Path, lines: list[Line]) -> Path:
    """The lines as a native history."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


if __name__ == "__main__":
    typer.run(main)
