"""The command `retrain`: a challenger from what a service has recorded. What serves stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from data.console import console
from data.vocabulary import Task
from models.files import MANIFEST
from policies.policy import load_policy
from training.commands.train import (
    ThePolicy,
    note,
    note_rehearsal,
    note_suspects,
    opened,
    tested_on,
    told,
    tracker_of,
)
from training.errors import TrainingError
from training.interruption import Interrupted

if TYPE_CHECKING:
    from models.bundle import Bundle
    from policies.policy import Policy
    from training.histories.history import History
    from training.suspects import Suspect
    from training.tracking.tracking import Tracker
    from training.train import Training

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)


class Service(Protocol):
    """What a service recorded: the serving room reads the store, so the front door brings it here."""

    bundle: Path
    """The folder it serves from."""

    def require_use(self) -> None:
        """End the command where nothing was ever recorded."""

    def export(self, out: Path) -> str:
        """Write what was recorded as a native history and say what it holds; end the command where that fails."""


OpenService = Callable[[Path, Path | None], Service]
"""What the front door hands to the command as its context's object."""


@app.callback()
def retraining() -> None:
    """Learning from use."""


@app.command()
def retrain(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="The service's folder: its database and its bundle.")] = Path("var"),
    bundle: Annotated[Path | None, typer.Option(help="The bundles it serves from; FOLDER/bundle without.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="What to predict; repeat. Without: what is served.")] = None,
    out: Annotated[Path | None, typer.Option(help="The challenger's folder; a new one by default.")] = None,
    history: Annotated[
        str | None, typer.Option(metavar="FILE", help="Earlier cases to learn from too, as `train` reads them.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="How that file is read.")] = None,
    policy: ThePolicy = None,
    trials: Annotated[int, typer.Option(min=0, help="Recipes to try; 0 trains at once.")] = 20,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
) -> None:
    """Learn from use: export what the service has recorded and train a challenger on it.

    Nothing is promoted: the bundle that is served and the alias `champion` stay as they are. A task that is served and
    cannot be learned anew, or was not asked for, is carried over unchanged; where none can be learned, the exit code
    is 1. Exit code 0 means that a challenger lies there, not that it is any good: the last lines say what `train`
    would say against it, such as that a model does no better than the base rate. Where no recorded case taught, so that
    it has learned from --history alone, the first line of what it has come to says so, and why.
    """
    service: Service = context.obj(folder, bundle)
    challenger = out or folder / "challengers" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if challenger.resolve() == service.bundle.resolve():
        _say(f"{challenger} is the bundle that is served: name another folder with --out")
        raise typer.Exit(2)
    with told():
        _refuse_days(mapping, service.bundle)
        _refuse_one_moment(mapping, service.bundle)
    use = challenger / "history.jsonl.gz"
    service.require_use()
    with told():
        tracker = tracker_of(folder) if track else None
    made = [each for each in (challenger, challenger.parent) if not each.exists()]
    _say(service.export(use))
    asked = _Retraining(service.bundle, challenger, use, history, mapping, policy, trials, tuple(task or ()))
    with told(), _nothing_left(use, made):
        _challenge(asked, tracker)


def _refuse_days(mapping: Path | None, served: Path) -> None:
    """Raises TrainingError for a daily mapping, before anything is exported: no question about a day is exported."""
    from training.daily.opening import is_daily

    if mapping is not None and is_daily(mapping):
        raise TrainingError(
            f"{mapping} maps a table of days, and what the service exports holds no question about a day, so there is "
            "nothing to mix in: train on the table with its new days, by fairlead train stockout --history FILE "
            f"--mapping {mapping} --out CHALLENGER_DIR --beside {served}"
        )


def _refuse_one_moment(mapping: Path | None, served: Path) -> None:
    """Raises TrainingError for a table without times: a moment that is made up would say what was earlier."""
    from training.tables.mapping import load_mapping

    if mapping is not None and load_mapping(mapping).facts["event.time"].constant is not None:
        raise TrainingError(
            f"{mapping} gives all rows one moment, and what the service records has moments of its own: together, a "
            "moment that is made up would say which cases are earlier. Train on the table with its new rows, by "
            f"fairlead train TASK --history FILE --mapping {mapping} --out CHALLENGER_DIR --beside {served}; or learn "
            "from what was recorded alone, without --history"
        )


@dataclass(frozen=True)
class _Retraining:
    served: Path
    challenger: Path
    use: Path
    history: str | None
    mapping: Path | None
    policy: Path | None
    trials: int
    tasks: tuple[str, ...]


def _challenge(asked: _Retraining, tracker: Tracker | None) -> None:
    """Train the challenger and say how to look at it."""
    from models.bundle import open_bundle
    from models.ladder import load_bundle
    from training.terminal import comparison, progress_on
    from training.tracking.tracking import CHALLENGER
    from training.train import Order, train

    served = load_bundle(asked.served).bundle
    history, suspected = _learned_from(asked)
    whole = served is not None and not served.problems
    order = Order(
        _tasks(asked, served, history),
        asked.challenger / "bundle",
        load_policy(asked.policy),
        datetime.now(UTC),
        trials=asked.trials,
        tracker=tracker,
        mapping_file=asked.mapping,
        alias=CHALLENGER,
        known_before=served.standing if served and asked.history is None else None,
        long_memory=served is not None and asked.history is None and served.attributes.long_memory,
        wordings=served.attributes.wordings if served else {},
        beside=asked.served if whole else None,
        suspects=suspected,
        keep_going=True,
    )
    with progress_on(_console) as progress:
        trained = train(history, order, progress)
    from_use = _tell_untaught(asked, trained)
    _console.print(comparison(trained.metrics, f"A rehearsal of the challenger, on {tested_on(trained)}"))
    for name, why in trained.left_out.items():
        _say(f"left out: {name}: {why}")
    _tell_kept(open_bundle(order.out, trained.digest), served, asked.served)
    but = "" if from_use else ", and no recorded case taught it"
    _say(
        f"the challenger is {trained.digest} in {order.out}{but}. It is not in force: fairlead promote --help says how"
    )
    note_rehearsal(trained, history, suspected)  # Last, where whoever reads a schedule's log looks first.


def _tell_untaught(asked: _Retraining, trained: Training) -> bool:
    """Note which tasks no recorded case taught, and why. Whether one taught any of them.

    The challenger is published all the same: it was asked for, and the earlier cases may be newer than what serves.
    Without earlier cases there is nothing to note, for a task that no case teaches is not learned.
    """
    from training.histories.history import open_history
    from training.histories.recorded import lessons, untaught, untaught_words

    if asked.history is None:
        return True
    counted = lessons(open_history(asked.use).lines(), trained.lessons)
    if says := untaught_words(counted):
        note(says)
    return len(untaught(counted)) < len(counted)


def _tell_kept(challenger: Bundle, champion: Bundle | None, served: Path) -> None:
    """Say which tasks the challenger carries over from what serves, and which a promotion of it would lose."""
    from training.promotion.compare import kept, lost

    if champion is None:
        _say(f"no bundle was found in {served}, so no task is kept from a champion: --bundle names what serves")
        return
    if same := kept(challenger, champion):
        _say(f"kept from the champion: {', '.join(task for task in Task if task in same)}")
    if gone := lost(challenger, champion):
        _say(f"lost: {', '.join(gone)}: promote will refuse this challenger; retrain into a new folder (--out)")


def _tasks(asked: _Retraining, served: Bundle | None, history: History) -> tuple[Task, ...]:
    """What is asked for, else what models serve, else what the recorded outcomes tell of."""
    try:
        named = tuple(Task(each) for each in asked.tasks)
    except ValueError:
        raise TrainingError(f"a task is one of {', '.join(Task)}; --task named another") from None
    return named or tuple(served.models if served else ()) or _told_of(history, load_policy(asked.policy))


def _told_of(history: History, policy: Policy) -> tuple[Task, ...]:
    """The tasks of which an outcome tells the truth.

    Raises:
        TrainingError: there is none.
    """
    from policies.promise import promised
    from training.histories.truth import UNKNOWN, truth_of

    told = set[Task]()
    for line in history.lines():
        whole = line.model_copy(update={"case": promised(line.case, policy)})
        told |= {task for task in Task if task not in told and truth_of(task, whole) != UNKNOWN}
    if not told:
        raise TrainingError("no outcome was recorded that tells what there is to predict; send outcomes first")
    return tuple(task for task in Task if task in told)


@contextmanager
def _nothing_left(use: Path, made: Sequence[Path]) -> Iterator[None]:
    """A run that publishes nothing leaves no export behind, and of the folders that it made none that is empty."""
    try:
        yield
    except (TrainingError, Interrupted):
        if not (use.parent / "bundle" / MANIFEST).is_file():
            use.unlink(missing_ok=True)
        for folder in made:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise


def _learned_from(asked: _Retraining) -> tuple[History, tuple[Suspect, ...]]:
    """What was recorded, after the earlier cases where they are given, and what the check has against these."""
    from training.histories.history import open_history
    from training.histories.together import Together

    use = open_history(asked.use)
    if asked.history is None:
        return use, ()
    earlier = opened(asked.history, asked.mapping)
    return Together(earlier, use), note_suspects(earlier, asked.history, asked.mapping)


def _say(text: str) -> None:
    _console.print(text, soft_wrap=True, markup=False, highlight=False)
