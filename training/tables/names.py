"""A column that a table does not have: the one that was probably meant, then all there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

COMMENT = " #"
"""What begins a comment in YAML, also in the middle of a name without quotes."""


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
