"""Of what a model was trained on, what can tell whether later cases have moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from features.catalogue import feature_set
from models.performance import realised
from models.profile import PREDICTION, FeatureProfile, Profile, profile_of
from models.score import Score
from models.task_model import TaskModel
from tests.fixtures.task_models import chained_model, task_model

MONTH = AttributeSchema(attributes={"due_month": Declaration(kind="number", part="month", zone="UTC")}, seasons=True)


def profiled(model: TaskModel, missing: int = 0) -> TaskModel:
    """The model with a profile of every feature over a hundred cases, unknown of the first few."""
    values = np.arange(100.0)
    values[:missing] = np.nan
    told = [profile_of(name, values, ordered=True) for name in (*model.features().names, PREDICTION)]
    return replace(model, profile=Profile(tuple(told), (realised(np.full(40, 0.5), np.arange(40) % 2),)))


def compared(model: TaskModel) -> dict[str, FeatureProfile]:
    assert model.comparable is not None
    return {each.name: each for each in model.comparable.features}


def test_what_the_score_does_not_read_is_not_compared() -> None:
    model = profiled(task_model(Task.SLA_BREACH))
    names, read = model.features().names, model.score.trees.feature
    assert 0 < len(set(read.tolist())) < len(names)
    assert set(compared(model)) == {names[column] for column in read.tolist()} | {PREDICTION}


def test_months_are_not_compared_though_they_are_read() -> None:
    features = feature_set(Task.SLA_BREACH, MONTH)
    bare = task_model(Task.SLA_BREACH)
    trees = bare.score.trees
    columns = [features.names.index(name) for name in ("month_of_year", "attribute.due_month", "queue_minutes")]
    feature = np.resize(np.array(columns, np.int32), len(trees.feature))
    moved = replace(trees, n_features=len(features.names), feature=feature)
    model = profiled(replace(bare, attributes=MONTH, score=Score(moved)))
    assert set(compared(model)) == {"queue_minutes", PREDICTION}


def test_what_earlier_tasks_say_is_compared_where_it_was_known() -> None:
    model = profiled(chained_model(), missing=20)
    told = compared(model)
    chained = [name for name in told if name.startswith("exception_type.")]
    assert chained
    assert all((told[name].shares[0], told[name].n) == (0.0, 80) for name in chained)
    others = set(told) - {*chained, PREDICTION}
    assert others
    assert all((told[name].shares[0], told[name].n) == (0.2, 100) for name in others)


def test_a_bundle_without_a_profile_has_nothing_to_compare() -> None:
    assert replace(task_model(Task.SLA_BREACH), profile=None).comparable is None
