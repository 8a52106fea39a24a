"""A sample of what a model was taught: for some of its events, what each was said to have come to.

Two bundles that learned from the same events keep the same ones, those of the smallest hashes, so their answers can be
laid side by side: a label that differs was changed between the two trainings. No name of an event is kept.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Mapping, Sequence

KEPT = 4_000
"""Events kept of a training: of two percent wrong labels they show eighty."""

Taught = Mapping[str, int]
"""By event, the label's index, or 0 or 1 for a risk."""


def event_key(source: str, event_id: str) -> str:
    """What stands for an event: 16 hex digits that do not tell its name."""
    told = f"{len(source)}:{source}:{event_id}".encode()
    return hashlib.blake2b(told, digest_size=8).hexdigest()


def joined(earlier: Taught, later: Taught) -> dict[str, int]:
    """The sample of both lessons together, from their samples; where both tell of an event, the later one counts."""
    both = {**earlier, **later}
    return sample([*both], [*both.values()])


def sample(keys: Sequence[str], truths: Sequence[int]) -> dict[str, int]:
    """The answers of the events with the smallest keys, in their order."""
    chosen = heapq.nsmallest(KEPT, range(len(keys)), key=keys.__getitem__)
    return {keys[each]: int(truths[each]) for each in chosen}
