"""Runs of processes that are gone: what is killed outright cannot close its own run, so the next one does.

A run says by a tag which process made it. Only one of this machine can be looked for, so others are left alone.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

PROCESS = "process"
"""The tag: the machine, the process and when that began, for numbers of processes come again."""
_BEGAN = 19
"""Of the fields after a process's name in `/proc/PID/stat` (proc(5)): `starttime`, in clock ticks."""


def this_process() -> str:
    """What the tag of a run of this process says."""
    return _name(os.getpid())


def is_gone(told: str | None) -> bool:
    """Whether a run's process was one of this machine and runs no more; False where that cannot be told."""
    machine, _, rest = (told or "").partition(" ")
    number = rest.split(" ")[0]
    if machine != socket.gethostname() or not number.isdigit():
        return False
    return _name(int(number)) != told


def _name(process: int) -> str:
    return " ".join((socket.gethostname(), str(process), *_began(process)))


def _began(process: int) -> Iterator[str]:
    """When a process began, where `/proc` tells; elsewhere only whether it runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        yield "gone"
        return
    except PermissionError:
        pass
    stat = Path(f"/proc/{process}/stat")
    if stat.is_file():
        yield stat.read_text(encoding="utf-8").rpartition(")")[2].split()[_BEGAN]
