"""Values that were changed between two trainings are told event by event; corrections of the books accuse nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.promotion import Finding
from data.vocabulary import Task
from models.task_model import TaskModel
from models.taught_values import Values, values_of
from tests.fixtures.task_models import task_model
from training.promotion import columns
from training.promotion.sides import Pair, Side
from training.promotion.values import FEWEST, rewritten

ROWS = np.arange(10)


def told(first: int, n: int, **columns: list[float]) -> Values:
    events = [f"{each:016x}" for each in range(first, first + n)]
    return values_of(events, {f"attribute.{name}": (np.array(values), ()) for name, values in columns.items()})


def facts(n: int, **columns: list[float]) -> Values:
    return values_of([f"{each:016x}" for each in range(n)], {name: (np.array(v), ()) for name, v in columns.items()})


def pair_of(champion: Values, challenger: Values) -> Pair:
    def side(values: Values) -> Side:
        model: TaskModel = replace(task_model(Task.SLA_BREACH), values=values)
        return Side(model, np.full((10, len(model.features().names)), np.nan), np.zeros((10, 2)))

    return Pair(Task.SLA_BREACH, ROWS % 2, ROWS, ROWS, side(champion), side(challenger))


def found(champion: Values, challenger: Values) -> tuple[list[str], int]:
    changed, compared = rewritten(pair_of(champion, challenger))
    return [str(each) for each in changed], compared


WEIGHT = [float(n) for n in range(400)]


@pytest.mark.parametrize(("changed", "named"), [(0, False), (15, False), (17, True), (400, True)])
def test_more_values_than_corrections_explain_are_named(changed: int, named: bool) -> None:
    now = [value + (0.5 if at < changed else 0.0) for at, value in enumerate(WEIGHT)]
    names, compared = found(told(0, 400, weight=WEIGHT), told(0, 400, weight=now))
    assert names == [f"weight in {changed} of 400 events"] * named
    assert compared == 1


def test_columns_that_are_spread_alike_are_seen_exchanged_and_the_worst_comes_first() -> None:
    one, other = np.random.default_rng(1).uniform(0, 1, (2, 300)).tolist()
    half = [each if at % 2 else 0.5 for at, each in enumerate(one)]
    before = told(0, 300, one=one, other=other, third=one)
    names, _ = found(before, told(0, 300, one=other, other=one, third=half))
    assert names == [
        "one in 300 of 300 events holds what other held",
        "other in 300 of 300 events holds what one held",
        "third in 150 of 300 events",
    ]


def test_only_events_that_taught_both_count_and_few_of_them_say_nothing() -> None:
    assert found(told(0, 400, weight=WEIGHT), told(400 - FEWEST, 400, weight=WEIGHT)) == (
        [f"weight in {FEWEST} of {FEWEST} events"],
        1,
    )
    assert found(told(0, 400, weight=WEIGHT), told(401 - FEWEST, 400, weight=WEIGHT)) == ([], 0)
    assert found({}, told(0, 400, weight=WEIGHT)) == ([], 0)


def test_what_only_one_was_told_is_no_other_value() -> None:
    gaps = [float("nan") if at % 3 else value for at, value in enumerate(WEIGHT)]
    assert found(told(0, 400, weight=WEIGHT), told(0, 400, weight=gaps)) == ([], 1)


def test_a_challenger_that_was_told_other_values_is_refused_with_their_names() -> None:
    other = [value * 1.3 if at % 5 == 0 else value for at, value in enumerate(WEIGHT)]
    refused = columns.check(pair_of(told(0, 400, weight=WEIGHT), told(0, 400, weight=other)))
    assert refused.finding is Finding.REFUSED
    says = "the challenger was told other values than the champion of the same events: weight in 79 of 400 events"
    assert refused.says.startswith(says)
    assert refused.says.endswith('(--attest "weight=WHY")')
    asked = pair_of(told(0, 400, weight=WEIGHT), told(0, 400, weight=other))
    noted = columns.check(asked, {"weight": "the scale is read in grams since May"})
    assert noted.finding is Finding.NOTED
    assert "weight in 79 of 400 events, because “the scale is read in grams since May”" in noted.says
    assert columns.check(asked, {"height": "of no account"}).finding is Finding.REFUSED
    passed = columns.check(pair_of(told(0, 400, weight=WEIGHT), told(0, 400, weight=WEIGHT)))
    assert passed.finding is Finding.PASSED
    assert "of the events that taught both, 1 column told the same" in passed.says


def test_values_that_somebody_answers_for_are_noted_in_words_by_reason_and_no_more_than_a_few() -> None:
    names = [f"weight_of_{each}" for each in "abcdefgh"]
    other = [value * 1.3 for value in WEIGHT]
    asked = pair_of(told(0, 400, **dict.fromkeys(names, WEIGHT)), told(0, 400, **dict.fromkeys(names, other)))
    said = dict.fromkeys(names, "read in grams since May") | {"weight_of_c": "the scale was mended"}
    noted = columns.check(asked, said)
    assert noted.finding is Finding.NOTED
    many = ", ".join(f"weight of {each} in 399 of 400 events" for each in "abdef")
    assert f"{many}, because “read in grams since May”; weight of c in 399 of 400 events, because “the" in noted.says
    assert noted.says.endswith("“the scale was mended”; and 2 more")
    assert "_" not in noted.says


QUEUE, LENGTH = (np.random.default_rng(2).integers(0, 90, (2, 300)) + 0.0).tolist()


@pytest.mark.parametrize("stem", ["", "attribute."])
def test_columns_that_were_exchanged_are_refused_however_alike_they_are_spread_and_whatever_is_said(stem: str) -> None:
    def both(queue: list[float], length: list[float]) -> Values:
        return facts(300, **{f"{stem}queue": queue, f"{stem}length": length})

    asked, said = pair_of(both(QUEUE, LENGTH), both(LENGTH, QUEUE)), "the mapping had them the wrong way"
    for attested in ({}, {"queue": said, "length": said}):
        refused = columns.check(asked, attested)
        assert refused.finding is Finding.REFUSED
        assert refused.says.startswith("the challenger learned with columns exchanged: length in ")
        assert " of 300 events holds what length held" in refused.says
        assert refused.says.endswith(
            "Nobody can answer for an exchange by --attest: train again with each in its place"
        ) == (bool(attested))


def test_facts_that_differ_are_refused_until_somebody_says_why() -> None:
    """A fact that was rewritten after it was known looks as one that another policy computes otherwise."""
    pair = pair_of(facts(300, queue=QUEUE), facts(300, queue=[value + 0.5 for value in QUEUE]))
    refused = columns.check(pair)
    assert refused.finding is Finding.REFUSED
    assert "queue in 300 of 300 events" in refused.says
    assert refused.says.endswith('(--attest "queue=WHY")')
    noted = columns.check(pair, {"queue": "another policy"})
    assert noted.finding is Finding.NOTED
    assert noted.says.endswith("answers for: queue in 300 of 300 events, because “another policy”")


@pytest.mark.parametrize(("apart", "held"), [(99, None), (101, "attribute.other")])
def test_columns_that_told_the_same_before_are_not_said_to_be_exchanged(apart: int, held: str | None) -> None:
    """Where both told the same, what one of them tells now says nothing of the other."""
    other = [value + (0.5 if at < apart else 0.0) for at, value in enumerate(WEIGHT)]
    changed, _ = rewritten(pair_of(told(0, 400, weight=WEIGHT, other=other), told(0, 400, weight=other, other=WEIGHT)))
    assert [(each.name, each.held) for each in changed if each.name == "attribute.weight"] == [
        ("attribute.weight", held)
    ]


@pytest.mark.parametrize(("taken", "held"), [(200, None), (201, "attribute.other")])
def test_columns_are_exchanged_where_each_holds_the_others_values_in_more_than_half_of_the_events(
    taken: int, held: str | None
) -> None:
    other = [value + 0.5 for value in WEIGHT]
    now = [other[at] if at < taken else value for at, value in enumerate(WEIGHT)]
    then = [value if at < taken else other[at] for at, value in enumerate(WEIGHT)]
    changed, _ = rewritten(pair_of(told(0, 400, weight=WEIGHT, other=other), told(0, 400, weight=now, other=then)))
    assert {each.held for each in changed} == ({None} if held is None else {"attribute.weight", "attribute.other"})


def test_a_column_that_comes_to_tell_what_another_always_told_was_not_exchanged_with_it() -> None:
    """A fact that is computed otherwise is nothing in most cases, as many others are."""
    some, nothing = [float(at % 4 > 0) for at in range(400)], [0.0] * 400
    before, after = facts(400, some=some, nothing=nothing), facts(400, some=nothing, nothing=nothing)
    changed, _ = rewritten(pair_of(before, after))
    assert [(each.name, each.held) for each in changed] == [("some", None)]
    assert columns.check(pair_of(before, after), {"some": "another policy"}).finding is Finding.NOTED
