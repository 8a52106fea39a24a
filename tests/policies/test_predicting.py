"""Predictions as the answer carries them: labels, runners-up, what is not recognised, what is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from data.case import Case, Promise
from data.horizons import UNSAID
from data.prediction import Predicted, Predictions, Predictors
from data.vocabulary import ServedBy, Task
from policies.facts import case_facts
from policies.policy import load_policy
from policies.predicting import by_ladder, by_rules
from policies.situation import Situation
from tests.fixtures.cases import a_case
from tests.fixtures.exceptions import NOBODY, NOW, late_pickup
from tests.fixtures.fixed_predictors import NONE, Fixed, label, risk, served

POLICY = load_policy()
KIND = Task.EXCEPTION_TYPE


def predictions(case: Case, predictors: Predictors = NONE) -> Predictions:
    situation = Situation(case, NOBODY, NOW, POLICY.exchange(case.currency))
    return by_ladder(situation, predictors, by_rules(situation, case_facts(situation), POLICY), POLICY).predictions


def kinds(**likely: float) -> Predictors:
    """A model that gives these types their probabilities, and the others what is left."""
    rest = (1.0 - sum(likely.values())) / (len(KIND.labels) - len(likely))
    told: Mapping[str, float] = {each: likely.get(each, rest) for each in KIND.labels}
    return served(Fixed(KIND, told))


def test_the_likeliest_label_and_the_next() -> None:
    found = predictions(late_pickup(), kinds(split_shipment=0.6, pricing_mismatch=0.3)).exception_type
    assert (found.label, found.probability) == ("split_shipment", 0.6)
    assert found.runner_up == ("pricing_mismatch", 0.3)


def test_there_is_no_next_where_several_are_equally_likely() -> None:
    assert predictions(late_pickup(), served(label(KIND, "split_shipment", 0.6))).exception_type.runner_up is None


@pytest.mark.parametrize(("probability", "recognised"), [(0.4, True), (0.399999999, False)])
def test_a_type_is_recognised_from_the_threshold_on(probability: float, recognised: bool) -> None:
    found = predictions(late_pickup(), kinds(split_shipment=probability)).exception_type
    assert (found.label == "split_shipment") is recognised
    if not recognised:
        assert (found.label, found.probability) == ("unrecognised", None)
        assert found.runner_up == ("split_shipment", probability)


def test_without_a_promise_or_a_shelf_there_is_nothing_to_ask() -> None:
    models = served(risk(Task.SLA_BREACH, 0.5), risk(Task.STOCKOUT, 0.5))
    found = predictions(a_case(), models)
    assert (found.sla_breach.served_by, found.sla_breach.reason) == (ServedBy.NONE, "no_promise")
    assert (found.stockout.served_by, found.stockout.reason) == (ServedBy.NONE, "no_stock_position")
    assert found.stockout.horizon is None


def test_a_risk_tells_by_when() -> None:
    soon = NOW + timedelta(minutes=1)
    found = predictions(late_pickup(promise=Promise(due_at=soon)), served(risk(Task.SLA_BREACH, 0.7)))
    assert (found.sla_breach.probability, found.sla_breach.due_at) == (0.7, soon)


def test_the_horizon_is_the_models_own_where_it_has_one() -> None:
    def told() -> Predicted:
        return Predicted(Task.STOCKOUT, {"yes": 0.2}, (), horizon="P7D")

    assert predictions(late_pickup(), served(risk(Task.STOCKOUT, 0.2))).stockout.horizon == "P1D"
    assert predictions(late_pickup(), served(Fixed(Task.STOCKOUT, {}, told))).stockout.horizon == "P7D"


def test_a_predictor_that_speaks_of_no_time_is_lent_none() -> None:
    def told() -> Predicted:
        return Predicted(Task.STOCKOUT, {"yes": 0.2}, (), horizon=UNSAID)

    assert predictions(late_pickup(), served(Fixed(Task.STOCKOUT, {}, told))).stockout.horizon is None


def test_the_rules_may_ask_for_the_type_the_rules_told() -> None:
    told = predictions(late_pickup(reported_type=None, workflow=None, stock=()))
    assert told.exception_type.label == "late_pickup_readiness"
    assert told.root_cause.label == "labor_shortage"
