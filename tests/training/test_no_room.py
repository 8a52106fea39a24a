"""A file that may not grow is called that, whatever library was writing it."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from training.commands.train import _unwritten
from training.no_room import NO_ROOM, lacks_room

WRITES = """
import resource, signal, sqlite3, sys
from training.no_room import lacks_room
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
try:
    if sys.argv[1].endswith(".db"):
        with sqlite3.connect(sys.argv[1]) as store:
            store.execute("CREATE TABLE kept (x)")
            store.executemany("INSERT INTO kept VALUES (?)", [("x" * 1_000,)] * 1_000)
    else:
        open(sys.argv[1], "wb").write(b"x" * 100_000)
except Exception as error:
    sys.exit(0 if lacks_room(error) else f"{error!r} is not told apart")
sys.exit("nothing broke")
"""


@pytest.mark.parametrize("name", ["mlflow.db", "model.txt"])
def test_a_limit_on_the_size_of_files_is_told_apart(tmp_path: Path, name: str) -> None:
    made = subprocess.run([sys.executable, "-c", WRITES, str(tmp_path / name)], capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_it_is_found_below_what_wraps_it(number: int) -> None:
    inner = OSError(number, os.strerror(number))
    outer = RuntimeError("MLflow")
    outer.__cause__ = inner
    assert lacks_room(outer)
    assert NO_ROOM in _unwritten(inner)


def test_other_errors_are_not_of_the_disk() -> None:
    others = (OSError(errno.EACCES, "Permission denied"), sqlite3.OperationalError("locked"), ValueError("no"))
    assert not any(map(lacks_room, others))
    assert NO_ROOM not in _unwritten(OSError(errno.EACCES, "Permission denied"))
