"""Columns of numbers that were exchanged are told where their values overlap; drift and what is alike accuse nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.vocabulary import Task
from models.profile import Profile, profile_of
from models.task_model import TaskModel
from tests.fixtures.task_models import task_model
from training.promotion.numbers import distance, exchanged
from training.promotion.sides import Pair, Side

ONE, OTHER, THIRD = "queue_minutes", "minutes_in_step", "order_lines"
NAMES = frozenset((ONE, OTHER, THIRD))
Floats = NDArray[np.float64]


def drawn(seed: int, n: int, shift: float = 0.0) -> dict[str, Floats]:
    """Three columns that overlap: two alike but for a tenth of their spread, and one of whole numbers."""
    rng = np.random.default_rng(seed)
    return {
        ONE: np.round(rng.gamma(4.0, 5.0, n) + shift, 1),
        OTHER: np.round(rng.gamma(4.0, 5.0, n) + 3.0 + shift, 1),
        THIRD: rng.poisson(15.0, n).astype(float),
    }


def crossed(columns: dict[str, Floats]) -> dict[str, Floats]:
    return {**columns, ONE: columns[OTHER], OTHER: columns[ONE]}


def learned(columns: dict[str, Floats]) -> TaskModel:
    profiles = tuple(profile_of(name, values, True) for name, values in columns.items())
    return replace(task_model(Task.SLA_BREACH), profile=Profile(profiles, ()))


def found(
    champion: dict[str, Floats],
    challenger: dict[str, Floats],
    now: dict[str, Floats],
    names: frozenset[str] = NAMES,
    **also: Any,
) -> list[tuple[str, str]]:
    theirs, its = (Side(model, matrix(model, now), np.zeros((0, 2))) for model in map(learned, (champion, challenger)))
    n = len(now[ONE])
    return list(
        exchanged(Pair(Task.SLA_BREACH, np.zeros(n, np.intp), np.arange(n), np.arange(n), theirs, its, **also), names)
    )


def matrix(model: TaskModel, columns: dict[str, Floats]) -> Floats:
    names = model.features().names
    made = np.full((len(columns[ONE]), len(names)), np.nan)
    for name, values in columns.items():
        made[:, names.index(name)] = values
    return made


def test_two_whose_values_overlap_are_named_whichever_of_the_models_learned_them_crossed() -> None:
    before, now, later = drawn(1, 3_000), drawn(2, 4_000), drawn(3, 1_000)
    assert found(before, crossed(now), later) == [(OTHER, ONE)]
    assert found(crossed(before), now, later) == [(OTHER, ONE)]
    assert found(before, crossed(now), crossed(later)) == [(OTHER, ONE)], "the table of these days is crossed too"


def test_what_both_learned_alike_was_not_exchanged_between_them() -> None:
    before, now, later = drawn(1, 3_000), drawn(2, 4_000), drawn(3, 1_000)
    assert found(before, now, later) == []
    assert found(crossed(before), crossed(now), later) == []


@pytest.mark.parametrize("shift", [-3.0, 3.0, 20.0])
def test_columns_that_drift_one_way_accuse_nobody(shift: float) -> None:
    assert found(drawn(1, 3_000), drawn(2, 4_000, shift), drawn(3, 1_000, shift)) == []
    assert found(drawn(1, 3_000), drawn(2, 4_000), drawn(3, 1_000, shift)) == []


def test_only_named_columns_are_looked_at_and_few_cases_tell_nothing() -> None:
    before, now, later = drawn(1, 3_000), crossed(drawn(2, 4_000)), drawn(3, 1_000)
    assert found(before, now, later, frozenset((ONE, THIRD))) == []
    assert found(before, now, drawn(3, 25)) == []


def test_updates_of_one_exception_are_no_cases_of_their_own() -> None:
    few = {name: np.repeat(values, 40) for name, values in drawn(3, 25).items()}
    before, now = drawn(1, 3_000), crossed(drawn(2, 4_000))
    theirs, its = (Side(model, matrix(model, few), np.zeros((0, 2))) for model in map(learned, (before, now)))
    rows = np.arange(1_000)
    assert not list(exchanged(Pair(Task.SLA_BREACH, rows * 0, rows // 40, rows, theirs, its), NAMES))


def test_flags_that_are_set_about_as_often_are_told_apart() -> None:
    def flags(seed: int, n: int) -> dict[str, Floats]:
        rng = np.random.default_rng(seed)
        often = {"receipt_shown": 0.30, "serial_matches": 0.42}
        return {name: (rng.random(n) < share).astype(float) for name, share in often.items()}

    def model(columns: dict[str, Floats]) -> TaskModel:
        profiles = tuple(profile_of(name, values, False) for name, values in columns.items())
        return replace(task_model(Task.SLA_BREACH), profile=Profile(profiles, ()))

    before, now, later = flags(1, 3_000), flags(2, 4_000), flags(3, 1_000)
    swapped = dict(zip(now, reversed(now.values()), strict=True))
    rows = np.arange(1_000)
    for challenger, named in ((now, []), (swapped, [("receipt_shown", "serial_matches")])):
        models = model(before), model(challenger)
        theirs, its = (
            Side(each, matrix(each, {ONE: np.full(len(rows), np.nan), **later}), np.zeros((0, 2))) for each in models
        )
        assert list(exchanged(Pair(Task.SLA_BREACH, rows, rows, rows, theirs, its), frozenset(now))) == named


def test_honest_draws_accuse_nobody() -> None:
    accused = [found(drawn(3 * i, 400), drawn(3 * i + 1, 500), drawn(3 * i + 2, 250)) for i in range(100)]
    assert accused == [[]] * 100


def test_a_distance_is_that_of_kolmogorov_and_smirnov_with_what_is_missing() -> None:
    values = np.arange(1_000.0)
    profile = profile_of("one", values, True)
    assert distance(profile, values) == pytest.approx(0.0, abs=1e-3)
    assert distance(profile, values + 500.0) == pytest.approx(0.5, abs=0.05)
    assert distance(profile, np.where(values < 300.0, np.nan, values)) == pytest.approx(0.3, abs=0.01)
