"""A slice speaks where enough cases of either outcome are in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.case import Case
from data.promotion import Finding, Slice
from data.vocabulary import Task
from models.task_model import TaskModel
from tests.fixtures.cases import a_case
from tests.fixtures.lessons import keys, model
from training.promotion.later import Truth
from training.promotion.own_slices import Part
from training.promotion.resampling import Draws
from training.promotion.sides import Pair, Side
from training.promotion.slices import FEWEST_OF_EACH, USUAL, canonical_parts, check, clear, in_errors, slices

N = 400


def in_regions(quiet: int) -> list[Case]:
    """The first `quiet` cases are of one region, the others of another."""
    return [a_case(region="quiet" if number < quiet else "busy") for number in range(N)]


@pytest.mark.parametrize(("events", "told"), [(0, False), (FEWEST_OF_EACH - 1, False), (FEWEST_OF_EACH, True)])
def test_a_slice_without_enough_of_either_outcome_is_not_called_worse(events: int, told: bool) -> None:
    """The challenger says a little more where, by chance, nothing happened."""
    learned: TaskModel = replace(model(keys(0, 10)), task=Task.SLA_BREACH)
    number, quiet = np.arange(N), 100
    truth = np.where(number < quiet, number < events, number % 2).astype(np.int64)
    champion = np.where(number < quiet, 0.05, 0.5)[:, None]
    challenger = np.where(number < quiet, 0.12, 0.5)[:, None]
    sides = Side(learned, np.zeros((N, 1)), champion), Side(learned, np.zeros((N, 1)), challenger)
    both = Pair(Task.SLA_BREACH, truth, number, number, *sides)
    found = slices(both, canonical_parts(in_regions(quiet)), Draws(number, 200, 0))
    assert ("quiet" in {each.value for each in found}) is told
    if not told:
        assert check(both, found).finding is Finding.PASSED


def compared(task: Task, quiet: int, truth: Truth) -> tuple[Pair, tuple[Slice, ...]]:
    """A pair that says the same of all, cut into two regions."""
    learned: TaskModel = replace(model(keys(0, 10)), task=task)
    same = Side(learned, np.zeros((N, 1)), np.full((N, 1), 0.5))
    both = Pair(task, truth, np.arange(N), np.arange(N), same, same)
    return both, slices(both, canonical_parts(in_regions(quiet)), Draws(np.arange(N), 200, 0))


def test_where_no_slice_has_enough_cases_the_check_says_that_none_was_looked_at() -> None:
    both, found = compared(Task.SLA_BREACH, 0, np.arange(N) % 2)
    told = check(both, found)
    assert (found, told.finding) == ((), Finding.NOTED)
    assert told.says.startswith("no slice had enough cases, so none was looked at: by region, channel")
    assert told.says.endswith("from 60 on, 10 of either outcome among them")


def test_one_slice_and_several_are_told_apart() -> None:
    said = {
        len(found): check(both, found).says
        for both, found in (compared(Task.SLA_BREACH, q, np.arange(N) % 2) for q in (30, 200))
    }
    assert said == {
        1: "the one slice with enough cases is not clearly worse: region busy (+0.0000)",
        2: "none of 2 slices is clearly worse; the worst is region busy (+0.0000)",
    }


def test_of_more_slices_each_must_be_the_clearer_and_of_few_none_the_less() -> None:
    assert [round(clear(number), 2) for number in (0, 1, USUAL, 26, 51)] == [3.5, 3.5, 3.5, 3.63, 3.8]


def test_few_events_must_be_the_clearer_because_their_spread_is_itself_a_guess() -> None:
    assert [round(in_errors(4.0, rarer), 1) for rarer in (10, 20, 60, 5_000)] == [3.0, 3.4, 3.7, 4.0]
    assert in_errors(-4.0, 10) == -in_errors(4.0, 10)
    assert in_errors(0.0, 10) == 0.0
    assert in_errors(90.0, 5_000) == 90.0


def test_a_word_that_no_name_may_hold_is_told_as_one() -> None:
    both, _ = compared(Task.SLA_BREACH, 0, np.arange(N) % 4 // 2)
    half = np.arange(N) % 2 == 0
    parts = [Part("attribute.format", "two\nlines ", half), Part("attribute.format", " ", ~half)]
    found = slices(both, parts, Draws(both.groups, 20, 0))
    assert {each.value for each in found} == {"two lines", "blank"}
    assert f"the worst is format {found[0].value} (" in check(both, found).says
