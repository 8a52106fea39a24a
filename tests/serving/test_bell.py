"""A bell wakes who listens, from any thread, and forgets who has gone."""

from __future__ import annotations

import asyncio
import threading

from serving.bell import Bell


def test_wakes_only_who_listens_for_this_recommendation() -> None:
    async def scene() -> tuple[bool, bool]:
        bell = Bell()
        async with bell.listen("a") as heard_a, bell.listen("b") as heard_b:
            ringer = threading.Thread(target=bell.ring, args=("a",))
            ringer.start()
            await asyncio.wait_for(heard_a.wait(), 2)
            ringer.join()
            return heard_a.is_set(), heard_b.is_set()

    assert asyncio.run(scene()) == (True, False)


def test_remembers_nobody_who_has_gone() -> None:
    async def scene(bell: Bell) -> None:
        async with bell.listen("a"), bell.listen("a"):
            pass

    bell = Bell()
    asyncio.run(scene(bell))
    bell.ring("a")
    assert not bell._waiting
