"""Whether columns of words were exchanged: what each said, and how often, where either model was trained.

A column of numbers is known by its quantiles; one of words by how often it said each of them. A bundle tells that by
the counts of what is common, and of other columns by the commonest levels of its profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from features.attributes import AttributeSchema
from features.commonness import Common, count_of
from models.task_model import TaskModel

APART = 0.1
"""The share of cases that would need another word, from which a column says something else than it did."""
CLOSER = 0.5
"""The other column's words must be this much nearer than its own to be taken for its own."""
_OTHERS = ""
_FLAG = ("false", "true")

Words = Mapping[str, float]
"""The share of the cases that said each word, of those that said one."""


def told_words(model: TaskModel) -> dict[str, Words]:
    """What the attributes of words said where the model was trained, by their names."""
    profiles = {each.name: each for each in model.profile.features} if model.profile else {}
    found: dict[str, Words] = {}
    for name, levels in _levels(model.attributes).items():
        profile = profiles.get(f"attribute.{name}")
        if name in model.attributes.common.names:
            found[name] = _counted(model.attributes.common, name, levels)
        elif profile is not None and profile.codes is not None:
            said = {levels[code]: share for code, share in zip(profile.codes, profile.shares[1:-1], strict=True)}
            found[name] = _shares({**said, _OTHERS: profile.shares[-1]})
    return {name: words for name, words in found.items() if words}


def exchanged(before: Mapping[str, Words], now: Mapping[str, Words]) -> Iterator[tuple[str, str]]:
    """Pairs of columns of which each now says what the other one said."""
    for one, other in combinations(sorted(before.keys() & now.keys()), 2):
        own = (apart(before[one], now[one]), apart(before[other], now[other]))
        crossed = (apart(before[other], now[one]), apart(before[one], now[other]))
        if min(own) > APART and all(its < CLOSER * before for its, before in zip(crossed, own, strict=True)):
            yield one, other


def apart(one: Words, other: Words) -> float:
    """The total variation distance of two columns: the share of cases that would need another word, from 0 to 1."""
    return 0.5 * sum(abs(one.get(word, 0.0) - other.get(word, 0.0)) for word in {*one, *other})


def _levels(attributes: AttributeSchema) -> dict[str, tuple[str, ...]]:
    flags = {name: _FLAG for name, each in attributes.attributes.items() if each.kind == "flag"}
    return flags | {name: each.levels for name, each in attributes.attributes.items() if each.kind == "category"}


def _counted(common: Common, name: str, levels: tuple[str, ...]) -> Words:
    return _shares({word: float(count_of(common, name, word)) for word in levels})


def _shares(said: Mapping[str, float]) -> Words:
    whole = sum(said.values())
    return {word: each / whole for word, each in said.items() if each} if whole else {}
