"""What is new to the champion: the columns that only the challenger was told of, and what they carry in all.

A column of words is read as it is, by what cases of the same word came to, and by how common it is; a number is read
as it is and within what is derived of it. Whatever a column carries, it carries together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from data.promotion import Share
from features.catalogue import feature_set
from models.task_model import TaskModel
from training.promotion.kindred import ATTRIBUTE, Carried, counted_of, named_in, told_parts
from training.promotion.sides import Pair

MESSAGE = "message"
_FACT = "standing.fact."


@dataclass(frozen=True)
class New:
    """Something new to the champion, and what it carries of the challenger's score.

    `told` is True for a column of the table, which somebody may have filled in after the fact, and False for what is
    computed here of earlier cases.
    """

    name: str
    carried: Carried
    told: bool


def news(found: Sequence[Share], pair: Pair) -> list[New]:
    """What the challenger goes by that the champion does not know, the most important first."""
    carried: dict[tuple[str, bool], float] = {}
    columns = _Columns(pair)
    for share in found:
        for key in columns.new_of(share):
            carried[key] = carried.get(key, 0.0) + (share.challenger or 0.0)
    told = (New(name, Carried((name,), None, share), column) for (name, column), share in carried.items())
    return sorted(told, key=lambda each: (-each.carried.challenger, each.name))


class _Columns:
    """Of which columns a feature tells, and which of them the champion was never told."""

    def __init__(self, pair: Pair) -> None:
        its, theirs = pair.challenger.model, pair.champion.model
        self._known = theirs.attributes.attributes.keys()
        self._own = frozenset(its.attributes.attributes)
        self._parts = told_parts(its.attributes)
        self._facts = _facts_of(its)
        self._words = its.attributes.facts.keys() - theirs.attributes.facts.keys()
        self._silent = {*_never_told(theirs)}

    def new_of(self, share: Share) -> Iterator[tuple[str, bool]]:
        """The new columns that a feature tells of; the feature itself where it is new and computed."""
        own = [*self._attributes_of(share.feature)]
        if own:
            yield from ((f"{ATTRIBUTE}{name}", True) for name in own if name not in self._known)
        elif share.feature.startswith(_FACT):
            yield from ((name, True) for name in named_in(share.feature.removeprefix(_FACT), self._words))
        elif share.champion is None or share.feature in self._silent:
            message = share.feature.startswith(MESSAGE)
            yield (MESSAGE if message else share.feature), message or share.feature in self._facts

    def _attributes_of(self, feature: str) -> Iterable[str]:
        if feature in self._parts:
            return sorted(self._parts[feature])
        if feature.startswith(ATTRIBUTE):
            return (feature.removeprefix(ATTRIBUTE),)
        return counted_of(feature, self._own)


def _never_told(model: TaskModel) -> frozenset[str]:
    """The facts of a case that no case told while the model learned; of a bundle of before nobody knows."""
    facts = _facts_of(model)
    profiles = model.profile.features if model.profile else ()
    return frozenset(each.name for each in profiles if each.name in facts and each.shares[0] >= 1.0)


def _facts_of(model: TaskModel) -> frozenset[str]:
    features = feature_set(model.task, model.attributes).facts
    return frozenset(each.name for each in features if each.known == "event")
