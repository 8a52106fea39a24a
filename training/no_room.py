"""A file that finds no room to be written, told apart from a tracker that does not answer or a file that is damaged."""

from __future__ import annotations

import errno
import sqlite3

NO_ROOM = "the disk is full, or a quota or a limit on the size of files is reached (ulimit -f): free it or lift that"

_ERRNOS = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_OF_SQLITE = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"})
"""SQLite tells a full disk by the first and a file that may not grow by the others."""


def lacks_room(error: BaseException) -> bool:
    """Whether this error, or one that it came from, is of a file that could not grow."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _ERRNOS:
            return True
        if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorname", "") in _OF_SQLITE:
            return True
        cause = cause.__cause__ or cause.__context__
    return False
