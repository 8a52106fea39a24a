"""A retailer's own words cut the cases for both models alike, whichever of the two goes by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.promotion import Finding
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from features.catalogue import feature_set
from tests.fixtures.lessons import keys, model
from training.promotion.later import Floats
from training.promotion.own_slices import Part, own_parts
from training.promotion.resampling import Draws
from training.promotion.sides import Pair, Side
from training.promotion.slices import check, slices

WORDS = ("mall", "street", "park", "kiosk")


def declaring(levels: tuple[str, ...] | None, words: list[str | None], said: np.ndarray) -> tuple[Side, Floats]:
    """A side whose model declares an attribute with these levels, and goes by it; None declares none."""
    declared = {} if levels is None else {"format": Declaration(kind="category", levels=levels)}
    learned = replace(model(keys(0, 10)), task=Task.SLA_BREACH, attributes=AttributeSchema(attributes=declared))
    names = feature_set(Task.SLA_BREACH, learned.attributes).names
    learned = replace(learned, columns=names)
    table, phi = np.full((len(words), len(names)), np.nan), np.zeros((2, len(names)))
    if levels is not None:
        place = names.index("attribute.format")
        table[:, place] = [levels.index(each) if each in levels else np.nan for each in words]
        phi[:, place] = 1.0
    return Side(learned, table, said[:, None]), phi


def by_format(
    worse: str | None, its: tuple[str, ...] | None = WORDS, theirs: tuple[str, ...] | None = WORDS
) -> tuple[Pair, list[Part]]:
    """1,200 cases of four formats; the challenger knows nothing of one of them, and what the champion knows else."""
    n = 1_200
    words: list[str | None] = [WORDS[number % 4] for number in range(n)]
    truth = (np.arange(n) // 4 % 2).astype(np.int64)
    champion = np.where(truth == 1, 0.7, 0.3)
    challenger = np.where(np.array(words) == worse, 1.0 - champion, champion)
    (one, first), (other, second) = declaring(theirs, words, champion), declaring(its, words, challenger)
    both = Pair(Task.SLA_BREACH, truth, np.arange(n), np.arange(n), one, other)
    return both, list(own_parts(both, (first, second)))


@pytest.mark.parametrize(
    ("its", "theirs"),
    [(WORDS, WORDS), (None, WORDS), (WORDS, None), (WORDS[1:], WORDS), (WORDS, WORDS[::-1])],
    ids=["both", "the champion alone", "the challenger alone", "a new word", "in another order"],
)
def test_a_challenger_that_is_worse_in_one_category_of_the_retailer_s_own_is_stopped(
    its: tuple[str, ...] | None, theirs: tuple[str, ...] | None
) -> None:
    both, parts = by_format("mall", its, theirs)
    assert [(each.by, each.value, each.chosen.sum()) for each in parts] == [
        ("attribute.format", each, 300) for each in sorted(WORDS)
    ]
    told = check(both, slices(both, parts, Draws(both.groups, 200, 0)))
    assert told.finding is Finding.REFUSED
    assert told.says.startswith("clearly worse for attribute.format mall: log loss 1.2040 against 0.3567 on 300 cases")
    assert ";" not in told.says, "no other format is"


def test_a_challenger_that_is_the_champion_passes_in_every_category_of_its_own() -> None:
    both, parts = by_format(None)
    told = check(both, slices(both, parts, Draws(both.groups, 200, 0)))
    assert (told.finding, told.says[:30]) == (Finding.PASSED, "none of 4 slices is clearly wo")
