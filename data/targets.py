"""Whether what a command is to write can be written, asked before the long work whose result would be lost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class CannotWrite(ValueError):
    """A place that takes no file; says what came, what was expected and what to do."""


def require_file(out: Path, option: str, *, folder_is_made: bool = False) -> None:
    """Refuse a file that could not be written. `option` is what names it, `folder_is_made` by whoever writes it.

    Raises:
        CannotWrite: it is a folder, its folder does not exist, or it may not be written.
    """
    other = f"name another file with {option}"
    if out.is_dir():
        raise CannotWrite(f"{out} is a folder and cannot be written as a file: name one in it with {option}")
    if folder_is_made:
        _require_takes_files(_nearest(out.parent), out, other)
    elif not out.parent.is_dir():
        why = f"{out.parent} is no folder: " if out.parent.exists() else f"{out.parent} does not exist; create it, or "
        raise CannotWrite(f"{out} cannot be written: its folder {why}{other}")
    elif not out.exists():
        _require_takes_files(out.parent, out, other)
    if out.exists() and not os.access(out, os.W_OK):
        raise CannotWrite(f"{out} is there and may not be written: allow it, or {other}")


def require_folder(out: Path, option: str) -> None:
    """Refuse a folder that could not be made, or takes no files.

    Raises:
        CannotWrite: it, or what it would lie in, is a file or may not be written.
    """
    other = f"name another folder with {option}"
    nearest = _nearest(out)
    if not nearest.is_dir():
        raise CannotWrite(f"{out} cannot be a folder, for {nearest} is a file: {other}")
    _require_takes_files(nearest, out, other)


def _nearest(folder: Path) -> Path:
    """The folder, or of those it would lie in the first that is there."""
    return next((each for each in (folder, *folder.parents) if each.exists()), Path())


def _require_takes_files(folder: Path, out: Path, other: str) -> None:
    """Writes and removes one: permissions alone do not tell of a mount that is read-only, nor of what root may do."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotWrite(
            f"{out} cannot be written, for {folder} takes no files ({error.strerror}): allow it, or {other}"
        ) from None
