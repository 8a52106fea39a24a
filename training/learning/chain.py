"""What earlier tasks say of a history's cases, by links that had not seen them: the features that later tasks learn.

A later task must learn from what a link says of cases it does not know, for that is all the service has. So a history
is cut in time, a link is fitted before each cut, and a case is told of by the last link from before it. The one that
ships with the later task's model has learned from every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import FeatureSet, feature_set
from features.chain import EARLIER
from models.link import Link
from models.text import TextModel
from training.histories.known import Known
from training.histories.rows import Rows
from training.histories.split import FEWEST, FEWEST_OF_EACH, ended, is_timeless
from training.learning.export import export_trees
from training.learning.fit import LABELS, grow, probabilities
from training.learning.text_fit import fit_text

Floats = NDArray[np.float64]

RECIPE = replace(LABELS, rounds=60)
"""A link says roughly what the task's own model says, at a third of its cost."""
BLOCKS = 5


@dataclass(frozen=True)
class Chain:
    """The links of one earlier task, each with the moment (s) before which its cases lie; the last knows all."""

    task: Task
    until: tuple[float, ...]
    links: tuple[Link, ...]
    boosters: tuple[lightgbm.Booster, ...]
    """The links' trees as they were grown: they say the same of a history, bit for bit, and sooner."""

    @property
    def whole(self) -> Link:
        """The link that has learned from every case: the one that ships."""
        return self.links[-1]

    def told(self, known: Known, test: float) -> Floats:
        """What is said of a later task's cases, float64[n, labels], each by the last link from before it.

        Cases from `test` (s) on are told of by the last link from before `test`. NaN where there is none.
        """
        said = np.full((len(known.times), len(self.task.labels)), np.nan)
        last = np.searchsorted(self.until[:-1], np.minimum(known.times, test), side="right") - 1
        for number, (link, booster) in enumerate(zip(self.links[:-1], self.boosters[:-1], strict=True)):
            mine = np.flatnonzero(last == number)
            if len(mine):
                rows = link.rows(known.facts[mine], [known.messages[each] for each in mine])
                said[mine] = probabilities(booster, rows)
        return said


def earlier_tasks(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The tasks that some of these read, in their order."""
    read = {earlier for task in tasks for earlier in EARLIER.get(task, ())}
    return tuple(task for task in Task if task in read)


def can_teach_chain(known: Known) -> bool:
    """Whether there are links to fit: see `fit_chain`."""
    return bool(_starts(known))


def fit_chain(task: Task, known: Known, attributes: AttributeSchema, threads: int, seed: int) -> Chain | None:
    """The links of an earlier task from the cases that tell its truth; None where they are too few to teach one.

    Nor is there a chain without times: no case is then later than another.
    """
    starts = _starts(known)
    if not starts:
        return None
    forge = _Forge(task, known, attributes, threads, seed)
    scores = np.full((len(known.truth), len(task.labels)), np.nan)
    links, boosters = list[Link](), list[lightgbm.Booster]()
    for start, end in zip(starts, [*starts[1:], len(known.truth)], strict=True):
        link, booster = forge.link(scores, start)
        links.append(link)
        boosters.append(booster)
        if link.text is not None:
            scores[start:end] = link.text.scores_batch(known.messages[start:end])
    return Chain(task, (*known.times[starts[:-1]].tolist(), np.inf), tuple(links), tuple(boosters))


def with_chains(known: Known, chains: Sequence[Chain], test: float) -> Known:
    """A later task's cases with what the chains say of them behind their facts."""
    if not chains:
        return known
    return replace(known, facts=np.hstack([known.facts, *(each.told(known, test) for each in chains)]))


def _starts(known: Known) -> list[int]:
    """The first row after each cut that has enough before it to teach a link, and the end; nothing where none has."""
    n = len(known.truth)
    if n < FEWEST or is_timeless(known.times):
        return []
    cuts = {int(np.searchsorted(known.times, known.times[n * block // BLOCKS])) for block in range(1, BLOCKS)}
    taught = [start for start in sorted(cuts) if _can_teach(known.truth[:start][ended(known.exceptions, start)])]
    return [*taught, n] if taught else []


def _undirected(facts: Floats, task: Task, features: FeatureSet) -> Floats:
    """The facts as a link learns them: without those of which more can only raise, or only lower, a later task's risk.

    No tree reads a column without a value. So such a fact moves the risk by what the later task itself learned of it,
    which keeps its direction, and by nothing that a link makes of it.
    """
    later = [each for each, earlier in EARLIER.items() if task in earlier]
    columns = sorted({column for each in later for column in features.directions(each)})
    learned = facts.copy()
    learned[:, columns] = np.nan
    return learned


def _can_teach(truth: NDArray[np.int64]) -> bool:
    return int((np.bincount(truth) >= FEWEST_OF_EACH).sum()) >= 2


@dataclass(frozen=True)
class _Forge:
    """What all links of a chain are made of, and with."""

    task: Task
    known: Known
    attributes: AttributeSchema
    threads: int
    seed: int

    def link(self, scores: Floats, end: int) -> tuple[Link, lightgbm.Booster]:
        """The link of the rows before a position, with its booster.

        `scores` are those of the rows' messages by models from before them.
        """
        which = np.flatnonzero(ended(self.known.exceptions, end))
        taught = self.known.at(which)
        text = self._text(taught)
        features = feature_set(self.task, self.attributes, text)
        facts = _undirected(taught.facts, self.task, features)
        rows = Rows(
            facts if text is None else np.hstack([facts, scores[which]]),
            taught.truth,
            taught.times,
            features.categories,
            len(self.task.labels),
            selection=taught.selection,
        )
        booster = grow(rows, RECIPE, self.threads, self.seed)
        return Link(self.task, export_trees(booster), text), booster

    def _text(self, taught: Known) -> TextModel | None:
        silent = all(each is None for each in taught.messages)
        return None if silent else fit_text(taught.messages, taught.truth, self.task.labels)
