"""Ids that sort by the moment they were given: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

Clock = Callable[[], datetime]
"""Says what time it is, in UTC."""

Randomness = Callable[[int], bytes]
"""Gives so many random bytes."""


def uuid7(now: datetime, randomness: Randomness) -> str:
    """48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(randomness(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return str(UUID(int=value))
