"""Histories to bundles: one pass to learn the vocabulary, one to compute every feature, then a fit per task."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.case import Case
from data.record import digest_of
from data.vocabulary import Task
from features.attributes import AttributeSchema, infer_attributes
from features.standing import MemoryRows, StandingKeeper, snapshot
from models.bundle import bring, open_bundle, publish
from models.files import MANIFEST, SERVED, manifest_in_force, put_in_force
from policies.policy import Policy
from training.dataset import Read, Study, study
from training.errors import HistoryError, ServedError
from training.evaluate import Snapshot, passed
from training.history import History
from training.learn import Learned, Origin, learn
from training.progress import Progress
from training.split import without_times
from training.tracking import Recorded, Registered, Tracker

SAMPLES = 64
"""Cases kept whole to choose golden ones from."""

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
    beside: Path | None = None
    """A bundle's folder whose tasks are kept beside what is trained, where `out` holds no bundle yet."""
    keep_going: bool = False
    """Leave out a task that the history cannot teach, instead of stopping."""


@dataclass(frozen=True)
class Training:
    """What was published: the bundle's digest, the numbers per task, registry versions, tasks left out and why.

    `timeless` where the cases carry one moment, so that no number is of later days.
    """

    digest: str
    metrics: dict[Task, Mapping[str, Any]]
    versions: dict[Task, Registered] = field(default_factory=dict)
    left_out: dict[Task, str] = field(default_factory=dict)
    timeless: bool = False


def train(history: History, order: Order, progress: Progress) -> Training:
    """Train the tasks on a history and publish them together, keeping the folder's other tasks.

    Raises:
        HistoryError: a history that cannot teach a task.
        ServedError: the folder is served: only a promotion changes what serves.
        TrackingError: MLflow stopped answering; what was published or registered is said.
    """
    _refuse_served(order.out)
    attributes, n = _survey(history, progress)
    seen, standing = _studied(history, attributes, n, order, progress)
    threads = order.threads // _workers(order)
    origin = Origin(_lineage(history, order), attributes, order.test_share, threads, order.seed, order.trials)
    learned, left_out = _learn(seen, origin, order, progress)
    recorded = {task: order.tracker.record(each) for task, each in learned.items()} if order.tracker else {}
    progress.step("publishing")
    _refuse_served(order.out)  # It may have begun to serve while this trained.
    _keep_beside(order)
    digest = publish(
        order.out,
        {task: each.model for task, each in learned.items()},
        created_at=order.created_at,
        standing=_standing(order.out, standing),
    )
    versions = _registered(order, recorded, digest)
    metrics: dict[Task, Mapping[str, Any]] = {
        task: {**each.model.metrics, **passed(seen.promise_passed(task))} for task, each in learned.items()
    }
    timeless = any(without_times(each.model.lineage) for each in learned.values())
    return Training(digest, metrics, versions, left_out, timeless)


def _registered(order: Order, recorded: Mapping[Task, Recorded], digest: str) -> dict[Task, Registered]:
    if order.tracker is None:
        return {}
    models = open_bundle(order.out, digest).models
    return {task: order.tracker.register(each, digest, models[task].version) for task, each in recorded.items()}


def _refuse_served(folder: Path) -> None:
    if (folder / SERVED).exists() and (folder / MANIFEST).is_file():
        raise ServedError(
            f"{folder} is served, and what serves changes by promotion only: train into another folder with "
            f"--beside {folder}, then fairlead promote"
        )


def _keep_beside(order: Order) -> None:
    """Begin a new folder with the tasks of another bundle."""
    if order.beside is None or (order.out / MANIFEST).is_file():
        return
    manifest = manifest_in_force(order.beside)
    bring(order.beside, digest_of(manifest), order.out)
    put_in_force(order.out, manifest)


def _survey(history: History, progress: Progress) -> tuple[AttributeSchema, int]:
    """The vocabulary of the history and the number of its cases, each of which is there once."""
    seen: set[tuple[str, str]] = set()

    def cases() -> Iterator[Case]:
        for line in progress.count(history.lines(), f"reading {history.name}"):
            event = line.case.event
            if (event.source, event.id) in seen:
                raise HistoryError(
                    f"{history.name}: event {event.id} of {event.source} is there twice; keep one line of each event, "
                    "or give the mapping a view (rows: at_opening) or an event.id that tells updates apart (join)"
                )
            seen.add((event.source, event.id))
            yield line.case

    attributes = infer_attributes(cases())
    if not seen:
        raise HistoryError(f"{history.name} holds no case")
    return attributes, len(seen)


def _studied(
    history: History, attributes: AttributeSchema, n: int, order: Order, progress: Progress
) -> tuple[Study, Snapshot]:
    """The matrices, and what was known of the parties when the last case arrived."""
    rows = MemoryRows()
    standing: Snapshot = []

    def lines() -> Iterator[Read]:
        yield from ((line, True) for line in progress.count(history.lines(), "replaying what was known", n))
        # Here the last case has been met, and outcomes that were recorded after it have not been.
        standing.extend(snapshot(rows))

    sampled = frozenset(range(0, n, max(1, n // SAMPLES)))
    seen = study(lines(), order.tasks, attributes, order.policy, StandingKeeper(rows, attributes), sampled)
    return seen, standing


def _learn(
    seen: Study, origin: Origin, order: Order, progress: Progress
) -> tuple[dict[Task, Learned], dict[Task, str]]:
    """One thread per task while there are cores: the learner works outside the interpreter's lock."""

    def one(task: Task) -> Learned | HistoryError:
        try:
            return learn(task, seen, origin, progress)
        except HistoryError as error:
            return error

    with ThreadPoolExecutor(_workers(order)) as pool:
        found = dict(zip(order.tasks, pool.map(one, order.tasks), strict=True))
    learned = {task: each for task, each in found.items() if isinstance(each, Learned)}
    failed = {task: each for task, each in found.items() if isinstance(each, HistoryError)}
    if failed and not (order.keep_going and learned):
        raise HistoryError("; ".join(f"{task}: {why}" for task, why in failed.items()))
    return learned, {task: str(why) for task, why in failed.items()}


def _workers(order: Order) -> int:
    return min(len(order.tasks), order.threads)


def _lineage(history: History, order: Order) -> dict[str, Any]:
    """What the model comes from. Threads and libraries are named because they decide the last bit."""
    return {
        "history": history.name,
        "data": history.digest,
        "mapping": history.mapping_digest,
        "policy": order.policy.digest,
        "seed": order.seed,
        "trials": order.trials,
        "threads": order.threads,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _standing(folder: Path, rows: Snapshot) -> Snapshot:
    """The history's standing, over that of parties only an earlier history of the folder knew."""
    if not (folder / MANIFEST).is_file():
        return rows
    known = {(row["kind"], row["id"]) for row in rows}
    before = open_bundle(folder).standing or []
    kept = [row for row in before if (row["kind"], row["id"]) not in known]
    return sorted([*kept, *rows], key=lambda row: (row["kind"], row["id"]))
