"""Records of a case that a row cannot tell: an order line without its quantity means nothing, so it is left out.

The row keeps all else that it tells. What every case needs, such as the id of its event, is another matter: without it
there is no case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from data.case import Case
from training.tables.paths import needed_beside

Content = dict[str, Any]
Steps = tuple[str, ...]
AT_STAKE = "stock"
"""The list whose first record is the one at stake: where that cannot be told, no other may take its place."""


def needed_facts(paths: Iterable[str], always: Iterable[str]) -> dict[Steps, tuple[str, ...]]:
    """The records that a case may lack, outer ones first, each with the facts that it cannot be told without.

    `paths` are those of the facts that are mapped, `always` those that every case needs.
    """
    needed = {each for path in paths for each in needed_beside(Case, path)} - set(always)
    records: dict[Steps, tuple[str, ...]] = {}
    for path in sorted(needed, key=lambda each: (each.count("."), each)):
        *record, fact = path.split(".")
        records[tuple(record)] = (*records.get(tuple(record), ()), fact)
    return records


def leave_out(content: Content, records: Mapping[Steps, tuple[str, ...]]) -> list[str]:
    """Take the records that cannot be told out of a case's content; the paths of the facts that were missing."""
    first = min(content.get(AT_STAKE, ()), key=int, default=None)
    missing = [path for record, facts in records.items() for path in _left_out(content, record, facts)]
    if first is not None and first not in content.get(AT_STAKE, ()):
        content.pop(AT_STAKE, None)
    return missing


def _left_out(content: Content, record: Steps, facts: tuple[str, ...]) -> list[str]:
    """The facts that a record lacks, which is taken out; none where it is whole, or not there at all."""
    holder = _at(content, record[:-1])
    told = holder.get(record[-1])
    missing = [] if told is None else [fact for fact in facts if fact not in told]
    if missing:
        del holder[record[-1]]
        if not holder:
            _at(content, record[:-2]).pop(record[-2])
    return [".".join((*record, fact)) for fact in missing]


def _at(content: Content, steps: Steps) -> Content:
    """What lies there; nothing where the way ends before."""
    for step in steps:
        content = content.get(step, {})
    return content
