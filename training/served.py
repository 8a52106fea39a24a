"""What serves is left alone: a folder that was served takes no new bundle, another one begins with its tasks."""

from __future__ import annotations

from pathlib import Path

from data.record import digest_of
from models.bundle import bring
from models.files import MANIFEST, SERVED, manifest_in_force, put_in_force
from training.errors import ServedError


def refuse_served(folder: Path, instead: str) -> None:
    """Raise ServedError where a service has served this folder; `instead` names the option to use."""
    if (folder / SERVED).exists() and (folder / MANIFEST).is_file():
        raise ServedError(
            f"{folder} is served, and what serves changes by promotion only: {instead}, then fairlead promote"
        )


def keep_beside(out: Path, beside: Path | None) -> None:
    """Begin a new folder with the tasks of another bundle; a folder that holds one stays as it is."""
    if beside is None or (out / MANIFEST).is_file():
        return
    manifest = manifest_in_force(beside)
    bring(beside, digest_of(manifest), out)
    put_in_force(out, manifest)
