"""The message: what its words speak for, by a scorer that is given, and plain facts about it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Feature, Value, feature


class TextScorer(Protocol):
    """Says how far a message speaks for each label."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What it scores for, in the order of the scores."""
        ...

    @property
    def normalised(self) -> bool:
        """Whether the scores are probabilities; else a positive one speaks for its label, a negative one against it."""
        ...

    def scores(self, message: str) -> NDArray[np.float64]:
        """One finite number per label."""
        ...


@feature(Unit.EACH, "the message has {value} [word|words]")
def message_words(case: Case, standing: Standing) -> Value:
    """The number of words of the message."""
    return None if case.message is None else float(len(case.message.split()))


@feature(Unit.RATIO, "{value} of the message are digits")
def message_digits(case: Case, standing: Standing) -> Value:
    """The share of digits in the message."""
    text = case.message
    return sum(map(str.isdigit, text)) / len(text) if text else None


def text_features(scorer: TextScorer) -> tuple[Feature, ...]:
    """One feature per label of the scorer: `message.LABEL`.

    A feature set asks the scorer once for all of them; `of` answers for one alone.
    """
    return tuple(_score_of(scorer, index, label) for index, label in enumerate(scorer.labels))


def _score_of(scorer: TextScorer, index: int, label: str) -> Feature:
    def of(case: Case, standing: Standing) -> Value:
        return None if case.message is None else float(scorer.scores(case.message)[index])

    named = label.replace("_", " ")
    name, about = f"message.{label}", f"What the message says of {named}"
    if scorer.normalised:
        return Feature(name, Unit.RATIO, f"by its words alone, the message is of {named} with {{value}}", about, of)
    says, against = f"the message speaks for {named} ({{value}})", f"the message speaks against {named} ({{value}})"
    return Feature(name, Unit.SCORE, says, about, of, below_zero=against)
