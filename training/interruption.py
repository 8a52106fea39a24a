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
AGAIN_SECONDS = 0.5


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
    """Raise `Interrupted` for the signals that ask to stop; outside the main thread signals are not ours to take.

    A library that calls back into Python may swallow what is raised there: so it is raised again until it gets through,
    and never while what it stopped is being put in order.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
        raise Interrupted(number)

    def ask_again(_: int, __: FrameType | None) -> None:
        if not _is_interrupted(sys.exception()):
            raise Interrupted(asked[0])

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, ask_again)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_learners(code: int) -> None:
    """End the process now where threads still learn: the interpreter would wait until each has grown its model."""
    if any(each.name.startswith(LEARNER) for each in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _is_interrupted(handled: BaseException | None) -> bool:
    """Whether what is handled now came of an interruption."""
    while handled is not None and not isinstance(handled, Interrupted):
        handled = handled.__context__
    return handled is not None
