"""Ctrl-C and SIGTERM while something is learned: told in one line, at once, with nothing published by half."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LEARNER = "learner"
"""How the threads that learn are named."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Somebody asked to stop. Not an Exception, so that nothing takes it for a failure of its own."""

    def __init__(self, number: int, says: str = "interrupted: nothing was published or registered") -> None:
        super().__init__(says)
        self.number = number

    @property
    def exit_code(self) -> int:
        """As a shell tells of a signal: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` for the signals that ask to stop; outside the main thread signals are not ours to take."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _raise) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_learners(code: int) -> None:
    """End the process now where threads still learn: the interpreter would wait until each has grown its model."""
    if any(each.name.startswith(LEARNER) for each in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _raise(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)
