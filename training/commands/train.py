"""The commands `train`, `evaluate`, `card` and `cases`: messages to the error stream, data to standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from data.amounts import percent
from data.console import console, print_json
from data.record import canonical, instant_text
from data.targets import CannotWrite, require_file, require_folder
from data.vocabulary import Task
from models.files import BundleError
from policies.policy import load_policy
from policies.tables.problems import PolicyError
from training.errors import HistoryError, TrainingError
from training.interruption import Interrupted, interruptible, leave_learners
from training.no_room import NO_ROOM, lacks_room

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.task_model import TaskModel
    from training.daily.history import DailyHistory
    from training.histories.history import History
    from training.learning.evaluate import Answered
    from training.progress import Progress
    from training.suspects import Suspect
    from training.tracking.tracking import Tracker
    from training.train import Training

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)

VAR = Path("var")
UNTOLD = "untold_attributes"
"""The key of what is printed that names the attributes which the model was taught and no case tells."""
OWN_ROOMS = frozenset({"data", "features", "models", "policies", "training"})
MOST_OVERLAP = 0.01
"""Share of the cases from which a history counts as one the model has seen; clocks that disagree stay below it."""

TheHistory = Annotated[
    str,
    typer.Option(
        "--history", metavar="FILE", help="Past cases: .jsonl[.gz]; with --mapping a table or a database's address."
    ),
]
TheMapping = Annotated[Path | None, typer.Option("--mapping", help="YAML: which column is which fact.")]
ThePolicy = Annotated[Path | None, typer.Option("--policy", help="The policy's folder; without, the committed one.")]


@app.callback()
def training() -> None:
    """Histories to bundles."""


@app.command()
def train(
    task: Annotated[Task, typer.Argument(help="What to predict.")],
    history: TheHistory,
    out: Annotated[Path, typer.Option("--out", help="The bundle's folder; its other tasks stay.")],
    mapping: TheMapping = None,
    policy: ThePolicy = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Cores to use; part of what decides the last bit.")] = 2,
    trials: Annotated[int, typer.Option(min=0, help="Recipes to try (Optuna); 0 trains at once.")] = 20,
    test_share: Annotated[
        float | None, typer.Option(min=0.01, max=0.5, help="Latest part of the cases, kept to test; else by length.")
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option("--beside", metavar="DIR", help="A bundle whose other tasks the new one keeps: a challenger's."),
    ] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
) -> None:
    """Train one task on a history, in time order, and publish it into a bundle.

    The numbers printed are those of a rehearsal: the same recipe on all but the latest days, measured on these. The
    model that is published has learned from the latest days too.
    """
    with told():
        from training.terminal import comparison, progress_on
        from training.train import Order, train

        require_folder(out, "--out")
        tracker = tracker_of(VAR) if track else None
        read = opened(history, mapping, task)
        suspected = note_suspects(read, history, mapping)
        order = Order(
            (task,),
            out,
            load_policy(policy),
            datetime.now(UTC),
            seed,
            threads,
            trials,
            test_share=test_share,
            tracker=tracker,
            mapping_file=mapping,
            beside=beside,
            suspects=suspected,
        )
        with progress_on(_console) as progress:
            trained = train(read, order, progress)
        _console.print(comparison(trained.metrics, f"{read.name}: a rehearsal, on {tested_on(trained)}"))
        note_rehearsal(trained, read, suspected)
        _console.print(f"published {trained.digest} in {out}", soft_wrap=True)
        for name, registered in trained.versions.items():
            _console.print(
                f"registered fairlead-{name.value} version {registered.version} as {registered.alias} in "
                f"{tracker and tracker.uri}"
            )


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.")],
    task: Annotated[Task, typer.Option("--task", help="What is predicted.")],
    history: TheHistory,
    mapping: TheMapping = None,
    context: Annotated[
        str | None,
        typer.Option("--context", metavar="FILE", help="Earlier cases: known to the standing, never scored."),
    ] = None,
    policy: ThePolicy = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Write every answer beside what was true: .parquet or .csv."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as one JSON object.")] = False,
) -> None:
    """Score a bundle on later days, beside the rules and the base rate of its own training window."""
    with told():
        from models.bundle import open_bundle
        from training.case_tables import require_place
        from training.histories.horizons import another_question
        from training.learning.evaluate import TAUGHT, answered
        from training.terminal import comparison, covered, progress_on

        if answers:
            require_place(answers, "--answers", history, context, str(mapping) if mapping else None)
        bundle = open_bundle(folder)
        model, read = model_of(bundle, task), opened(history, mapping, task)
        untold = untold_of(model, read)
        if other := another_question(model.horizon, read):
            note(other)
        before = known_before(model, bundle.standing or [], read, opened(context, mapping) if context else None)
        with progress_on(_console) as progress:
            scores, each = answered({task: model}, read, before.known, load_policy(policy), progress)[task]
            if answers:
                _write_answers(task, each, read, answers, progress)
        if TAUGHT in scores:
            note(scores[TAUGHT]["says"])
        if as_json:
            horizon = {"horizon": model.horizon} if model.horizon else {}
            typer.echo(json.dumps(whole_by_side(scores) | before.not_later | horizon | {UNTOLD: untold}))
        else:
            _console.print(comparison({task: scores}, f"{bundle.digest} on {read.name}"))
            if "conformal" in scores:
                _console.print(covered(scores["conformal"], "Conformal sets: how often they hold the truth"))


def _write_answers(task: Task, answered: Answered, history: History, out: Path, progress: Progress) -> None:
    from training.answers_table import answers_table
    from training.case_tables import named_events, write_table

    events = named_events(history, progress).events
    progress.step(f"writing {out.name}")
    write_table(answers_table(task, answered, events), out)
    _console.print(f"wrote {len(answered.known.truth):,} answers to {out}", soft_wrap=True, highlight=False)


@app.command()
def card(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.")],
    task: Annotated[Task, typer.Option("--task", help="What is predicted.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The HTML file to write.")],
) -> None:
    """Write a model's card: what it predicts, how well, from what data, where it is weak, and how to go back."""
    with told():
        from models.bundle import open_bundle
        from training.report.card import card

        require_file(out, "--out")
        bundle = open_bundle(folder)
        page = card(model_of(bundle, task), bundle.digest)
        try:
            out.write_text(page, encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{out} cannot be written ({error.strerror}); name another file with --out") from error


@app.command()
def cases(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Past cases: .jsonl[.gz], or a table with --mapping.")],
    mapping: TheMapping = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many, from the first on.")] = None,
    shelves: Annotated[
        bool, typer.Option("--shelves", help="As questions about shelves, for POST /v1/stockout-risks.")
    ] = False,
) -> None:
    """Print cases as they are posted to the service: one JSON object a line, without outcomes.

    With --shelves, as questions about their shelves: those of one moment in one question, each with its own attributes.
    What a question has no place for is left out, such as a supplier, an order or a second stock position.
    """
    with told():
        from training.histories.questions import questions

        chosen = (line.case for line in islice(opened(file, mapping).lines(), limit))
        for each in questions(chosen) if shelves else chosen:
            print_json(canonical(each))


def model_of(bundle: Bundle, task: Task) -> TaskModel:
    """The bundle's model of a task. Raises HistoryError where there is none."""
    if task not in bundle.models:
        raise HistoryError(f"{bundle.folder} has no {task}: {bundle.problems.get(task, 'train it first')}")
    return bundle.models[task].model


@dataclass(frozen=True)
class Before:
    """What is known of the parties before the first case, and whether the cases are no later than the training."""

    known: History | list[dict[str, Any]]
    not_later: dict[str, Any] = field(default_factory=dict)
    """Under the key of that name, for `--json`: which share happened before when, and the note. Else empty."""


def known_before(model: TaskModel, snapshot: list[dict[str, Any]], history: History, context: History | None) -> Before:
    """The context, or else the bundle's own standing where the cases are later than it; said where it is no help.

    Without times none is later, and what the cases are is said once they are read.
    """
    from training.daily.history import DailyHistory
    from training.histories.split import without_times
    from training.learning.evaluate import NOT_LATER, overlap

    nothing: History | list[dict[str, Any]] = context or []
    start = "" if context else ". All parties start unknown"
    if context and context.digest == history.digest:
        note(
            "--history and --context are the same file, so every outcome counts twice in what is known of the parties. "
            "Name earlier cases as the context, or none"
        )
    if isinstance(history, DailyHistory) and context is None:
        note(_without_a_past(history))
    if without_times(model.lineage):
        return Before(nothing)
    latest = model.lineage.get("recalibrated_on", model.lineage["tested_on"])
    taught = datetime.fromtimestamp(max(latest["to"], model.lineage["tested_on"]["to"]), UTC)
    share = overlap(history, taught)
    if share <= MOST_OVERLAP:
        return Before(context or snapshot)
    says = (
        f"{percent(share)} of {history.name} happened before {taught:%Y-%m-%d %H:%M} UTC, up to when the model was "
        f"trained and tested: the scores do not tell how it does on later days{start}"
    )
    note(says)
    return Before(nothing, {NOT_LATER: {"share": share, "until": instant_text(taught), "says": says}})


def untold_of(model: TaskModel, history: History) -> list[str]:
    """The attributes that the model was taught and no case tells, noted; refused where the mapping has lost one."""
    from training.learning.untold import never_told, require_declared

    require_declared(model.attributes, history)
    untold = never_told(model.attributes, history)
    if untold:
        note(
            f"no case of {history.name} tells {', '.join(untold)} as the model was taught it: it answers "
            "without it. Look at its column, kind and missing words in the mapping"
        )
    return untold


def _without_a_past(history: DailyHistory) -> str:
    """What a daily table lacks without its earlier days: a bundle's standing tells of parties, not of shelves' days."""
    return (
        f"nothing before {history.grid.first_day}, the first day of {history.name}, is known here, not even what the "
        "bundle knows of its parties: the numbers are of shelves without a past, as no model is served, and mostly "
        "worse than with one. Give the earlier days by --context FILE"
    )


def tested_on(trained: Training) -> str:
    """What a training's rehearsal was measured on, for the title of its numbers."""
    return "other cases" if trained.timeless else "the latest days"


def note_suspects(read: History, path: str, mapping: Path | None) -> tuple[Suspect, ...]:
    """Note each column that the check would refuse, before anybody waits for what it teaches.

    A native history is not looked at: a mapping or the service itself has made it.
    """
    from training.suspects import suspects
    from training.terminal import progress_on

    if mapping is None:
        return ()
    with progress_on(_console) as progress:
        progress.step("looking for columns that hold what happened later")
        try:
            found = suspects(read, path, mapping)
        except TrainingError:
            raise
        except Exception as error:  # Advice that fails is to cost nobody a training.
            note(f"the columns could not be looked at ({type(error).__name__}: {error})")
            return ()
    for each in found:
        note(f"{each.column} is learned from and may hold what happened later: {each.against}; {each.mends}")
    return found


def note_rehearsal(trained: Training, history: History, suspected: Sequence[Suspect]) -> None:
    """Note why a model that was trained should not be put in force, and where its numbers are of no later days."""
    from training.histories.unseen import named_by_row
    from training.report.verdict import doubt, unexplained

    if doubted := unexplained([each.column for each in suspected]):
        note(doubted)
    for name, rehearsed in trained.metrics.items():
        if doubted := doubt(rehearsed):
            note(f"{name}, rehearsed on {rehearsed['n']:,} cases: {doubted}")
    if not trained.timeless:
        return
    note(
        f"all cases of {history.name} carry one moment, so none is later than another. They were split by a hash "
        "of exception_id instead of time: the numbers hold for other cases of the same days, not for later days"
    )
    if named_by_row(history.naming):
        note(
            "event.id is the row's number, which names a row in this file alone: neither evaluate nor promote "
            "can tell which rows of another file taught the model. Where a column names them, give that"
        )


def note(says: str) -> None:
    """Something the operator should know, on the error stream."""
    _console.print(f"[yellow]note:[/yellow] {escape(says)}", soft_wrap=True)


def opened(history: str, mapping: Path | None, task: Task | None = None) -> History:
    """The history; with a task, only one whose mapping can tell its truth."""
    from training.daily.opening import is_daily, load_daily_mapping, open_daily
    from training.histories.history import open_history
    from training.tables.mapping import load_mapping, require_task

    if mapping and is_daily(mapping):
        return open_daily(history, load_daily_mapping(mapping), task)
    parsed = load_mapping(mapping) if mapping else None
    if parsed is not None and task is not None:
        require_task(parsed, task)
    return open_history(history, parsed)


def tracker_of(folder: Path, needed: bool = False) -> Tracker:
    """The tracker of a folder, or of the server that the environment names. Raises TrackingError."""
    from training.tracking.tracking import Tracker, tracking_uri

    return Tracker(tracking_uri(folder), folder, needed)


def whole_by_side(scores: dict[str, Any]) -> dict[str, Any]:
    """The scores with `n` and `base_rate` beside those of each side too: whoever reads one side has all of it."""
    both = {name: scores[name] for name in ("n", "base_rate")}
    sides = [side for side in ("model", "as_trained", "rules", "base") if side in scores]
    return scores | {side: scores[side] | both for side in sides}


@contextmanager
def told() -> Iterator[None]:
    """What the operator can mend or has asked for, as one message: exit code 1 for an error, 128 + n for signal n."""
    try:
        with interruptible():
            yield
    except (TrainingError, BundleError, PolicyError, CannotWrite) as error:
        raise _ended(str(error), 1) from None
    except Interrupted as signalled:
        raise _ended(str(signalled), signalled.exit_code) from None
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in OWN_ROOMS:
            raise
        says = f"{missing.name} is not installed: this command needs what training needs; install requirements.lock"
        raise _ended(says, 1) from None
    except BrokenPipeError:
        # The reader has what it wanted (`fairlead cases … | head`); closing stdout again would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        raise _ended(f"{_unwritten(error)}", 1) from None


def _unwritten(error: OSError) -> str:
    what = error.filename or "a file"
    if lacks_room(error):
        return f"{what} cannot be written ({error.strerror}): {NO_ROOM}. What was in force before stays in force"
    return (
        f"{what} cannot be read or written ({error.strerror or error}): free the disk or mend it. "
        "What was in force before stays in force"
    )


def _ended(says: str, code: int) -> typer.Exit:
    _console.print(f"[red]error:[/red] {escape(says)}", soft_wrap=True, highlight=False)
    leave_learners(code)
    return typer.Exit(code)
