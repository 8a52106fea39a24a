"""What the words of a message speak for: a linear model over hashed words.

A message becomes at most `MOST_TOKENS` words, numbers and identifiers masked; each word falls into one of `BUCKETS` by
CRC-32, and each bucket carries one weight per label. Their sums become probabilities, which trees read better than the
sums: each then weighs one label against all others. Hashing keeps the vocabulary out of the bundle: the only words
stored are those of at least `FEWEST_CASES` training cases, and only they are ever shown (nobody's name or address is
among them). Two words may share a bucket and then share its weights; that costs a little accuracy and never crashes on
a new word.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUCKETS = 2**12
"""Rows of the weight table."""
MOST_TOKENS = 64
"""Words of a message that are read; the rest is ignored."""
LONGEST_TOKEN = 32
"""Characters of a word that are read."""
FEWEST_CASES = 20
"""Training cases that must hold a word before it may be shown."""
NUMBER = "<num>"
"""What every word with a digit becomes: amounts, dates, phone numbers, order and customer identifiers."""
LARGEST_WEIGHT = 1e6
"""Far beyond any fitted weight; keeps sums finite."""

_WORD = re.compile(r"[^\W_]+")


class InvalidTextModelError(ValueError):
    """The arrays do not describe a text model; the message says which and why."""


def tokens(message: str) -> list[str]:
    """The first `MOST_TOKENS` words in order, case-folded and in normal form NFKC, cut to `LONGEST_TOKEN`."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", message).casefold())
    words = _WORD.finditer(folded)
    return [_masked(word.group()) for word in islice(words, MOST_TOKENS)]


def _masked(word: str) -> str:
    return NUMBER if any(map(str.isdigit, word)) else word[:LONGEST_TOKEN]


def bucket(token: str) -> int:
    """The row of the weight table a word falls into; the same on every machine and in every run."""
    return zlib.crc32(token.encode("utf-8")) % BUCKETS


def loads(words: list[str]) -> dict[str, float]:
    """How much each distinct word counts: how often it occurs, over the square root of the number of words."""
    return {word: count / len(words) ** 0.5 for word, count in Counter(words).items()}


@dataclass(frozen=True, eq=False)
class TextModel:
    """Weights by bucket and label, the labels' biases and the words that may be shown.

    Raises:
        InvalidTextModelError: when shapes do not fit, a number is not finite, or a word is one `tokens` never gives.
    """

    labels: tuple[str, ...]
    weights: Floats
    """float64[BUCKETS, n_labels]"""
    bias: Floats
    """float64[n_labels]"""
    shown: frozenset[str]
    normalised: bool = True
    """Whether the scores are probabilities; those of a model of an earlier Fairlead are the sums themselves."""

    def __post_init__(self) -> None:
        _check_labels(self.labels)
        _check_numbers("weights", self.weights, (BUCKETS, len(self.labels)))
        _check_numbers("bias", self.bias, (len(self.labels),))
        _check_shown(self.shown)
        self.weights.setflags(write=False)
        self.bias.setflags(write=False)

    def scores(self, message: str) -> Floats:
        """How far the words speak for each label, float64[n_labels]."""
        sums = self.sums(message)
        return np.exp(sums - np.logaddexp.reduce(sums)) if self.normalised else sums

    def scores_batch(self, messages: Sequence[str | None]) -> Floats:
        """The scores of messages, float64[n, n_labels]; NaN for a case without one."""
        unknown = np.full(len(self.labels), np.nan)
        each = {message: unknown if message is None else self.scores(message) for message in set(messages)}
        rows = [each[message] for message in messages]
        return np.array(rows, np.float64).reshape(len(messages), len(self.labels))

    def sums(self, message: str) -> Floats:
        """The bias plus the words' weights by label, float64[n_labels]; the weights divided by the message's length."""
        load = loads(tokens(message))
        rows = self.weights.take(np.array([bucket(word) for word in load], dtype=np.intp), axis=0)
        weighted = rows * np.array(list(load.values())).reshape(-1, 1)
        return np.asarray(self.bias + weighted.sum(axis=0))

    def evidence(self, message: str, class_index: int, top: int = 3) -> list[str]:
        """The words of the message that speak most for a label, strongest first; only words that may be shown."""
        pushes = {
            word: load * float(self.weights[bucket(word), class_index])
            for word, load in loads(tokens(message)).items()
            if word in self.shown
        }
        speaking = sorted((-push, word) for word, push in pushes.items() if push > 0)
        return [word for _, word in speaking[:top]]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The model as arrays, ready for `numpy.savez`; words as fixed-width text."""
        return {
            "labels": np.array(self.labels, dtype=np.str_),
            "weights": self.weights,
            "bias": self.bias,
            "shown": np.array(sorted(self.shown), dtype=np.str_),
            "normalised": np.array(self.normalised),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> TextModel:
        """The model that `to_arrays` stored; arrays are copied and checked.

        Raises:
            InvalidTextModelError: when an array is missing, of another type, or does not fit.
        """
        found = {name: _array(arrays, name, kind) for name, kind in _KINDS.items()}
        shown = found["shown"].tolist()
        if len(set(shown)) != len(shown):
            raise InvalidTextModelError("shown holds a word twice")
        normalised = "normalised" in arrays and bool(_array(arrays, "normalised", "b").all())
        return cls(tuple(found["labels"].tolist()), found["weights"], found["bias"], frozenset(shown), normalised)


_KINDS = {"labels": "U", "weights": "f", "bias": "f", "shown": "U"}


def _array(arrays: Mapping[str, Any], name: str, kind: str) -> NDArray[Any]:
    array = arrays.get(name)
    if not isinstance(array, np.ndarray) or array.dtype.kind != kind or (kind == "U" and array.ndim != 1):
        expected = {"U": "a flat array of text", "f": "an array of floats", "b": "yes or no"}[kind]
        raise InvalidTextModelError(f"{name!r} is missing or of another type; expected {expected}")
    return array.copy()


def _check_labels(labels: tuple[str, ...]) -> None:
    if len(labels) < 2 or len(set(labels)) != len(labels) or not all(labels):
        raise InvalidTextModelError(f"{len(labels)} labels; expected at least two, all different, none empty")


def _check_numbers(name: str, numbers: Floats, shape: tuple[int, ...]) -> None:
    if numbers.dtype != np.float64 or numbers.shape != shape:
        raise InvalidTextModelError(f"{name} is {numbers.dtype} {numbers.shape}; expected float64 {shape}")
    if not np.all(np.abs(numbers) <= LARGEST_WEIGHT):
        raise InvalidTextModelError(f"{name} holds a number that is not finite or beyond {LARGEST_WEIGHT:g}")


def _check_shown(shown: Iterable[str]) -> None:
    for word in shown:
        if tokens(word) != [word]:
            raise InvalidTextModelError("shown holds something that is no single word in normal form")
