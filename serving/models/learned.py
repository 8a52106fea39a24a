"""When a bundle was made and from what each of its models learned: read from its manifest, for whoever decides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.record import digest_of
from data.vocabulary import Task
from models import files
from models.files import BundleError


@dataclass(frozen=True)
class Learned:
    """What one model learned from; `begins` and `ends` are None where its cases carry one moment."""

    version: str
    """The digest of its files: two models of one version are the same, file for file."""
    history: str
    n: int | None
    begins: datetime | None
    ends: datetime | None
    recalibrated: datetime | None
    """Until when the cases go that it was recalibrated on; None where it was not."""
    until: datetime | None = None
    """The latest case that taught, chose or recalibrated it; None where its cases carry one moment."""


@dataclass(frozen=True)
class Made:
    """A bundle by its manifest."""

    created_at: datetime
    tasks: Mapping[Task, Learned]


def made(folders: Iterable[Path], digest: str) -> Made | None:
    """What the manifest tells, from the first of the folders that holds it; None where none does or it says nothing."""
    for folder in folders:
        try:
            told = json.loads(files.manifest_of(folder, digest))
            tasks = {Task(name): _learned(entry) for name, entry in told["tasks"].items()}
            return Made(datetime.fromisoformat(told["created_at"]), tasks)
        except (BundleError, OSError, KeyError, TypeError, ValueError):
            continue
    return None


def kept(champion: Made | None, challenger: Made | None) -> frozenset[Task]:
    """The tasks whose model is the same on both sides, as far as both manifests are here."""
    if champion is None or challenger is None:
        return frozenset()
    mine = champion.tasks
    return frozenset(
        task for task, its in challenger.tasks.items() if task in mine and its.version == mine[task].version
    )


def _learned(entry: Mapping[str, Any]) -> Learned:
    lineage: Mapping[str, Any] = entry["lineage"]
    fitted, tested = lineage.get("fitted_on", {}), lineage.get("tested_on", {})
    again = _instant(lineage.get("recalibrated_on", {}).get("to"))
    ends = [_instant(told.get("to")) for told in (fitted, tested)]
    timeless = bool(fitted) and fitted.get("from") == tested.get("to")
    return Learned(
        version=digest_of(dict(entry["files"])),
        history=str(lineage.get("history", "")),
        n=fitted.get("n"),
        begins=None if timeless else _instant(fitted.get("from")),
        ends=None if timeless else _instant(fitted.get("to")),
        recalibrated=again,
        until=None if timeless else max((each for each in (*ends, again) if each), default=None),
    )


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
