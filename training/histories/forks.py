"""Work on one part of a stream in processes beside this one, which goes on reading the next part meanwhile.

A forked process has what this one has read without being sent it, and sends back arrays of numbers and text. It takes
no lock, prints nothing and ends without cleaning up, so threads that this process runs are not missed there. Where a
process dies, its part is worked on here: an error then arises where it can be told. Where this one dies, however it
does, the others end with it: nobody reads what they make.
"""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Part = TypeVar("Part")
Work = Callable[[Part], Arrays]

CAN_FORK = sys.platform == "linux"
"""Elsewhere a forked process may not use the system's libraries, so all work is done here."""
STOPS = (signal.SIGINT, signal.SIGTERM)
_LIBRARY = ctypes.CDLL(None) if CAN_FORK else None
_SIGNAL_AT_DEATH = 1
"""Linux's `PR_SET_PDEATHSIG`, which the standard library does not name."""


def worked(parts: Iterable[Part], work: Work[Part], processes: int) -> Generator[tuple[Part, Arrays]]:
    """Each part with what `work` made of it, in order. With one process all is done here.

    With more, so many work while this one takes the next part from `parts`: no core waits for it, nor it for them. What
    `work` changes stays in its own process.
    """
    if processes <= 1 or not CAN_FORK:
        yield from ((part, work(part)) for part in parts)
        return
    begun: deque[_Fork[Part]] = deque()
    try:
        for part in parts:
            if len(begun) == processes:
                yield begun[0].part, begun[0].made(work)
                begun.popleft()
            begun.append(_fork(part, work, [each.pipe for each in begun]))
        while begun:
            yield begun[0].part, begun[0].made(work)
            begun.popleft()
    finally:
        for each in begun:
            each.stop()


@dataclass
class _Fork(Generic[Part]):
    part: Part
    process: int
    pipe: int
    ended: bool = False

    def made(self, work: Work[Part]) -> Arrays:
        """What the process sends; made here where it died."""
        with open(self.pipe, "rb", closefd=False) as file:
            sent = file.read()
        return _read(sent) if self._end() == 0 else work(self.part)

    def stop(self) -> None:
        """End the process where it still works."""
        if not self.ended:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            self._end()

    def _end(self) -> int:
        _, status = os.waitpid(self.process, 0)
        self.ended = True
        os.close(self.pipe)
        return os.waitstatus_to_exitcode(status)


def _fork(part: Part, work: Work[Part], others: Iterable[int]) -> _Fork[Part]:
    reading, writing = os.pipe()
    here = os.getpid()
    # Asked to stop at this very moment, the new process must not go on as if it were this one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        with warnings.catch_warnings():
            # Newer Pythons warn of locks that other threads may hold: none is taken there.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            _work_and_leave(part, work, writing, here, (reading, *others))
        os.close(writing)
        return _Fork(part, process, reading)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_and_leave(part: Part, work: Work[Part], pipe: int, parent: int, unread: Iterable[int]) -> None:
    """In the forked process: send what was made, then leave at once, without this program's own ways to end."""
    code = 1
    try:
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        _end_with(parent, unread)
        with open(pipe, "wb") as file:
            file.write(_written(work(part)))
        code = 0
    finally:
        os._exit(code)


def _end_with(parent: int, unread: Iterable[int]) -> None:
    """In the forked process: do not outlive the one that reads.

    Linux kills it as soon as the other is gone, also in the midst of its work. The ends that only the other reads
    from are closed, or what is written to them would wait for a reader for ever where that signal is not to be had.
    """
    for each in unread:
        os.close(each)
    if _LIBRARY is not None:
        _LIBRARY.prctl(_SIGNAL_AT_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # It was gone before the signal was asked for.


def _written(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **dict(arrays))  # type: ignore[arg-type]
    return file.getvalue()


def _read(sent: bytes) -> Arrays:
    with np.load(io.BytesIO(sent)) as arrays:
        return dict(arrays)
