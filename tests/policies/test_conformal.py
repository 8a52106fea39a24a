"""What a set says, at the rate the policy allows, and that only an empty one asks a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.explanation import CheckStep
from data.prediction import Predicted, Predictors
from data.record import canonical
from data.vocabulary import Disposition, Role, Task
from policies.conformal import conformal_set, conformal_step
from policies.policy import Policy, load_policy, policy_of
from policies.recommend import Recommended, recommend
from tests.fixtures.exceptions import NOBODY, NOW, unavailable
from tests.fixtures.fixed_predictors import Fixed, models

POLICY = load_policy()
KIND = Task.EXCEPTION_TYPE
LEAVES = dict.fromkeys(KIND.labels, 0.01) | {"split_shipment": 0.3, "unavailable_inventory": 1.0}


def at(error_rate: str) -> Policy:
    head = POLICY.sources["policy.yaml"].replace("error_rate: 0.10", f"error_rate: {error_rate}")
    return policy_of({**POLICY.sources, "policy.yaml": head})


def predicted(leaves: dict[str, float]) -> Predicted:
    likely = dict.fromkeys(KIND.labels, 0.1) | {"unavailable_inventory": 0.3}
    return Predicted(KIND, likely, (), leaves_at=leaves)


@pytest.mark.parametrize(
    ("error_rate", "stays"),
    [
        ("0.10", ("split_shipment", "unavailable_inventory")),
        ("0.30", ("unavailable_inventory",)),
        ("0.005", KIND.labels),
    ],
)
def test_a_label_stays_where_it_leaves_later_than_the_policy_s_rate(error_rate: str, stays: tuple[str, ...]) -> None:
    assert conformal_set(predicted(LEAVES), at(error_rate)) == stays


@pytest.mark.parametrize(
    ("leaves", "says"),
    [
        (LEAVES, "split shipment or unavailable inventory cannot be ruled out: any other answer is less likely here"),
        ({**LEAVES, "split_shipment": 0.1}, "only unavailable inventory cannot be ruled out: any other answer is less"),
        (dict.fromkeys(KIND.labels, 0.2), "answers can be ruled out at an error rate of 10 %"),
        (dict.fromkeys(KIND.labels, 0.1), "less likely here than in 90 % of the cases in which it was true"),
    ],
)
def test_the_step_says_what_the_set_says(leaves: dict[str, float], says: str) -> None:
    step = conformal_step(predicted(leaves), POLICY)
    assert step is not None
    assert says in step.says
    assert step.concluded == ", ".join(conformal_set(predicted(leaves), POLICY) or ())


def test_without_sets_or_without_a_rate_nothing_is_said() -> None:
    assert conformal_set(predicted({}), POLICY) is None
    assert conformal_step(predicted({}), POLICY) is None
    assert conformal_set(None, POLICY) is None
    without = replace(POLICY, settings=POLICY.settings.model_copy(update={"conformal": None}))
    assert conformal_set(predicted(LEAVES), without) is None


def answered(leaves: dict[str, float]) -> Recommended:
    plain = models("unavailable_inventory", "inventory_mismatch")
    rung = plain.ladders[KIND][0]
    assert isinstance(rung.predictor, Fixed)
    ladders = {**plain.ladders, KIND: (replace(rung, predictor=replace(rung.predictor, leaves_at=leaves)),)}
    return recommend(unavailable(), NOBODY, Predictors(ladders, plain.digest), POLICY, NOW, "0" * 36)


@pytest.mark.parametrize("others", [{}, {"split_shipment": 1.0}], ids=["empty", "of another type"])
def test_a_type_that_is_not_in_its_own_set_asks_a_person(others: dict[str, float]) -> None:
    usual = answered(LEAVES).recommendation
    unusual = answered(dict.fromkeys(KIND.labels, 0.02) | others).recommendation
    asked = [step.id for step in unusual.explanation if isinstance(step, CheckStep) and step.kind == "gate"]
    assert "confidence.type_unusual" in asked
    assert unusual.disposition is not Disposition.PROCEED
    assert Role.STORE_OPERATIONS in unusual.options[0].roles
    assert "confidence.type_unusual" not in [step.id for step in usual.explanation]
    assert unusual.predictions.exception_type.set == tuple(others)
    (says,) = [step.says for step in unusual.explanation if step.id == "exception_type" and step.kind == "conformal"]
    assert ("any other answer, unavailable inventory too, is less likely here" in says) is bool(others)


def test_an_answer_without_sets_has_not_a_byte_of_them() -> None:
    told = canonical(answered({}).recommendation)
    assert b"conformal" not in told
    assert b'"set"' not in told
