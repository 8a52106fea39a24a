"""Wakes whoever waits for a verdict, from whichever thread it was written."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Bell:
    """One ring per recommendation: a waiter sleeps on its event loop and holds neither a thread nor a transaction."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)
        self._lock = threading.Lock()

    def ring(self, recommendation_id: str) -> None:
        """Wake everyone who listens for this recommendation; call it after the commit."""
        with self._lock:
            for loop, heard in self._waiting.get(recommendation_id, ()):
                if not loop.is_closed():
                    loop.call_soon_threadsafe(heard.set)

    @asynccontextmanager
    async def listen(self, recommendation_id: str) -> AsyncIterator[asyncio.Event]:
        """Hear every ring from now on: look at the state after entering, then wait."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting[recommendation_id].add(waiter)
        try:
            yield waiter[1]
        finally:
            with self._lock:
                self._waiting[recommendation_id].discard(waiter)
                if not self._waiting[recommendation_id]:
                    del self._waiting[recommendation_id]
