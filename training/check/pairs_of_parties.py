"""Two columns of words that tell more together than each by itself: a vendor that is late in one country alone.

A sum of what each tells is learned of the earlier cases, then what each pair adds to it, and both are asked about the
later ones, block after block. A mapping that says the pair (`join`) gives it rates of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from training.check.columns import Codes, Column, Floats
from training.tables.mapping import Mapping as TheMapping

FEWEST, FEWEST_EVENTS = 2_000, 200
"""Cases, and how often it must have happened and not happened among them, below which nothing is said."""
MOST = 20_000
"""Cases that are looked at, the latest."""
MOST_COLUMNS = 16
"""Columns that are paired, in the order of the mapping."""
MOST_WORDS = 1_000
"""Distinct words above which a column names single cases rather than parties."""
PARTIES = ("facts.supplier.id", "facts.carrier.id", "facts.node.id", "facts.region")
"""The facts that name parties of a case."""
CUTS = (0.4, 0.55, 0.7, 0.85, 1.0)
"""Where the blocks begin and end that are asked about, as shares of the cases."""
STRENGTH = 0.15
"""How far the weights of the sum may leave 0: C of a logistic regression."""
HELD_BACK = 2.0
"""By how much certainty a pair of levels is held at nothing."""
WORTH, SURE = 0.002, 3.2
"""By how much the log loss must fall, and by how many of its standard errors: some seventy pairs are asked."""
BLOCKS = 3
"""Of the four, in how many it must fall."""


@dataclass(frozen=True)
class TellingPair:
    """Two columns, and by how much the log loss of later cases is lower where they are read together."""

    one: str
    other: str
    gain: float
    errors: float
    """The same in standard errors."""


def parties_of(mapping: TheMapping) -> dict[str, str]:
    """The columns of words that a mapping reads by themselves, each with a name for what it becomes.

    Without those that are known later than their case: a pair of one would be known as late.
    """
    found: dict[str, str] = {}
    for key, source in mapping.sources():
        if source.known not in (None, "opening"):
            continue
        section, _, path = key.partition(".")
        words = section == "attributes" and getattr(source, "kind", "") == "category"
        if (words or key in PARTIES) and len(source.column) == 1:
            found.setdefault(source.column[0], path.partition(".")[0])
    return found


def joined_parties(mapping: TheMapping) -> frozenset[frozenset[str]]:
    """The pairs that a mapping says already."""
    return frozenset(frozenset(source.join) for _, source in mapping.sources() if len(source.join) == 2)


def is_party(column: Column) -> bool:
    """Whether a column holds words, neither one alone nor more than can be told apart."""
    return column.moments is None and 2 <= len(column.words) <= MOST_WORDS


def telling_pair(
    columns: Mapping[str, Codes], said: Collection[frozenset[str]], event: NDArray[np.bool_]
) -> TellingPair | None:
    """The pair of columns that tells most beside those that are said already, if any does.

    Codes int64[n] are -1 where nothing is known; cases come in time order.
    """
    happened = int(event.sum())
    if len(event) < FEWEST or min(happened, len(event) - happened) < FEWEST_EVENTS or len(columns) < 2:
        return None
    latest = slice(max(0, len(event) - MOST), None)
    truth = event[latest].astype(np.int64)
    if len(np.unique(truth[: int(len(truth) * CUTS[0])])) < 2:  # The first block is taught by one outcome alone.
        return None
    read = {name: codes[latest] + 1 for name, codes in columns.items()}
    both = [_together(*(read[name] for name in pair)) for pair in said if pair <= read.keys()]
    design = hstack([_levels(codes) for codes in (*read.values(), *both)]).tocsr()
    pairs = [each for each in combinations(list(read)[:MOST_COLUMNS], 2) if frozenset(each) not in said]
    places = [_together(read[one], read[other]) for one, other in pairs]
    blocks = [_gains(design, truth, places, cut) for cut in _cuts(len(truth))]
    found = [_judged(pair, [each[at] for each in blocks]) for at, pair in enumerate(pairs)]
    return max((each for each in found if each is not None), key=lambda each: each.gain, default=None)


def _cuts(n: int) -> Iterator[tuple[int, int]]:
    return pairwise(int(n * share) for share in CUTS)


def _levels(codes: Codes) -> csr_array:
    rows = np.arange(len(codes))
    return csr_array((np.ones(len(codes)), (rows, codes)), shape=(len(codes), int(codes.max()) + 1))


def _together(one: Codes, other: Codes) -> Codes:
    """A code for each pair of levels that occurs."""
    return np.asarray(np.unique(one * (int(other.max()) + 1) + other, return_inverse=True)[1], np.int64)


def _gains(design: csr_array, truth: NDArray[np.int64], places: list[Codes], block: tuple[int, int]) -> list[Floats]:
    """By how much each pair lowers the loss of each case of a block, taught by the cases before it."""
    start, end = block
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    with threadpool_limits(limits=1):
        score = model.fit(design[:start], truth[:start]).decision_function(design[:end])
    said, asked = _probability(score), truth[start:end]
    alone = _losses(asked, said[start:])
    beside = (_moved(score, said, truth[:start], place[:end]) for place in places)
    return [alone - _losses(asked, told) for told in beside]


def _moved(score: Floats, said: Floats, taught: NDArray[np.int64], place: Codes) -> Floats:
    """What a block is told where each pair of levels moves the score by one Newton step from nothing."""
    start, levels = len(taught), int(place.max()) + 1
    missed = np.bincount(place[:start], taught - said[:start], levels)
    certain = np.bincount(place[:start], said[:start] * (1.0 - said[:start]), levels)
    return _probability(score[start:] + (missed / (certain + HELD_BACK))[place[start:]])


def _losses(truth: NDArray[np.int64], told: Floats) -> Floats:
    """Log loss, case by case."""
    return np.asarray(-np.log(np.where(truth == 1, told, 1.0 - told)))


def _probability(score: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -36.0, 36.0))))


def _judged(pair: tuple[str, str], blocks: list[Floats]) -> TellingPair | None:
    cases = np.concatenate(blocks)
    gain, error = float(cases.mean()), float(cases.std() / np.sqrt(len(cases)))
    steady = sum(each.mean() > 0.0 for each in blocks) >= BLOCKS
    return TellingPair(*pair, gain, gain / error) if steady and gain > max(WORTH, SURE * error) else None
