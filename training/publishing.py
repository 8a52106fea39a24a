"""A bundle is published whole, or what was written for it goes again: a small disk does not stay full."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from data.record import digest_of
from data.vocabulary import Task
from features.two_histories import two_snapshots
from models.bundle import files_named_by, open_bundle, publish, standing_files
from models.files import MANIFEST, BundleError, discard, held, manifest_of, published
from models.task_model import TaskModel, files_of
from training.learning.evaluate import Snapshot
from training.served import keep_beside


def publish_whole(
    out: Path, models: Mapping[Task, TaskModel], standing: Snapshot, *, created_at: datetime, beside: Path | None = None
) -> str:
    """Publish the models beside the folder's other tasks, or those of `beside`; returns the bundle's digest.

    Whatever breaks it off, a full disk or a signal, leaves no file that no bundle names.
    """
    undo = _Undo(out, beside)
    try:
        keep_beside(out, beside)
        kept = _together(out, standing)
        undo.written = {digest_of(each) for model in models.values() for each in files_of(model).values()}
        undo.written |= {digest_of(each) for each in standing_files(kept).values()}
        return publish(out, models, created_at=created_at, standing=kept)
    except BaseException:
        with suppress(OSError, BundleError):
            undo()
        raise


class _Undo:
    """What a folder held before, and how it comes to hold that again."""

    def __init__(self, out: Path, beside: Path | None) -> None:
        self.written: set[str] = set()
        """The digests of the files that were to be written."""
        self._out, self._beside = out, beside
        self._held, self._in_force = held(out), _in_force(out)
        self._made = [each for each in (out / "files", out / "manifests", out) if not each.exists()]

    def __call__(self) -> None:
        """Remove what was written since and no other manifest names, unless the bundle is in force by now."""
        now = _in_force(self._out)
        if now != self._in_force and not self._brought(now):
            return
        if now != self._in_force:
            self.written |= {now, *files_named_by(manifest_of(self._out, now))} if now else set()
            (self._out / MANIFEST).unlink()
        for digest in self._orphans():
            discard(self._out, digest)
        for folder in self._made:
            with suppress(OSError):
                folder.rmdir()

    def _brought(self, digest: str | None) -> bool:
        """Whether what is in force came from the other folder, for this bundle to begin with."""
        return self._in_force is None and self._beside is not None and digest in published(self._beside)

    def _orphans(self) -> set[str]:
        """What was written, and a manifest that never came in force; nothing that a manifest of another names."""
        named = {each: files_named_by(manifest_of(self._out, each)) for each in published(self._out)}
        own = {each for each, files in named.items() if each not in self._held and files & self.written}
        spoken_for = {file for each, files in named.items() if each not in own for file in files}
        return ((self.written | own) - self._held) - spoken_for


def _in_force(folder: Path) -> str | None:
    """The digest of the manifest that is in force, whether or not it can be trusted."""
    path = folder / MANIFEST
    return digest_of(path.read_bytes()) if path.is_file() else None


def _together(folder: Path, rows: Snapshot) -> Snapshot:
    """The history's standing, and of what it does not tell that of an earlier history of the folder."""
    if not (folder / MANIFEST).is_file():
        return rows
    return two_snapshots(open_bundle(folder).standing or [], rows)
