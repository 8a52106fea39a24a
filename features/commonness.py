"""How common a case's own words are: how many cases of the history had its value of an attribute, or of two together.

A rate needs outcomes, which come late and drift; how often a word occurs is known of every case and tells the usual
from the odd. Counts stand under digests: a bundle holds no value of them in the clear.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Container, Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from data.case import AttributeName, AttributeValue, Case
from data.record import Record, Unit
from data.standing import Standing
from features.definition import Feature, shared
from features.wording import NO_WORDS, Wordings

LEAST = 5
"""Fewer cases are told as none: whether a case is itself among those counted must not show."""
MOST_NAMES = 12
"""Attributes that are looked at, the most telling first; of all pairs of them there are 66."""
NEARLY_ALWAYS = 0.95
"""An attribute whose commonest value has a larger share tells nothing by how common it is."""

Names = tuple[AttributeName, ...]


class Common(Record):
    """Attributes by which cases are compared, and in how many cases one or two of them had the values of a digest."""

    names: Names = ()
    counts: dict[str, int] = {}


def word_of(value: AttributeValue) -> str | None:
    """A category's or flag's value as a word; None for a number or where nothing is told."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


class CommonCounter:
    """Notes the words of cases one by one, and then counts them."""

    def __init__(self) -> None:
        self._cases = 0
        self._codes: dict[str, dict[str, int]] = {}
        self._columns: dict[str, array[int]] = {}

    def add(self, attributes: Mapping[AttributeName, AttributeValue]) -> None:
        """Note one case."""
        for name, value in attributes.items():
            word = word_of(value)
            if word is not None:
                codes = self._codes.setdefault(name, {})
                column = self._columns.setdefault(name, array("l"))
                column.extend([0] * (self._cases - len(column)))  # Code 0: nothing was told.
                column.append(codes.setdefault(word, len(codes) + 1))
        self._cases += 1

    def counted(self, declared: Container[str]) -> Common:
        """What is common among the declared attributes that tell something, in whatever order the cases came."""
        columns = {name: self._padded(name) for name in sorted(self._columns) if name in declared}
        share = {name: np.bincount(column).max() / self._cases for name, column in columns.items()}
        telling = [name for name in columns if share[name] <= NEARLY_ALWAYS]
        names = tuple(sorted(sorted(telling, key=lambda name: (share[name], name))[:MOST_NAMES]))
        counts = {
            key: count
            for together in _together(names)
            for key, count in self._often(together, [columns[name] for name in together])
        }
        return Common(names=names, counts=dict(sorted(counts.items())))

    def _padded(self, name: str) -> NDArray[np.int64]:
        column = np.array(self._columns[name], np.int64)
        return np.pad(column, (0, self._cases - len(column)))

    def _often(self, names: Names, columns: list[NDArray[np.int64]]) -> Iterator[tuple[str, int]]:
        """Digest and count of what at least a few cases have in common."""
        sizes = [len(self._codes[name]) + 1 for name in names]
        found, counts = np.unique(np.ravel_multi_index(columns, sizes), return_counts=True)
        often = counts >= LEAST
        keys = [[_digest(name, word) for word in (None, *self._codes[name])] for name in names]
        codes = np.unravel_index(found[often], sizes)
        for place, count in zip(zip(*(each.tolist() for each in codes), strict=True), counts[often], strict=True):
            yield "".join(key[code] for key, code in zip(keys, place, strict=True)), int(count)


def common_features(common: Common, wordings: Wordings = NO_WORDS) -> tuple[Feature, ...]:
    """One feature for each of the attributes (`common.NAME`) and for every two of them (`common.NAME+NAME`)."""

    @shared
    def digests(case: Case) -> dict[str, str]:
        return {name: _digest(name, word_of(case.attributes.get(name))) for name in common.names}

    return tuple(_feature(names, common.counts, digests, wordings) for names in _together(common.names))


def _feature(
    names: Names, counts: Mapping[str, int], digests: Callable[[Case], Mapping[str, str]], wordings: Wordings
) -> Feature:
    words = [wordings[name].word(name) if name in wordings else name for name in names]
    said = " with this ".join(words)

    def of(case: Case, standing: Standing) -> float:
        told = digests(case)
        return float(counts.get("".join([told[name] for name in names]), 0))

    says = f"at least {{value}} [case|cases] it learned from had this {said}"
    name, about = f"common.{'+'.join(names)}", f"How many cases had this {said}"
    called = None if words == [*names] else f"common {' + '.join(words)}"
    return Feature(name, Unit.EACH, says, about, of, known="history", called=called, background=True)


def count_of(common: Common, name: AttributeName, word: str) -> int:
    """In how many cases the attribute had the word; 0 where too few had it to be told."""
    return common.counts.get(_digest(name, word), 0)


def _together(names: Names) -> list[Names]:
    return [*((name,) for name in names), *combinations(names, 2)]


def _digest(name: str, word: str | None) -> str:
    """What stands for an attribute's word: 12 hex digits that do not tell it."""
    told = f"{len(name)}:{name}" if word is None else f"{len(name)}:{name}:{word}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
