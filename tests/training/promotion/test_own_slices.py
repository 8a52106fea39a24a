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
from training.report.slices import MOST_ATTRIBUTES

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


FLAG, AMOUNT = Declaration(kind="flag"), Declaration(kind="number")


def with_flags(
    n: int, declared: dict[str, Declaration], told: dict[str, np.ndarray], said: np.ndarray
) -> tuple[Side, Floats]:
    """A side that goes by all of what it declares alike."""
    learned = replace(model(keys(0, 10)), task=Task.SLA_BREACH, attributes=AttributeSchema(attributes=declared))
    names = feature_set(Task.SLA_BREACH, learned.attributes).names
    table, phi = np.full((n, len(names)), np.nan), np.zeros((2, len(names)))
    for name in declared:
        table[:, names.index(f"attribute.{name}")] = told[name]
        phi[:, names.index(f"attribute.{name}")] = 1.0
    return Side(replace(learned, columns=names), table, said[:, None]), phi


def flagged(theirs: dict[str, Declaration], its: dict[str, Declaration]) -> tuple[Pair, list[Part]]:
    """1,200 cases, 150 of them risky, where the challenger says the opposite of what happens."""
    n = 1_200
    truth, risky = (np.arange(n) // 8 % 2).astype(np.int64), np.arange(n) % 8 == 0
    told = {name: risky.astype(float) if name == "risky" else np.arange(n) % 7.0 for name in {**theirs, **its}}
    champion = np.where(truth == 1, 0.7, 0.3)
    (one, first), (other, second) = (
        with_flags(n, declared, told, said)
        for declared, said in ((theirs, champion), (its, np.where(risky, 1.0 - champion, champion)))
    )
    both = Pair(Task.SLA_BREACH, truth, np.arange(n), np.arange(n), one, other)
    return both, list(own_parts(both, (first, second)))


def test_a_challenger_that_is_worse_where_a_flag_is_set_is_stopped_however_many_numbers_tell_more() -> None:
    declared = {**dict.fromkeys(("n1", "n2", "n3", "n4"), AMOUNT), "risky": FLAG}
    both, parts = flagged(declared, declared)
    assert [(each.by, each.value, each.chosen.sum()) for each in parts] == [
        ("attribute.risky", "no", 1_050),
        ("attribute.risky", "yes", 150),
    ]
    told = check(both, slices(both, parts, Draws(both.groups, 200, 0)))
    assert told.finding is Finding.REFUSED
    assert told.says.startswith("clearly worse for attribute.risky yes: log loss 1.2040 against 0.3567 on 150 cases")


def test_a_flag_that_the_other_side_reads_as_a_number_is_still_a_part_of_the_cases() -> None:
    for theirs, its in ((FLAG, AMOUNT), (AMOUNT, FLAG)):
        parts = flagged({"risky": theirs}, {"risky": its})[1]
        assert [(each.value, each.chosen.sum()) for each in parts] == [("no", 1_050), ("yes", 150)]


def test_the_words_and_flags_of_one_s_own_that_are_looked_at_stay_few() -> None:
    declared = {f"f{each}": FLAG for each in range(40)}
    dice = np.random.default_rng(3)
    told = {name: dice.integers(0, 2, 600).astype(float) for name in declared}
    (one, first), (other, second) = (with_flags(600, declared, told, np.full(600, 0.5)) for _ in range(2))
    second[:, ::2] = 0.0
    both = Pair(Task.SLA_BREACH, np.arange(600) % 2, np.arange(600), np.arange(600), one, other)
    assert len(list(own_parts(both, (first, second)))) <= 2 * MOST_ATTRIBUTES * 2


def test_a_challenger_that_is_the_champion_passes_in_every_category_of_its_own() -> None:
    both, parts = by_format(None)
    told = check(both, slices(both, parts, Draws(both.groups, 200, 0)))
    assert (told.finding, told.says[:30]) == (Finding.PASSED, "none of 4 slices is clearly wo")
