"""One process serves a folder: a second one would go on answering by a model that the first has replaced.

What is in force is kept in memory, and SQLite takes one serving process. The kernel gives the lock back when its
process ends, however it ends, so it is never stale and the file may stay.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from serving.settings import Settings
from serving.store.engine import file_of

_LONGEST = 200
"""Bytes of a lock file that are read."""
_WRITTEN = re.compile(rb"process \d{1,10}(?: at [!-~]{1,100})?")
"""What a holder writes; whatever else stands in the file is shown to nobody."""


class AlreadyServed(Exception):
    """Another process serves this folder or its database; says which, and what to do."""


@contextlib.contextmanager
def serving_alone(settings: Settings, address: str = "") -> Iterator[None]:
    """Hold the folder and the database while this process serves at that address.

    Raises AlreadyServed, and ValueError where the URL names no SQLite file.
    """
    database = file_of(settings.database_url).resolve()
    with contextlib.ExitStack() as stack:
        for what, option, lock in (
            (settings.folder, "--folder", settings.folder / "serving.lock"),
            (database, "--db", database.with_name(f"{database.name}.lock")),
        ):
            holder = stack.enter_context(_held(lock, address))
            if holder is not None:
                raise AlreadyServed(
                    f"{what} is served already, by {holder}, and one process alone serves it: use that one, stop it "
                    f"first, or name another with {option}"
                )
        yield


@contextlib.contextmanager
def _held(lock: Path, address: str) -> Iterator[str | None]:
    """Hold this lock, with who holds it written into it; gives the other holder where there is one."""
    try:
        file = _opened(lock)
    except OSError:
        # What cannot be written: opening the store says why, and where that lies elsewhere no model changes.
        yield None
        return
    try:
        yield _taken(file, address)
    finally:
        os.close(file)


def _opened(lock: Path) -> int:
    """Another user's lock can be read where it cannot be written, which is enough to be refused by it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:
        return os.open(lock, os.O_RDONLY)


def _taken(file: int, address: str) -> str | None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        told = _WRITTEN.match(os.pread(file, _LONGEST, 0))
        return told[0].decode() if told else "another process"
    except OSError:  # A file system without locks: it serves as it did before there were any.
        return None
    with contextlib.suppress(OSError):  # Another user's file, which is held all the same.
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()}{f' at {address}' if address else ''}\n".encode(), 0)
    return None
