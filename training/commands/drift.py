"""The commands `drift` and `recalibrate`: is the model still right about today's cases, and what mends it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.console import console
from data.targets import require_file, require_folder
from data.vocabulary import Task
from policies.policy import Policy, load_policy
from training.commands.train import (
    UNTOLD,
    VAR,
    TheHistory,
    TheMapping,
    ThePolicy,
    known_before,
    note,
    opened,
    told,
    tracker_of,
    untold_of,
)
from training.errors import HistoryError
from training.interruption import Interrupted

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.task_model import TaskModel
    from training.drift.drift import Seen
    from training.histories.history import History
    from training.tracking.tracking import Recorded, Tracker

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)

TheFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.")]
TheTask = Annotated[Task, typer.Option("--task", help="What is predicted.")]
TheContext = Annotated[
    str | None, typer.Option("--context", metavar="FILE", help="Earlier cases: known to the standing, never compared.")
]


@app.callback()
def drifting() -> None:
    """Models in days they did not see."""


@app.command()
def drift(
    folder: TheFolder,
    task: TheTask,
    history: TheHistory,
    mapping: TheMapping = None,
    context: TheContext = None,
    policy: ThePolicy = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one page.")] = None,
) -> None:
    """Compare later cases with those a model learned from: features, performance, calibration, and what it costs.

    Outcomes may be missing: what the model claims of itself stands in for them.
    """
    with told():
        from training.drift.drift import drift_of
        from training.drift.page import page
        from training.drift.terminal import report_for_people, summary_for_people
        from training.histories.horizons import another_question

        if html is not None:
            require_file(html, "--html")
        rules = load_policy(policy)
        model = _model(_bundle(folder), folder, task)
        read = opened(history, mapping)
        untold = untold_of(model, read)
        if other := another_question(model.horizon, read):
            note(other)
        seen, taught = _seen(model, folder, read, mapping, context, rules, without_outcome=True)
        report = drift_of(model, seen, rules)
        title = f"{read.name} beside what {task} learned from"
        if html is not None:
            html.write_text(page(report, read.name, taught), encoding="utf-8")
            _console.print(summary_for_people(report, title))
            _console.print(f"wrote {html}", soft_wrap=True)
        if as_json:
            more = {UNTOLD: untold, "left_out": seen.left_out}
            typer.echo(json.dumps(report.model_dump(mode="json") | taught | more))
        elif html is None:
            _console.print(report_for_people(report, title))


@app.command()
def recalibrate(
    folder: TheFolder,
    task: TheTask,
    history: TheHistory,
    mapping: TheMapping = None,
    context: TheContext = None,
    policy: ThePolicy = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Publish here, beside the bundle's other tasks.")
    ] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
) -> None:
    """Fit only a model's calibrator again, on the latest labels, and publish it into the bundle, or as a challenger.

    Refused where a rehearsal, fitted on the earlier half and measured on the later, is not better than the old one
    beyond chance. A model that learned without times is recalibrated on cases that are new to it.
    """
    with told():
        from training.drift.recalibrate import recalibrate as fit_again
        from training.drift.recalibrate import untaught
        from training.drift.terminal import recalibration_for_people
        from training.histories.horizons import another_question
        from training.terminal import progress_on
        from training.tracking.tracking import Given

        into = out or folder
        _refuse_served(into)
        require_folder(into, "--out")
        tracker = tracker_of(VAR) if track else None
        rules, bundle = load_policy(policy), _bundle(folder)
        model = _model(bundle, folder, task)
        read = opened(history, mapping, task)
        untold_of(model, read)
        if other := another_question(model.horizon, read):
            raise HistoryError(other)
        met, _ = _seen(model, folder, read, mapping, context, rules)
        seen = untaught(model, datetime.fromisoformat(bundle.created_at), met, read)
        if left_out := len(met.known.truth) - len(seen.known.truth):
            note(f"{left_out:,} cases are left out: they taught the model, or may have; the others are new to it")
        with progress_on(_console) as progress:
            again = fit_again(model, bundle.digest, seen, read, progress)
        with tracker.settled() if tracker else nullcontext():
            recorded = tracker.record_recalibration(again, Given(rules, mapping)) if tracker else None
            digest = _publish(again.model, folder, into)
            _console.print(
                recalibration_for_people(again, f"{read.name}: fitted on its first half, measured on its second")
            )
            _console.print(f"published {digest} in {into}", soft_wrap=True)
            if tracker and recorded:
                _register(tracker, recorded, into, digest, task)


def _refuse_served(into: Path) -> None:
    from training.served import refuse_served

    refuse_served(into, "name another folder with --out")


def _publish(model: TaskModel, folder: Path, into: Path) -> str:
    """Publish beside the other tasks of the bundle that the model is of; returns the digest."""
    from models.bundle import publish
    from training.served import keep_beside

    _refuse_served(into)  # It may have begun to serve meanwhile.
    keep_beside(into, folder)
    return publish(into, {model.task: model}, created_at=datetime.now(UTC))


def _register(tracker: Tracker, recorded: Recorded, into: Path, digest: str, task: Task) -> None:
    from models.bundle import open_bundle

    try:
        registered = tracker.register(recorded, digest, open_bundle(into, digest).models[task].version)
    except Interrupted as error:
        raise Interrupted(
            error.number, f"interrupted: the bundle {digest} is published, but not registered in {tracker.uri}"
        ) from None
    _console.print(
        f"registered {recorded.name} version {registered.version} as {registered.alias} in {tracker.uri}",
        soft_wrap=True,
    )


def _bundle(folder: Path) -> Bundle:
    from models.bundle import open_bundle

    return open_bundle(folder)


def _model(bundle: Bundle, folder: Path, task: Task) -> TaskModel:
    if task not in bundle.models:
        raise HistoryError(f"{folder} has no {task}: {bundle.problems.get(task, 'train it first')}")
    return bundle.models[task].model


def _seen(
    model: TaskModel,
    folder: Path,
    read: History,
    mapping: Path | None,
    context: str | None,
    policy: Policy,
    without_outcome: bool = False,
) -> tuple[Seen, dict[str, Any]]:
    """The cases as the model sees them; and for `--json`, by key, whether they taught it where that is a question."""
    from training.drift.drift import see
    from training.histories.split import without_times
    from training.histories.unseen import acquaintance
    from training.learning.evaluate import TAUGHT
    from training.terminal import left_out_lines, progress_on

    earlier = opened(context, mapping) if context else None
    before = known_before(model, _bundle(folder).standing or [], read, earlier)
    with progress_on(_console) as progress:
        seen = see(model, read, before.known, policy, progress, without_outcome)
    for line in left_out_lines({model.task: seen.left_out}):
        note(line)
    if without_times(model.lineage):
        taught = acquaintance(model, seen.known.events, read)
        note(taught["says"])
        return seen, {TAUGHT: taught}
    return seen, before.not_later
