"""Which cases taught a model, told without times: by what it keeps of its events (`models.taught`).

A model keeps the keys of the events with the smallest hashes, so of every case whose key is not larger than the largest
one kept it is known for certain whether it was taught; of a small training, of every case. The others are not known one
by one. But keys are hashes: which cases can be looked up is as good as drawn by lot, so they speak for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.task_model import TaskModel
from models.taught import KEPT
from training.histories.history import History

SURE = 0.95
"""How sure to be of the largest share that may have been taught."""
EVERY = "g"
"""Larger than any key: of a training that is kept whole, every case can be looked up."""
NO_KEYS = ""
"""Smaller than any key: where nothing is kept, nothing can be looked up."""


@dataclass(frozen=True)
class Memory:
    """What some models keep of the events that taught any of them."""

    taught: frozenset[str]
    upto: str
    """Of every event whose key is not larger, it is known whether it taught any of them."""

    @staticmethod
    def of(models: Iterable[TaskModel]) -> Memory:
        """What the models keep together."""
        each = tuple(models)
        return Memory(
            frozenset(key for model in each for key in model.taught), min(map(kept_upto, each), default=NO_KEYS)
        )

    def knows(self, key: str) -> bool:
        """Whether it is known for certain if the event taught any of the models."""
        return key in self.taught or key <= self.upto

    def count(self, keys: Sequence[str]) -> Count:
        """How many of some events can be looked up, and how many of these were taught."""
        known = [key for key in keys if self.knows(key)]
        return Count(len(keys), len(known), sum(key in self.taught for key in known))


@dataclass(frozen=True)
class Count:
    """Of so many cases, how many can be looked up, and how many of those were taught."""

    n: int
    looked_up: int
    taught: int

    @property
    def at_most(self) -> float:
        """Where none that can be looked up was taught: the largest share of all that may have been, 95 % sure."""
        if self.looked_up == self.n:
            return 0.0
        return float(1.0 - (1.0 - SURE) ** (1.0 / self.looked_up)) if self.looked_up else 1.0


def kept_upto(model: TaskModel) -> str:
    """The key up to which the model keeps every event that taught it.

    None is where it was recalibrated on events of other names, or by an earlier Fairlead.
    """
    lineage = model.lineage
    if not model.taught or not lineage.get("recalibrated_on", {"kept": True}).get("kept"):
        return NO_KEYS
    whole = len(model.taught) < KEPT and len(model.taught) >= lineage["fitted_on"]["n"]
    return EVERY if whole else max(model.taught)


def named_by_row(naming: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether events are named by their place in a file, so that two files give one name to different rows."""
    return any("row" in source for source in naming.values())


def unlike(whose: str, lineage: Mapping[str, Any], history: History) -> str:
    """Why a history's events cannot be looked up in what a model of this lineage keeps; empty where they can."""
    theirs, ours = lineage.get("naming"), history.naming
    if theirs is None and lineage.get("mapping") == history.mapping_digest:
        theirs = ours
    if theirs != ours:
        return (
            f"{whose} names its events by {_words(theirs)}, {history.name} by {_words(ours)}, so no case can be looked "
            "up in what was taught: give all mappings the same event.source and event.id, and train again where they "
            "had others"
        )
    if named_by_row(ours) and lineage.get("data") != history.digest:
        return (
            f"event.id is the row's number, and a row of {history.name} is another one than the row of that number in "
            f"{lineage['history']}, which taught {whose}: nobody can tell which cases were taught. Name them by a "
            "column (event.id: sku) or by several (join), and train again; row numbers do within one file alone"
        )
    return ""


def acquaintance(model: TaskModel, events: Sequence[str], history: History) -> dict[str, Any]:
    """Whether some cases of a history taught a model that learned without times, in numbers and in a sentence."""
    moment = "the model learned from cases that all carry one moment, so none is later"
    if why := unlike("the model", model.lineage, history):
        return {"says": f"{moment}. Whether cases of {history.name} taught it is not known: {why}"}
    count = Memory.of([model]).count(events)
    told = f"of the {count.n:,} cases of {history.name} {count.looked_up:,} can be looked up"
    says = (
        f"{told}, and {count.taught:,} of those taught the model: how it does on other cases is not told here"
        if count.taught
        else f"{told}, and none of those taught the model"
    )
    return {"cases": count.n, "looked_up": count.looked_up, "taught": count.taught, "says": f"{moment}; {says}"}


def _words(naming: Mapping[str, Mapping[str, Any]] | None) -> str:
    if naming is None:
        return "what an earlier Fairlead did not note"
    told = (f"{path} {_source(source)}" for path, source in naming.items())
    return " and ".join(told) or "the ids its lines give"


def _source(source: Mapping[str, Any]) -> str:
    for way in ("column", "join"):
        if way in source:
            return f"{way} {'+'.join(source[way])}"
    return "row" if "row" in source else str(source.get("constant", ""))
