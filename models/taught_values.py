"""What a model was told of some of the events that taught it: a short digest of the value of each column.

Two bundles that learned from the same events keep the same ones, those of the smallest hashes, so what they were told
can be laid side by side: a value that differs was changed between the two trainings, and one that another column held
was exchanged. A digest is of sixteen bits and salted by its event: it tells whether two values of an event are the same
and, all but surely, nothing else.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

KEPT = 500
"""Events kept of a training: of values that were changed in one of twenty they show twenty-five."""
DIGITS = 4
UNTOLD = "-" * DIGITS
"""In place of the digest where a case told nothing, or a word that the model has no level for."""
WRITTEN = 2
"""How the file is written; of another one nothing is known."""
_ROW = re.compile(rf"((?:[0-9a-f]{{{DIGITS}}})|(?:{UNTOLD}))*")

Values = Mapping[str, Mapping[str, str]]
"""By column (a feature's name), by event, the digest of its value."""


def digest(event: str, value: str) -> str:
    """Sixteen bits, in hexadecimal digits, of a value that an event told in any column."""
    return hashlib.blake2b(f"{event}:{value}".encode(), digest_size=DIGITS // 2).hexdigest()


def values_of(events: Sequence[str], columns: Mapping[str, tuple[NDArray[np.float64], tuple[str, ...]]]) -> Values:
    """The digests of the events with the smallest keys; `columns` are the numbers of each and its levels."""
    chosen = heapq.nsmallest(KEPT, range(len(events)), key=events.__getitem__)
    found: dict[str, dict[str, str]] = {}
    for name, (numbers, levels) in sorted(columns.items()):
        words = ((events[at], _word(float(numbers[at]), levels)) for at in chosen)
        found[name] = {event: digest(event, word) for event, word in words if word is not None}
    return {name: told for name, told in found.items() if told}


def _word(number: float, levels: tuple[str, ...]) -> str | None:
    if np.isnan(number):
        return None
    if not levels:
        return f"{number:.9g}"
    return levels[int(number)] if 0 <= number < len(levels) else None


def to_json(values: Values) -> dict[str, object]:
    """Plain values: the columns' names, and by event their digests in that order, one behind the other."""
    names = sorted(values)
    events = sorted({event for each in values.values() for event in each})
    rows = {event: "".join(values[name].get(event, UNTOLD) for name in names) for event in events}
    return {"written": WRITTEN, "names": names, "events": rows}


def from_json(told: Mapping[str, object]) -> Values:
    """What `to_json` made; nothing of what an earlier Fairlead wrote. Raises ValueError for anything else."""
    names, events = told.get("names"), told.get("events")
    if "written" not in told and names is not None:
        return {}
    if not isinstance(names, list) or not isinstance(events, Mapping):
        raise ValueError("the values file holds no names and events")
    found: dict[str, dict[str, str]] = {str(name): {} for name in names}
    for event, row in events.items():
        if not isinstance(row, str) or len(row) != DIGITS * len(names) or not _ROW.fullmatch(row):
            raise ValueError("the values file holds what is no digest of each name")
        for at, name in enumerate(found):
            part = row[DIGITS * at : DIGITS * (at + 1)]
            if part != UNTOLD:
                found[name][str(event)] = part
    return found
