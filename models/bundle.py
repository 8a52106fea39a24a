"""A bundle: verified model files under a manifest, published atomically, every earlier one kept by its digest.

The manifest is canonical JSON (RFC 8785), so its SHA-256 names the bundle: the receipt of every answer does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.record import canonical, digest_of, instant_text
from data.vocabulary import Task
from features.attributes import EMPTY, AttributeSchema
from features.lessons import NO_LESSONS, PENDING, Lessons, read_lessons
from models import files
from models.files import BundleError
from models.predictors import ModelPredictor
from models.task_model import TaskModel, describe, files_of, read

BUNDLE_SCHEMA = "fairlead/bundle/1"
GOLDEN_TOLERANCE = 1e-9

_SNAPSHOT = ("standing", PENDING)
"""The files of the snapshot, by their names in the manifest; bundles of before have no lessons."""

Check = Callable[[str], None]
"""Raises BundleError for the digest of a bundle that may not answer, before anything of it is read."""


def any_bundle(digest: str) -> None:
    """Every bundle may answer, whoever published it: where nothing is served."""


@dataclass(frozen=True)
class Bundle:
    """A bundle as it was verified and read: what it holds, and for each task that failed, why."""

    folder: Path
    digest: str
    created_at: str
    models: dict[Task, ModelPredictor]
    problems: dict[Task, str]
    standing: list[dict[str, Any]] | None
    """The snapshot that seeds parties the store has not seen, and after them the lessons that wait for their moment."""
    named: dict[str, str]
    """Every file the manifest names, by what it is: its digest."""

    @property
    def attributes(self) -> AttributeSchema:
        """What any of the models declares: the parties whose standing is kept. Tasks may be trained apart."""
        merged = EMPTY
        for predictor in self.models.values():
            its = predictor.model.attributes
            merged = AttributeSchema(
                attributes={**merged.attributes, **its.attributes},
                facts={**merged.facts, **its.facts},
                long_memory=merged.long_memory or its.long_memory,
            )
        return merged

    @property
    def unread(self) -> set[str]:
        """What the manifest names and could not be read: tasks by name, and `standing`."""
        standing = {"standing"} if "standing" in self.named and self.standing is None else set()
        return standing.union(self.problems)

    def altered(self) -> list[str]:
        """What the folder no longer holds as it was published; empty when all is well. Reads every file again."""
        found = []
        for what, digest in self.named.items():
            try:
                files.fetch(self.folder, digest, what)
            except BundleError as error:
                found.append(str(error))
        return found


def publish(
    folder: Path,
    models: Mapping[Task, TaskModel],
    *,
    created_at: datetime,
    standing: list[dict[str, Any]] | None = None,
) -> str:
    """Publish the models, keeping the folder's other tasks; returns the bundle's digest.

    Every model must reproduce its own golden probabilities first. A reader sees the old bundle or the new one.
    """
    before = _manifest_or_empty(folder)
    tasks = dict(before.get("tasks", {}))
    for task, model in models.items():
        check_golden(ModelPredictor(model, version="unpublished"), model)
        kept = {name: files.keep(folder, content) for name, content in files_of(model).items()}
        tasks[task.value] = {**describe(model), "files": kept}
    snapshot = {name: before[name] for name in _SNAPSHOT if before.get(name)}
    if standing is not None:
        snapshot = {name: files.keep(folder, content) for name, content in standing_files(standing).items()}
    manifest = {
        "schema": BUNDLE_SCHEMA,
        "created_at": instant_text(created_at),
        "tasks": tasks,
        "standing": None,
        **snapshot,
    }
    return files.put_in_force(folder, canonical(manifest))


def standing_files(standing: list[dict[str, Any]]) -> dict[str, bytes]:
    """A snapshot as the files of a bundle: its parties, and apart from them the lessons that wait, where any does.

    A row of the service's store may wait for those longer than the bundle serves: they are read without the parties.
    """
    rows: dict[str, list[dict[str, Any]]] = {"standing": [row for row in standing if row["kind"] != PENDING]}
    if waits := [row for row in standing if row["kind"] == PENDING]:
        rows[PENDING] = waits
    return {name: canonical(each) for name, each in rows.items()}


def lessons_named(folder: Path, digest: str) -> Lessons:
    """The pending lessons of any bundle that the folder has published; none where their file is gone or altered."""
    rows = _rows(folder, digest, PENDING)
    return NO_LESSONS if rows is None else read_lessons(rows)


def open_bundle(folder: Path, digest: str | None = None, check: Check = any_bundle) -> Bundle:
    """Verify and read the bundle in force, or the one of this digest.

    A task whose files are missing, altered or do not reproduce their golden probabilities is left out with the
    problem said. Raises BundleError where the manifest itself cannot be trusted.
    """
    content = files.manifest_in_force(folder) if digest is None else files.manifest_of(folder, digest)
    check(digest_of(content))
    manifest = _parse(content)
    models: dict[Task, ModelPredictor] = {}
    problems: dict[Task, str] = {}
    for name, entry in manifest["tasks"].items():
        task = Task(name)
        try:
            models[task] = _load(folder, task, entry)
        except BundleError as error:
            problems[task] = str(error)
    return Bundle(
        folder=folder,
        digest=digest_of(content),
        created_at=manifest["created_at"],
        models=models,
        problems=problems,
        standing=_standing(folder, manifest),
        named=_named(manifest),
    )


def bring(source: Path, digest: str, folder: Path) -> None:
    """Copy a verified bundle into another folder under its digest, without putting it in force there.

    Raises:
        BundleError: a file is missing or altered, or a task does not reproduce its golden probabilities.
    """
    bundle = open_bundle(source, digest)
    if bundle.problems:
        raise BundleError("; ".join(bundle.problems.values()))
    for what, named in bundle.named.items():
        files.keep(folder, files.fetch(source, named, what))
    files.keep_manifest(folder, files.manifest_of(source, digest))


def files_named_by(manifest: bytes) -> set[str]:
    """The digests of every file that a manifest names. Raises BundleError where it is of another version."""
    return set(_named(_parse(manifest)).values())


def check_golden(predictor: ModelPredictor, model: TaskModel) -> None:
    """Raise BundleError unless the model gives the probabilities it gave where it was trained."""
    for number, golden in enumerate(model.golden):
        answered = predictor.predict(golden.case, golden.standing).probabilities
        apart = max(abs(answered[label] - expected) for label, expected in golden.probabilities.items())
        if apart > GOLDEN_TOLERANCE:
            raise BundleError(
                f"{model.task} gives golden case {number} a probability {apart:.3g} away from the one it was published "
                "with: its features or its arithmetic changed, retrain it with this version"
            )


def _load(folder: Path, task: Task, entry: Mapping[str, Any]) -> ModelPredictor:
    def fetch(name: str) -> bytes | None:
        digest = entry["files"].get(name)
        return None if digest is None else files.fetch(folder, digest, f"{task} {name}")

    model = read(task, entry, fetch)
    predictor = ModelPredictor(model, version=digest_of(dict(entry["files"])))
    check_golden(predictor, model)
    return predictor


def _parse(content: bytes) -> dict[str, Any]:
    """Raises BundleError where it is of another version, or no object that names the files of tasks."""
    manifest: Any = json.loads(content)
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema != BUNDLE_SCHEMA:
        raise BundleError(f"this Fairlead reads {BUNDLE_SCHEMA}, the manifest says {schema!r}")
    tasks = manifest.get("tasks")
    entries = list(tasks.values()) if isinstance(tasks, dict) else [tasks]
    if not all(isinstance(each, dict) and isinstance(each.get("files"), dict) for each in entries):
        raise BundleError("the manifest names no files of its tasks: publish the bundle again")
    return dict(manifest)


def _manifest_or_empty(folder: Path) -> dict[str, Any]:
    if not (folder / files.MANIFEST).exists():
        return {}
    return _parse(files.manifest_in_force(folder))


def _standing(folder: Path, manifest: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The snapshot of standing; None where there is none or its file is gone: a cold start is valid."""
    parties, waits = (_rows(folder, manifest.get(name), name) for name in _SNAPSHOT)
    return None if parties is None else [*parties, *(waits or ())]


def _rows(folder: Path, digest: str | None, name: str) -> list[dict[str, Any]] | None:
    """The rows of one of the snapshot's files; None where there is none, or it is gone or altered."""
    if digest is None:
        return None
    try:
        rows: list[dict[str, Any]] = json.loads(files.fetch(folder, digest, name))
    except BundleError:
        return None
    return rows


def _named(manifest: Mapping[str, Any]) -> dict[str, str]:
    named = {
        f"{task} {name}": digest for task, entry in manifest["tasks"].items() for name, digest in entry["files"].items()
    }
    return named | {name: manifest[name] for name in _SNAPSHOT if manifest.get(name)}
