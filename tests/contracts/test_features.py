"""What every feature keeps to, whatever the case."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

from data.case import Case
from data.record import Unit
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from features.catalogue import FeatureSet, feature_set
from features.chain import EARLIER
from features.definition import Feature, Moment
from tests.fixtures.cases import NOON, a_case, cases, standings

LEVELS = tuple(f"level {number}" for number in range(20))
SCHEMA = AttributeSchema(
    attributes={
        "colour": Declaration(kind="category", levels=("green", "red")),
        "size": Declaration(kind="number"),
        "gift": Declaration(kind="flag"),
        "shade": Declaration(kind="category", levels=LEVELS),
    },
    facts={"code": ("a", "b"), "source": LEVELS, "category": ("a",), "step": ("a",), "service": ("b",)},
    long_memory=True,
    short_memory=True,
    open_cases=True,
    seasons=True,
)


class Letters:
    """A scorer that needs no learning."""

    labels = ("vowels", "consonants")
    normalised = False

    def scores(self, message: str) -> NDArray[np.float64]:
        """The length, and its negative."""
        return np.array([float(len(message)), -float(len(message))])


class Spread:
    """A link that needs no learning: likelier the label, the earlier it stands."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def probabilities(self, facts: NDArray[np.float64], message: str | None) -> NDArray[np.float64]:
        """Of as many facts as there are, and of a message or none."""
        odds = np.arange(len(self.task.labels), 0.0, -1.0) + np.isnan(facts).sum() + len(message or "")
        return np.asarray(odds / odds.sum())


SETS = {task: feature_set(task, SCHEMA, Letters(), tuple(map(Spread, EARLIER.get(task, ())))) for task in Task}
EVERY = {each.name: each for found in SETS.values() for each in found.features}
COLD = Standing(as_of=NOON)
thorough = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("feature", EVERY.values(), ids=EVERY)
def test_it_says_what_it_is(feature: Feature) -> None:
    assert feature.says.count("{value}") == 1
    assert feature.below_zero is None or feature.below_zero.count("{value}") == 1
    assert feature.about[0].isupper()
    assert not feature.about.endswith((".", " is", " are"))
    assert feature.unit not in (Unit.INSTANT, Unit.DATE, Unit.IDENTIFIER, Unit.TEXT)
    assert (feature.unit is Unit.LABEL) == (feature.kind == "category") == bool(feature.levels)
    assert feature.known in get_args(Moment)
    assert not (feature.lever and feature.known != "event"), "what has passed cannot be changed"


@pytest.mark.parametrize("feature", EVERY.values(), ids=EVERY)
def test_its_name_suits_every_learner(feature: Feature) -> None:
    # LightGBM refuses names with JSON's own characters; a contribution names its feature by an identifier.
    assert not set(feature.name) & set('",:[]{} ')
    assert len(feature.name) <= 128


@pytest.mark.parametrize("feature", EVERY.values(), ids=EVERY)
def test_an_empty_case_gives_a_number_or_nothing(feature: Feature) -> None:
    value = feature.of(a_case(), COLD)
    assert value is None or math.isfinite(value)


def _checked(feature: Feature, case: Case, standing: Standing) -> None:
    value = feature.of(case, standing)
    assert value is None or (isinstance(value, float) and math.isfinite(value)), feature.name
    if value is not None and feature.kind == "category":
        assert value in range(len(feature.levels)), feature.name
    if value is not None and feature.kind == "flag":
        assert value in (0.0, 1.0), feature.name
    assert feature.of(case.model_copy(), standing.model_copy()) == value, feature.name


@thorough
@given(cases(), standings())
def test_any_case_gives_finite_numbers_twice_the_same_and_stays_as_it_was(case: Case, standing: Standing) -> None:
    before = case.model_copy(deep=True), standing.model_copy(deep=True)
    for feature in EVERY.values():
        _checked(feature, case, standing)
    assert (case, standing) == before


@thorough
@given(cases(), standings())
def test_every_value_has_a_sentence(case: Case, standing: Standing) -> None:
    for task in (Task.SLA_BREACH, Task.STOCKOUT):
        for told in _sentences(SETS[task], case, standing):
            assert not set(told) & set("{}[]|"), told
            assert "nan" not in told.split(), told


def _sentences(features: FeatureSet, case: Case, standing: Standing) -> list[str]:
    vector = features.vector(case, standing)
    usual = (-1.0, 0.5, 2.0)
    return [
        features.sentence(index, value, reference) for index, value in enumerate(vector) for reference in (None, usual)
    ]


@thorough
@given(cases(), standings())
def test_a_matrix_is_its_vectors(case: Case, standing: Standing) -> None:
    rows = [(case, standing), (a_case(), COLD), (case, COLD)]
    for features in SETS.values():
        stacked = np.stack([features.vector(*row) for row in rows])
        assert np.array_equal(features.matrix(iter(rows)), stacked, equal_nan=True)
