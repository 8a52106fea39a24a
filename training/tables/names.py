"""The names of a table's columns: those that are there twice, and one that is not there at all."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence

COMMENT = " #"
"""What begins a comment in YAML, also in the middle of a name without quotes."""


def numbered(names: Sequence[str]) -> list[str]:
    """The names; of those that several columns share each gets a number: `price (1)`, `price (2)`.

    So no mapping reads one of them by a name that could mean another.
    """
    often, met = Counter(names), Counter[str]()
    told = list[str]()
    for name in names:
        met[name] += 1
        told.append(name if often[name] == 1 else f"{name} ({met[name]})")
    return told if len(set(told)) == len(told) else numbered(told)


def columns_there(name: str, columns: Iterable[str], where: str) -> str:
    """What to say of a column that `where`, a file by its name, does not have."""
    there = sorted(columns)
    listed = f"{where} has {', '.join(there)}"
    cut = [each for each in there if each.startswith(name + COMMENT)]
    if cut:
        return f'did you mean "{cut[0]}"? Without quotes YAML takes what follows "{COMMENT}" for a comment; {listed}'
    near = _nearest(name, there)
    return f"did you mean {near!r}? {listed[0].upper()}{listed[1:]}" if near else listed


def _nearest(name: str, there: list[str]) -> str | None:
    """The column that is written most like it, in whatever case."""
    lowered = {each.lower(): each for each in reversed(there)}
    found = difflib.get_close_matches(name.lower(), lowered, n=1)
    return lowered[found[0]] if found else None
