"""Histories to bundles: one pass to learn the vocabulary, one to compute every feature, then a fit per task."""

from __future__ import annotations

import platform
from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from data.case import Case
from data.vocabulary import Task
from features.attributes import AttributeSchema, infer_attributes
from features.chain import EARLIER
from features.seeds import snapshot
from features.standing import RETAILER, MemoryRows, PartyKey, going_on
from features.wording import Wordings
from models.bundle import open_bundle
from policies.policy import Policy
from training.daily.history import DailyHistory, daily_study, vocabulary
from training.errors import HistoryError, TrainingError
from training.histories.dataset import Study, study
from training.histories.history import History
from training.histories.known import Lessons
from training.histories.left_out import left_out_words
from training.histories.split import without_times
from training.interruption import LEARNER, Interrupted
from training.learning.chain import Chain, can_teach_chain, earlier_tasks, fit_chain
from training.learning.evaluate import Snapshot
from training.learning.learn import Learned, Origin, learn
from training.progress import Progress
from training.publishing import publish_whole
from training.report.verdict import SUSPECTS
from training.served import refuse_served
from training.suspects import Suspect
from training.tracking.tracking import Given, Recorded, Registered, Tracker

SAMPLES = 64
"""Cases kept whole to choose golden ones from."""

SOON = timedelta(days=1)
"""Within what time of its case half of the outcomes must be known for rates of hours to be those of cases like it."""

Made = TypeVar("Made")

MANY = 200_000
"""Cases from which no more tasks learn at once than there are cores: each keeps several copies of its rows."""

NOTHING_ANEW = ". No task was learned anew, so nothing was published: what serves stays as it is"

LIBRARIES = ("lightgbm", "numpy", "optuna", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Order:
    """What to train and with what. The same order on the same history publishes the same bytes."""

    tasks: tuple[Task, ...]
    out: Path
    policy: Policy
    created_at: datetime
    seed: int = 0
    threads: int = 2
    trials: int = 0
    """Recipes to try; 0 looks quickly at how fast to forget and when to stop, and no further."""
    test_share: float | None = None
    """The latest part of the cases, kept to test; by the history's length where absent."""
    tracker: Tracker | None = None
    mapping_file: Path | None = None
    """The mapping that the history is read through, kept with the tracked run."""
    alias: str | None = None
    """What the registry calls the new versions; absent, the champion where there is none, else the challenger."""
    known_before: Snapshot | None = None
    """What was known of the parties before the history's first case; nothing where absent."""
    long_memory: bool = False
    """Whether that is known from years, so that models read it however short the history is."""
    beside: Path | None = None
    """A bundle's folder whose tasks are kept beside what is trained, where `out` holds no bundle yet."""
    wordings: Wordings = field(default_factory=dict)
    """How people name attributes where the history does not say it: as the bundle that serves does."""
    suspects: tuple[Suspect, ...] = ()
    """What the check has against columns of the history: the model's card says so."""
    keep_going: bool = False
    """Leave out a task that the history cannot teach, instead of stopping."""


@dataclass(frozen=True)
class Training:
    """What was published: the bundle's digest, the numbers per task, registry versions, tasks left out and why.

    `timeless` where the cases carry one moment, so that no number is of later days; `lessons` tells which cases taught
    each task, and which did not.
    """

    digest: str
    metrics: dict[Task, Mapping[str, Any]]
    versions: dict[Task, Registered] = field(default_factory=dict)
    left_out: dict[Task, str] = field(default_factory=dict)
    timeless: bool = False
    lessons: dict[Task, Lessons] = field(default_factory=dict)


def train(history: History, order: Order, progress: Progress) -> Training:
    """Train the tasks on a history and publish them together, keeping the folder's other tasks.

    Raises:
        HistoryError: a history that cannot teach a task.
        ServedError: the folder is served: only a promotion changes what serves.
        TrackingError: MLflow stopped answering; what was published or registered is said.
    """
    refuse_served(order.out, _instead(order))
    with order.tracker.settled() if order.tracker else nullcontext():
        return _train(history, order, progress)


def _train(history: History, order: Order, progress: Progress) -> Training:
    attributes, seen, standing = _read(history, order, progress)
    threads = order.threads // min(len(order.tasks), order.threads)
    told = (order.test_share, threads, order.seed, order.trials, history.horizon)
    origin = Origin(_lineage(history, order), attributes, *told)
    chains = _chains(seen, origin, order, progress)
    progress.step("learning")
    learned, recorded, left_out = _learn(seen, chains, origin, order, progress)
    progress.step("publishing")
    refuse_served(order.out, _instead(order))  # It may have begun to serve while this trained.
    digest = _publish(order, learned, standing)
    versions = _register(order, recorded, digest)
    metrics: dict[Task, Mapping[str, Any]] = {
        task: {**each.model.metrics, **each.left_out} for task, each in learned.items()
    }
    timeless = any(without_times(each.model.lineage) for each in learned.values())
    lessons = {task: each.lessons for task, each in learned.items()}
    return Training(digest, metrics, versions, left_out, timeless, lessons)


def _read(history: History, order: Order, progress: Progress) -> tuple[AttributeSchema, Study, Snapshot]:
    """The history's vocabulary, its cases as numbers, and what was known of the parties when the last case arrived."""
    if isinstance(history, DailyHistory):
        progress.step(f"reading {history.name}")
        attributes, grid = vocabulary(history), history.grid
        return attributes, *daily_study(grid, grid.exists, history.mapping, attributes, order.policy, SAMPLES)
    attributes, n, moments = _survey(history, {**order.wordings, **history.wordings}, progress)
    attributes = attributes.model_copy(update={"long_memory": attributes.long_memory or order.long_memory})
    return attributes, *_studied(history, attributes, n, moments > 1, order, progress)


def _instead(order: Order) -> str:
    return f"train into another folder with --beside {order.out}"


def _survey(history: History, wordings: Wordings, progress: Progress) -> tuple[AttributeSchema, int, int]:
    """The vocabulary of the history, the number of its cases, each of which is there once, and of their moments."""
    seen: set[tuple[str, str]] = set()
    moments: set[datetime] = set()
    delays = array("d")

    def cases() -> Iterator[Case]:
        for line in progress.count(history.lines(), f"reading {history.name}"):
            event = line.case.event
            if (event.source, event.id) in seen:
                raise HistoryError(
                    f"{history.name}: event {event.id} of {event.source} is there twice; keep one line of each event, "
                    "or give the mapping a view (rows: at_opening) or an event.id that tells updates apart (join)"
                )
            seen.add((event.source, event.id))
            moments.add(event.time)
            if line.outcome is not None:
                delays.append((line.outcome.recorded_at - event.time) / SOON)
            yield line.case

    attributes = infer_attributes(cases(), wordings)
    if not seen:
        raise HistoryError(f"{history.name} holds no case")
    soon = bool(delays) and float(np.median(delays)) <= 1.0
    attributes = attributes.model_copy(update={"short_memory": attributes.short_memory and soon})
    return attributes, len(seen), len(moments)


def _studied(
    history: History, attributes: AttributeSchema, n: int, arrivals: bool, order: Order, progress: Progress
) -> tuple[Study, Snapshot]:
    """The matrices, and what was known of the parties when the last case arrived, with the outcomes that wait."""
    rows = MemoryRows()
    lines = ((line, True) for line in progress.count(history.lines(), "replaying what was known", n))
    sampled = frozenset(range(0, n, max(1, n // SAMPLES)))
    tasks = dict.fromkeys((*order.tasks, *earlier_tasks(order.tasks)))
    keeper = going_on(rows, order.known_before or [], attributes, arrivals)
    seen = study(lines, tasks, attributes, order.policy, keeper, sampled, processes=order.threads)
    ends = keeper.unended.presumed() if attributes.open_cases else ()
    return seen, snapshot(rows, [*keeper.waiting, *ends] if _heard(rows) else ())


def _heard(rows: MemoryRows) -> bool:
    """Whether any outcome was known at any case's moment.

    Where none was, as where all carry one moment, what models read of outcomes is what it is where nothing is known:
    it stays so when they serve.
    """
    return any(rows.get([PartyKey(RETAILER, RETAILER)]).values())


def _chains(seen: Study, origin: Origin, order: Order, progress: Progress) -> dict[Task, Chain]:
    """What later tasks will hear of the tasks before them, where the history can teach it."""

    def one(task: Task) -> Chain | None:
        known = seen.known(task).telling()
        if not can_teach_chain(known):
            return None
        progress.step(f"{task}: what later tasks hear")
        return fit_chain(task, known, origin.attributes, origin.threads, origin.seed)

    tasks = earlier_tasks(order.tasks)
    chains = dict(_each(one, tasks, order.threads))
    return {task: chain for task in tasks if (chain := chains[task]) is not None}


def _learn(
    seen: Study, chains: Mapping[Task, Chain], origin: Origin, order: Order, progress: Progress
) -> tuple[dict[Task, Learned], dict[Task, Recorded], dict[Task, str]]:
    """What was learned, the tracked runs, and the tasks left out and why.

    All tasks learn at once where memory allows, so that no core waits at the end for the one that takes longest; what
    is learned is recorded meanwhile.
    """
    given = Given(order.policy, order.mapping_file)
    learned, recorded, failed = dict[Task, Learned](), dict[Task, Recorded](), dict[Task, str]()

    def one(task: Task) -> Learned | HistoryError:
        try:
            heard = [chains[earlier] for earlier in EARLIER.get(task, ()) if earlier in chains]
            return learn(task, seen, heard, origin, progress)
        except HistoryError as error:
            return error

    at_once = len(order.tasks) if seen.largest < MANY else order.threads
    with closing(_each(one, order.tasks, at_once if order.threads > 1 else 1)) as made:
        for task, each in made:
            if isinstance(each, HistoryError):
                failed[task] = f"{each}{left_out_words(seen.known(task).left_out)}"
                continue
            learned[task] = each
            if order.tracker and (order.keep_going or not failed):
                recorded[task] = order.tracker.record(each, given)
    if failed and not (order.keep_going and learned):
        why = "; ".join(f"{task}: {failed[task]}" for task in order.tasks if task in failed)
        raise HistoryError(f"{why}{NOTHING_ANEW if order.keep_going else ''}")
    return _in_order(learned, order), _in_order(recorded, order), failed


def _in_order(made: Mapping[Task, Made], order: Order) -> dict[Task, Made]:
    return {task: made[task] for task in order.tasks if task in made}


def _each(one: Callable[[Task], Made], tasks: Sequence[Task], at_once: int) -> Generator[tuple[Task, Made], None, None]:
    """Each as it is done, so many at once by threads: the learner works outside Python's lock.

    A signal ends the waiting at once, not when every thread has finished its model. The libraries of linear algebra
    keep to one core throughout: how many they use decides the last bit, and is one number for all threads.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        if min(len(tasks), at_once) <= 1:
            yield from ((task, one(task)) for task in tasks)
            return
        pool = ThreadPoolExecutor(at_once, thread_name_prefix=LEARNER)
        begun = {pool.submit(one, task): task for task in tasks}
        try:
            for done in as_completed(begun):
                yield begun[done], done.result()
        finally:
            # Idle threads that are not waited for still look like learners to whoever ends the process just then.
            pool.shutdown(wait=all(each.done() for each in begun), cancel_futures=True)


def _publish(order: Order, learned: Mapping[Task, Learned], standing: Snapshot) -> str:
    models = {task: each.model for task, each in learned.items()}
    try:
        return publish_whole(order.out, models, standing, created_at=order.created_at, beside=order.beside)
    except OSError as error:
        why = f"{order.out} cannot be written ({error.strerror}): nothing was published or registered"
        raise TrainingError(f"{why}; free the disk or name another folder with --out") from error


def _register(order: Order, recorded: Mapping[Task, Recorded], digest: str) -> dict[Task, Registered]:
    tracker = order.tracker
    if tracker is None:
        return {}
    models = open_bundle(order.out, digest).models
    try:
        return {
            task: tracker.register(each, digest, models[task].version, order.alias) for task, each in recorded.items()
        }
    except Interrupted as error:
        said = f"interrupted: the bundle {digest} is published, but not every model is registered in {tracker.uri}"
        raise Interrupted(error.number, f"{said}; train again") from None


def _lineage(history: History, order: Order) -> dict[str, Any]:
    """What the model comes from. Threads and libraries are named because they decide the last bit."""
    return {
        "history": history.name,
        "data": history.digest,
        "mapping": history.mapping_digest,
        "says": history.says,
        "naming": history.naming,
        "policy": order.policy.digest,
        "seed": order.seed,
        "trials": order.trials,
        "threads": order.threads,
        **({SUSPECTS: [[each.column, each.against] for each in order.suspects]} if order.suspects else {}),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }
