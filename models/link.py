"""A link of a classifier chain: what a small model of an earlier task says of a case, told to a later task's model.

It is a copy of its own, kept with the model that learned to read it: whatever serves the earlier task, a later model
hears what it heard when it was taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from models.score import softmax
from models.text import TextModel
from models.trees import TreeEnsemble

Floats = NDArray[np.float64]
Messages = Sequence[str | None]


class InvalidLinkError(ValueError):
    """The trees do not answer for the task's labels; the message says why."""


@dataclass(frozen=True, eq=False)
class Link:
    """Trees over a case's facts and its message's scores, which come last; not calibrated.

    Raises:
        InvalidLinkError: unless the trees have a score for each label of the task.
    """

    task: Task
    trees: TreeEnsemble
    text: TextModel | None

    def __post_init__(self) -> None:
        if self.trees.n_classes != len(self.task.labels):
            raise InvalidLinkError(
                f"the link of {self.task} has {self.trees.n_classes} scores for {len(self.task.labels)} labels"
            )

    @property
    def n_facts(self) -> int:
        """Facts of a case."""
        return self.trees.n_features - (0 if self.text is None else len(self.text.labels))

    def probabilities(self, facts: Floats, message: str | None) -> Floats:
        """The probability of each label, float64[labels], of one case with facts float64[k]."""
        raw = self.trees.raw(self.rows(facts[None, :], [message])[0])
        return np.asarray(softmax(raw[None, :])[0])

    def probabilities_batch(self, facts: Floats, messages: Messages) -> Floats:
        """The same of cases with facts float64[n, k], each bit for bit: float64[n, labels]."""
        return softmax(self.trees.raw_batch(self.rows(facts, messages)))

    def rows(self, facts: Floats, messages: Messages) -> Floats:
        """What the trees read of cases, float64[n, features]."""
        return facts if self.text is None else np.hstack([facts, self.text.scores_batch(messages)])
