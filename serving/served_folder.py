"""A service's folder leads to the bundles it serves from, so that no later command must be told of them again.

`retrain`, `doctor`, `replay` and others look into `FOLDER/bundle`. A service that was told to serve from elsewhere
leaves a link there.
"""

from __future__ import annotations

import contextlib
import os

from serving.settings import Settings


def lead_to_bundles(settings: Settings) -> str | None:
    """Let `FOLDER/bundle` lead to the bundles that were named; says why not, where other bundles lie there."""
    usual = settings.folder / "bundle"
    if settings.bundle is None or not settings.bundle.exists() or usual.resolve() == settings.bundle.resolve():
        return None
    if usual.exists() and not usual.is_symlink():
        return f"{usual} holds other bundles than those served from {settings.bundle}: name these by --bundle again"
    passing = usual.with_name(f".bundle.{os.getpid()}")
    with contextlib.suppress(OSError):  # Of a file system without links: then each command is told again.
        passing.symlink_to(settings.bundle.resolve())
        passing.replace(usual)
    return None
