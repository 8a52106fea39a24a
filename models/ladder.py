"""From bundle folders to ladders of predictors: the bundle in force first, then the last one that verified."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from data.case import AttributeKind
from data.prediction import Predictors, Rung
from data.vocabulary import ServedBy, Task
from models import files
from models.bundle import Bundle, Check, any_bundle, open_bundle
from models.files import BundleError


@dataclass(frozen=True)
class Loaded:
    """The ladders, and the bundles they were made of: their standing, and whether their files are altered since."""

    predictors: Predictors
    bundle: Bundle | None
    """The bundle that was asked for; None where it cannot be read."""
    previous: Bundle | None
    """The bundle whose models are the ladder's second rungs."""

    @property
    def answering(self) -> Bundle | None:
        """The bundle asked for, or where it cannot be read the earlier one, whose models then answer alone."""
        return self.bundle or self.previous


def load_predictors(folder: Path, digest: str | None = None) -> Predictors:
    """The ladders of the bundle in force (or of this digest); never raises: what failed is said on its rung."""
    return load_bundle(folder, digest).predictors


def load_bundle(
    folder: Path, digest: str | None = None, before: str | None = None, check: Check = any_bundle
) -> Loaded:
    """As `load_predictors`, with the bundles themselves; one that fails the check is as one that cannot be read.

    `before` is the bundle that served before, where that is known; else it is the newest one published earlier.
    """
    current, problem = _try_open(folder, digest, check)
    previous = (_try_open(folder, before, check)[0] if before else None) or _previous(folder, current, check)
    ladders = {task: _rungs(task, current, problem, previous) for task in Task}
    predictors = Predictors(
        ladders=ladders,
        digest=current.digest if current else None,
        declared_attributes=_declared(current, previous),
    )
    return Loaded(predictors, current, previous)


def _rungs(task: Task, current: Bundle | None, problem: str, previous: Bundle | None) -> tuple[Rung, ...]:
    if current is not None and task in current.models:
        first = Rung(ServedBy.MODEL, current.models[task])
    else:
        untrained = f"the bundle holds no {task} model"
        detail = problem if current is None else current.problems.get(task, untrained)
        first = Rung(ServedBy.MODEL, None, "model_unavailable", detail)
    older = previous.models.get(task) if previous else None
    same = older is not None and first.predictor is not None and older.version == first.predictor.version
    return (first,) if older is None or same else (first, Rung(ServedBy.PREVIOUS_MODEL, older))


def _try_open(folder: Path, digest: str | None, check: Check) -> tuple[Bundle | None, str]:
    try:
        return open_bundle(folder, digest, check), ""
    except BundleError as error:
        return None, str(error)


def _previous(folder: Path, current: Bundle | None, check: Check) -> Bundle | None:
    """The newest bundle published before the one in force (before all, where that one cannot be read)."""
    older: list[tuple[str, str]] = []
    for digest in files.published(folder):
        try:
            check(digest)
            created_at = json.loads(files.manifest_of(folder, digest))["created_at"]
        except (BundleError, KeyError, ValueError):
            continue
        if current is None or (created_at, digest) < (current.created_at, current.digest):
            older.append((created_at, digest))
    return _try_open(folder, max(older)[1], check)[0] if older else None


def _declared(*bundles: Bundle | None) -> dict[str, frozenset[AttributeKind]]:
    """Every attribute that a model of these bundles reads, and the kinds of value that one of them reads."""
    found: dict[str, frozenset[AttributeKind]] = {}
    for model in (model for bundle in bundles if bundle for model in bundle.models.values()):
        for name, kind in model.declared_attributes.items():
            found[name] = found.get(name, frozenset()) | {kind}
    return found
