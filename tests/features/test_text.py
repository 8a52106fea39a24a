"""The message: a scorer's scores, and plain facts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features import text
from features.sentences import sentence
from tests.fixtures.cases import a_case
from tests.fixtures.features import value


class Fixed:
    """Scores that are always the same."""

    labels = ("split_shipment", "late_pickup_readiness")

    def __init__(self, normalised: bool) -> None:
        self.normalised = normalised

    def scores(self, message: str) -> NDArray[np.float64]:
        """One for, one against."""
        return np.array([1.25, -0.5])


def test_every_label_is_a_feature() -> None:
    split, late = text.text_features(Fixed(normalised=True))
    assert (split.name, late.name) == ("message.split_shipment", "message.late_pickup_readiness")
    assert sentence(split, 0.62, None) == "by its words alone, the message is of split shipment with 62 %"


def test_sums_speak_for_a_label_or_against_it() -> None:
    split, late = text.text_features(Fixed(normalised=False))
    assert (split.name, late.name) == ("message.split_shipment", "message.late_pickup_readiness")
    assert value(split, a_case(message="box 2 left")) == 1.25
    assert value(split) is None
    assert sentence(split, 1.25, None) == "the message speaks for split shipment (1.25)"
    assert sentence(late, -0.5, None) == "the message speaks against late pickup readiness (0.5)"


def test_plain_facts_of_a_message() -> None:
    case = a_case(message="pick 12 is late")
    assert value(text.message_words, case) == 4.0
    assert value(text.message_digits, case) == 2 / 15
    assert value(text.message_words, a_case(message="")) == 0.0
    assert value(text.message_digits, a_case(message="")) is None
