"""Work that follows an answer: one thread does it, and no answer waits for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

TOGETHER = 50
"""Things worked through at once, and written in one transaction."""


class Follower(Generic[T]):
    """Hands things to `work`, a few at once, in the order they came; what it is behind with is not taken.

    `work` must not raise. The thread starts with the first thing.
    """

    def __init__(self, name: str, waiting: int, work: Callable[[Sequence[T]], None]) -> None:
        self._name = name
        self._work = work
        self._queue: queue.Queue[T | None] = queue.Queue(waiting)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def follow(self, thing: T) -> bool:
        """Take it; False where too much waits or no thread can be started. Never waits, never raises."""
        try:
            self._start()
            self._queue.put_nowait(thing)
        except (queue.Full, RuntimeError):
            return False
        return True

    def drain(self) -> None:
        """Wait until everything taken so far is worked through."""
        self._queue.join()

    def close(self) -> None:
        """Work through what waits, then end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=10)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while True:
            taken = self._taken()
            if things := [each for each in taken if each is not None]:
                self._work(things)
            for _ in taken:
                self._queue.task_done()
            if None in taken:
                return

    def _taken(self) -> list[T | None]:
        taken = [self._queue.get()]
        while len(taken) < TOGETHER:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return taken
