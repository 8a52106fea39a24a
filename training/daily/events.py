"""What stands for the events of a table's questions: `models.taught.event_key` of each, in eight bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from models.taught import event_key

Places = NDArray[np.int64]

BLOCK = 100_000
"""Events whose names are held at once."""


@dataclass(frozen=True)
class EventKeys(Sequence[str]):
    """Keys kept as numbers uint64[n], written out when one is asked for."""

    numbers: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> EventKeys: ...

    def __getitem__(self, place: int | slice) -> str | EventKeys:
        """One key, or some."""
        if isinstance(place, slice):
            return EventKeys(self.numbers[place])
        return f"{int(self.numbers[place]):016x}"

    def among(self, keys: Iterable[str]) -> NDArray[np.intp]:
        """Where those keys stand that are named, ascending."""
        named = np.array([int(each, 16) for each in keys], np.uint64)
        return np.flatnonzero(np.isin(self.numbers, named))


def event_keys(source: str, names: Sequence[str], dates: Sequence[str], shelf: Places, day: Places) -> EventKeys:
    """The keys of questions, given by their shelves and days; `names` of the shelves and `dates` make their ids."""

    def numbers() -> Iterator[int]:
        for start in range(0, len(shelf), BLOCK):
            block = slice(start, start + BLOCK)
            for one, at in zip(shelf[block].tolist(), day[block].tolist(), strict=True):
                yield int(event_key(source, event_id(names[one], dates[at])), 16)

    return EventKeys(np.fromiter(numbers(), np.uint64, len(shelf)))


def event_id(name: str, date: str) -> str:
    """The id of the question about a shelf and a day."""
    return f"{name}.{date}"
