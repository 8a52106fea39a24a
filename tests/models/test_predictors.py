"""Every explanation adds up to the score it explains, and the probability shown follows from that score."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from data.case import Carrier
from data.explanation import CalibrationStep, Contribution, ModelStep
from data.prediction import PredictionFailed
from data.record import Unit
from data.standing import PartyStanding, Standing
from data.vocabulary import Task
from features.standing import RETAILER
from models.predictors import ModelPredictor, _summary
from models.score import Score
from tests.fixtures.task_models import cases, coded_model, task_model


def answered(task: Task, index: int) -> tuple[dict[str, float], ModelStep, CalibrationStep]:
    predicted = ModelPredictor(task_model(task), "v").predict(*cases()[index])
    model, calibration = predicted.steps
    assert isinstance(model, ModelStep)
    assert isinstance(calibration, CalibrationStep)
    return predicted.probabilities, model, calibration


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("index", range(12))
def test_contributions_add_up_and_are_listed_largest_first(task: Task, index: int) -> None:
    _, step, _ = answered(task, index)
    told = step.base + sum(each.contribution for each in step.contributions) + step.others
    assert math.isclose(told, step.raw, abs_tol=5e-9)
    assert step.residual == 0
    sizes = [abs(each.contribution) for each in step.contributions]
    assert all(a >= b for a, b in pairwise(sizes))
    assert all(each.says for each in step.contributions)


@pytest.mark.parametrize("task", Task)
def test_probabilities_are_rounded_and_the_explained_label_is_the_likeliest(task: Task) -> None:
    probabilities, step, calibration = answered(task, 0)
    assert all(value == round(value, 9) for value in probabilities.values())
    if task.is_risk:
        assert list(probabilities) == ["yes"]
        assert step.label is None
    else:
        assert tuple(probabilities) == task.labels
        assert math.isclose(sum(probabilities.values()), 1, abs_tol=1e-7)
        assert step.label == max(probabilities, key=lambda label: probabilities[label])
    assert calibration.concluded == max(probabilities.values())
    assert calibration.saw["raw"] == step.raw


def test_a_stockout_without_a_stock_position_is_not_predicted() -> None:
    case, standing = cases()[0]
    with pytest.raises(PredictionFailed, match="no_stock_position"):
        ModelPredictor(task_model(Task.STOCKOUT), "v").predict(case.model_copy(update={"stock": ()}), standing)


@pytest.mark.parametrize(("timeless", "where"), [(False, "on later days"), (True, "on other cases")])
def test_what_came_true_is_said_to_have_done_so_where_it_was_measured(timeless: bool, where: str) -> None:
    model = replace(task_model(Task.SLA_BREACH), timeless=timeless)
    case, standing = cases()[0]
    step = ModelPredictor(model, "v").predict(case, standing).steps[1]
    assert step.says.startswith(f"{where}, scores like this came true in")


def test_an_explanation_that_does_not_add_up_fails_the_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Score.contributions
    monkeypatch.setattr(Score, "contributions", lambda self, x, k: exact(self, x, k) + 1e-6)
    with pytest.raises(PredictionFailed, match="additivity_failed"):
        ModelPredictor(task_model(Task.SLA_BREACH), "v").predict(*cases()[0])


def coded(code: str | None) -> ModelStep:
    case, standing = cases()[0]
    predicted = ModelPredictor(coded_model(), "v").predict(case.model_copy(update={"code": code}), standing)
    step = predicted.steps[0]
    assert isinstance(step, ModelStep)
    return step


def test_a_code_the_model_never_saw_is_said_to_be_new() -> None:
    step = coded("X-17")
    told = {each.feature: each for each in step.contributions}
    assert told["code"].says == "code X-17 is new to the model"
    assert told["code"].value is None
    assert "code X-17 is new to the model" in step.news


def contribution(phi: float, says: str) -> Contribution:
    return Contribution(feature=says, value=1.0, unit=Unit.EACH, contribution=phi, lever=False, says=says)


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ((), "nothing known of this case moves it from the average"),
        (((0.9, "a"), (0.5, "b")), "most for it: a"),
        (((-0.9, "a"), (-0.5, "b"), (0.4, "c"), (0.3, "d")), "most against it: a. For it: c"),
        (((0.9, "a"), (-0.5, "b")), "most for it: a. Against it: b"),
    ],
)
def test_the_summary_says_what_speaks_for_and_what_against(listed: tuple[tuple[float, str], ...], says: str) -> None:
    assert _summary(tuple(contribution(*each) for each in listed)) == says


@pytest.mark.parametrize(("code", "says"), [("B", "the source's code is B"), (None, "the code is not known")])
def test_known_and_missing_codes_are_not_called_new(code: str | None, says: str) -> None:
    step = coded(code)
    assert {each.feature: each.says for each in step.contributions}["code"] == says
    assert not [each for each in step.news if "code" in each]


@pytest.mark.parametrize(
    ("named", "known", "says"),
    [
        (True, 0.0, "nothing is known of how exceptions of any kind ended; 25 % stands in"),
        (False, 0.0, "25 % of recent exceptions of any kind missed the promise"),
        (True, 95.0, "96 % of recent exceptions of any kind missed the promise"),
    ],
)
def test_a_rate_that_rests_on_nothing_is_told_as_a_guess_by_bundles_that_do(
    named: bool, known: float, says: str
) -> None:
    predictor = ModelPredictor(replace(task_model(Task.SLA_BREACH), names_guesses=named), "v")
    case, standing = cases()[0]
    retailer = PartyStanding(kind=RETAILER, id=RETAILER, outcomes=known, breaches=known)
    now = standing.model_copy(update={"parties": (retailer,)})
    features = predictor.model.features()
    row = predictor._row(case, now, features.vector(case, now))
    assert predictor._contribution(row, features.names.index("usual_breach_rate"), 1.0).says.startswith(says)


def test_a_carrier_without_a_past_is_said_to_be_new() -> None:
    case, standing = cases()[0]
    strange = case.model_copy(update={"carrier": Carrier(id="car-9")})
    predictor = ModelPredictor(task_model(Task.SLA_BREACH), "v")
    step = predictor.predict(strange, standing).steps[0]
    assert isinstance(step, ModelStep)
    assert "carrier car-9 was not heard of lately: what is usual stands in" in step.news
    past = Standing(as_of=standing.as_of, parties=(PartyStanding(kind="carrier", id="car-9", arrivals=1.0),))
    step = predictor.predict(strange, past).steps[0]
    assert isinstance(step, ModelStep)
    assert not [each for each in step.news if "carrier" in each]
