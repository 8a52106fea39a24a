"""The facts that a mapping can tell, for people to look up: path, unit, what it means, the words that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from data.case import Case
from data.record import Unit
from training.tables.mapping import REQUIRED_FACTS
from training.tables.paths import fields_of, leaf_unit, words_of


@dataclass(frozen=True)
class Fact:
    """One fact of a case; 0 in its path stands for any position of a list."""

    path: str
    unit: Unit
    says: str
    words: tuple[str, ...] = ()
    """The words that it takes, where these are given."""
    required: bool = False
    """Whether every case needs it."""


def facts(begins: str = "") -> tuple[Fact, ...]:
    """The facts whose paths begin so, all without a beginning, in the order in which a case tells them."""
    told = []
    for path, field in fields_of(Case):
        unit = leaf_unit(Case, path)
        if unit is not None and path.startswith(begins):
            told.append(Fact(path, unit, field.description or "", words_of(field), path in REQUIRED_FACTS))
    return tuple(told)


def blocks() -> tuple[str, ...]:
    """What the paths of facts begin with: the blocks of a case, and the facts that stand alone."""
    return tuple(dict.fromkeys(path.partition(".")[0] for path, _ in fields_of(Case)))
