"""Exchanged columns are told from columns that drifted, and from counters of a history that is short or small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.promotion import Check, Finding
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from models.profile import Profile, profile_of
from models.task_model import Reference, TaskModel
from tests.fixtures.task_models import cases, chained_model, task_model
from training.promotion.columns import FEWEST, check, comparable, swapped
from training.promotion.sides import Pair, Side

BEFORE: Reference = {"minutes": (5.0, 30.0, 90.0), "length": (1.0, 3.0, 8.0), "value": (20.0, 60.0, 200.0)}
FACTS: Reference = {"queue_minutes": (5.0, 30.0, 90.0), "queue_length": (1.0, 2.0, 4.0)}
COUNTERS: Reference = {"carrier_arrivals": (40.0, 60.0, 90.0), "node_outcomes": (1.0, 2.0, 4.0)}
DAY = 86_400.0


def exchanged(usual: Reference) -> Reference:
    """Two columns, each with what is usual of the other."""
    (one, its), (other, theirs) = usual.items()
    return {one: theirs, other: its}


def learned(usual: Reference, n: int, days: float) -> TaskModel:
    """A model that learned from so many cases of so many days, of which these columns are usual."""
    window = {"fitted_on": {"n": n, "from": 0.0, "to": days * DAY}}
    return replace(task_model(Task.SLA_BREACH), profile=None, reference=usual, lineage=window)


def compared(champion: TaskModel, challenger: TaskModel) -> Check:
    features = champion.features().matrix(cases())
    truth = np.zeros(len(features), np.int64)
    its, theirs = (Side(each, features, np.full((len(features), 2), 0.5)) for each in (challenger, champion))
    return check(Pair(Task.SLA_BREACH, truth, truth, np.arange(len(features)), champion=theirs, challenger=its))


def test_two_that_were_exchanged_are_named() -> None:
    now = {**BEFORE, "minutes": BEFORE["length"], "length": BEFORE["minutes"]}
    assert list(swapped(BEFORE, now)) == [("length", "minutes")]


def test_drift_of_one_or_of_all_is_no_exchange() -> None:
    assert not list(swapped(BEFORE, {**BEFORE, "minutes": (20.0, 120.0, 400.0)}))
    assert not list(swapped(BEFORE, {name: (a * 3, b * 3, c * 3) for name, (a, b, c) in BEFORE.items()}))


def test_what_is_counted_is_features_and_what_moved_is_not_among_them() -> None:
    model = learned(FACTS, 1_000, 100)
    moved = learned({**FACTS, "queue_minutes": (500.0, 600.0, 900.0)}, 1_000, 100)
    assert "2 of 2 features that are numbers are spread as they were" in compared(model, model).says
    told = compared(moved, model).says
    assert "1 of 2 features that are numbers are spread as they were" in told
    assert "(not queue minutes)" in told


def test_of_many_numbers_that_moved_some_are_named_and_the_others_counted() -> None:
    features = task_model(Task.SLA_BREACH).features()
    today = features.reference(features.matrix(cases()))
    names = [each.name for each in features.features if each.known == "event" and each.name not in today][:7]
    moved = learned(dict.fromkeys(names, (500.0, 600.0, 900.0)), 1_000, 100)
    told = compared(moved, learned(dict.fromkeys(names, (1.0, 2.0, 4.0)), 1_000, 100)).says
    assert told.startswith("0 of 7 features that are numbers are spread as they were")
    assert f"(not {', '.join(name.replace('_', ' ') for name in sorted(names)[:4])} and 3 others)" in told


def test_a_column_that_is_new_or_constant_does_not_matter() -> None:
    flat = {"one": (0.0, 0.0, 0.0), "other": (0.0, 0.0, 0.0)}
    assert not list(swapped(flat, {**flat, "third": (1.0, 2.0, 3.0)}))


def test_what_is_counted_of_earlier_cases_moves_with_a_quiet_week_and_a_column_of_the_table_does_not() -> None:
    """The compared cases tell of no arrivals at all: what the challenger learned is far from these and from before."""
    quiet, busy = ({"product_arrivals": usual} for usual in ((0.0, 0.0, 1.0), (4.0, 6.0, 9.0)))
    told = compared(learned(quiet, 8_000, 180), learned(busy, 8_000, 180))
    assert told.finding is Finding.PASSED, told.says
    slow = {"queue_minutes": (500.0, 3_000.0, 9_000.0)}
    told = compared(learned(FACTS, 8_000, 180), learned({**FACTS, **slow}, 8_000, 180))
    assert told.finding is Finding.REFUSED
    assert "other values than the champion did and than these cases hold: queue_minutes" in told.says


def test_two_that_came_nearer_to_one_another_but_not_near_were_not_exchanged() -> None:
    before = {"one": (0.0, 1.0, 2.0), "other": (1_000.0, 1_010.0, 1_020.0)}
    now = {"one": (800.0, 801.0, 802.0), "other": (200.0, 210.0, 220.0)}
    assert not list(swapped(before, now))
    assert list(swapped(before, exchanged(before))) == [("one", "other")]


@pytest.mark.parametrize(("n", "days"), [(300, 180), (8_000, 20), (20_000, 180)], ids=["small", "short", "large"])
def test_counters_of_a_history_of_another_size_or_length_accuse_nobody(n: int, days: float) -> None:
    told = compared(learned(COUNTERS, 8_000, 180), learned(exchanged(COUNTERS), n, days))
    assert told.finding is Finding.PASSED
    assert "2 count what a history told, and one of the two is much smaller or shorter" in told.says


def test_counters_of_histories_that_are_alike_are_compared() -> None:
    told = compared(learned(COUNTERS, 8_000, 180), learned(exchanged(COUNTERS), 6_000, 200))
    assert told.finding is Finding.REFUSED
    assert "carrier_arrivals and node_outcomes hold what the other one held" in told.says


@pytest.mark.parametrize(("n", "days"), [(300, 20), (8_000, 180)])
def test_facts_of_the_cases_are_compared_however_short_a_history_is(n: int, days: float) -> None:
    told = compared(learned(FACTS, 8_000, 180), learned(exchanged(FACTS), n, days))
    assert told.finding is Finding.REFUSED
    assert "queue_length and queue_minutes hold what the other one held" in told.says


@pytest.mark.parametrize("known", [FEWEST - 1, FEWEST])
def test_a_column_that_hardly_any_case_tells_says_nothing(known: int) -> None:
    values = np.full(300, np.nan)
    values[:known] = 1.0
    seldom = Profile((profile_of("queue_length", values, True),), ())
    whole, challenger = learned(FACTS, 8_000, 180), replace(learned(FACTS, 300, 20), profile=seldom)
    for pair in ((whole, challenger), (challenger, whole)):
        names, _ = comparable(*pair)
        assert ("queue_length" in names) is (known == FEWEST)
        assert "queue_minutes" in names


def test_what_links_of_a_model_say_is_no_column_of_a_table() -> None:
    model = chained_model()
    names, _ = comparable(model, model)
    said = {f"exception_type.{label}" for label in Task.EXCEPTION_TYPE.labels}
    assert said <= set(model.features().names)
    assert not names & said
    assert names == set(task_model(Task.SLA_BREACH).features().names)


def test_columns_of_words_that_were_exchanged_are_named() -> None:
    dice = np.random.default_rng(3)
    often = {"group": [0.7, 0.2, 0.1], "handler": [0.1, 0.2, 0.7]}
    schema = AttributeSchema(attributes={name: Declaration(kind="category", levels=("a", "b", "c")) for name in often})

    def model(**columns: str) -> TaskModel:
        told = [
            profile_of(f"attribute.{name}", dice.choice(3, 2_000, p=often[holds]).astype(float), False)
            for name, holds in columns.items()
        ]
        return replace(learned(FACTS, 8_000, 180), attributes=schema, profile=Profile(tuple(told), ()))

    champion = model(group="group", handler="handler")
    told = compared(champion, model(group="group", handler="handler"))
    assert told.finding is Finding.PASSED
    assert "no two of 2 columns of words were exchanged" in told.says
    told = compared(champion, model(group="handler", handler="group"))
    assert told.finding is Finding.REFUSED
    assert "group and handler hold what the other one held" in told.says
