"""Checks of the shape of a policy file, shared by everything that reads one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeGuard

from policies.tables.problems import Place, Problems, listed, shown
from policies.tables.source import Block

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def is_block(
    value: Any, place: Place, problems: Problems, *, allowed: Iterable[str], required: Iterable[str] = ()
) -> TypeGuard[Block]:
    """Whether a value is a mapping with these keys; adds a problem for each that is unknown or absent."""
    known = tuple(allowed)
    if not isinstance(value, Block):
        problems.add(place, f"expected a mapping with {', '.join(known)}, got {shown(value)}: write key: value")
        return False
    place = place.at(line=value.line)
    for key in (each for each in value if each not in known):
        problems.add(place.at(line=value.line_of(key)), f"unknown key {shown(key)}: expected {', '.join(known)}")
    absent = [key for key in required if value.get(key) is None]
    for key in absent:
        problems.add(place, f"{key} is missing: add it")
    return not absent


def check_name(value: Any, place: Place, problems: Problems) -> None:
    """Add a problem unless a value is a name as tables, rows and columns bear them."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        problems.add(place, f"expected a name of lower-case letters, digits and _, got {shown(value)}: rename it")


def check_one_of(value: Any, choices: Iterable[str], place: Place, problems: Problems) -> None:
    """Add a problem unless a value is one of a list of words."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        problems.add(place, f"expected one of {listed(known, value)}, got {shown(value)}: write one of these")
