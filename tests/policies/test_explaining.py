"""Explanations and sentences: in order, once each, from the numbers that were decided from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data.case import Case
from data.explanation import CheckStep
from data.recommendation import Recommendation
from data.vocabulary import Role, System, SystemState
from policies.answer_words import roles_in_words
from policies.policy import load_policy
from policies.recommend import recommend
from tests.fixtures.exceptions import (
    NOBODY,
    NOW,
    carrier,
    down,
    elsewhere,
    failed_handoff,
    late_pickup,
    order,
    refund_gap,
    shelf,
    unavailable,
)
from tests.fixtures.fixed_predictors import NONE

POLICY = load_policy()


def answer(case: Case) -> Recommendation:
    return recommend(case, NOBODY, NONE, POLICY, NOW, "rec-1").recommendation


def steps(found: Recommendation, kind: str) -> list[CheckStep]:
    return [step for step in found.explanation if isinstance(step, CheckStep) and step.kind == kind]


def test_a_finding_stands_once_with_the_options_it_concerns() -> None:
    stock = (shelf(), elsewhere(node="store-2", as_of=None), elsewhere(node="store-3", as_of=None))
    found = answer(unavailable(stock=stock))
    (step,) = (each for each in steps(found, "gate") if each.id == "stock.old_record")
    ranks = [str(each.rank) for each in found.options if each.parameters.get("node") in ("store-2", "store-3")]
    assert step.saw["options"] == ", ".join(ranks)
    assert step.missing == ("source_age",)


def test_a_cost_tells_its_largest_parts() -> None:
    found = answer(late_pickup())
    first = steps(found, "cost")[0]
    cost = found.options[0].expected_cost
    assert cost is not None
    assert first.says.startswith(f"pick this order next: {cost.amount} EUR expected, of it ")
    largest = max(Decimal(str(value)) for name, value in first.saw.items() if name.startswith("cost."))
    assert f"of it {largest} for " in first.says


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (unavailable(currency=None), "no price, the case names no currency"),
        (unavailable(currency="XXX"), "no price, the policy has no rate for XXX"),
    ],
)
def test_without_a_price_it_says_why(case: Case, why: str) -> None:
    assert why in steps(answer(case), "cost")[0].says


@pytest.mark.parametrize(
    ("case", "says"),
    [
        (
            late_pickup(),
            "Late pickup readiness, probably from labor shortage (62 %): pick this order next (store-1).",
        ),
        (
            refund_gap(dependencies=down(System.ERP)),
            "Refund reconciliation gap, probably from system latency (80 %): "
            "post the missing amount in the ledger (40.00), once erp is up.",
        ),
        (
            unavailable(stock=(shelf(), elsewhere(as_of=None)), order=order(value=Decimal(240), lines=())),
            "Unavailable inventory, probably from inventory mismatch (50 %): "
            "fulfil from another node (store-2), if store operations and store finance agree.",
        ),
        (
            refund_gap(),
            "Refund reconciliation gap, perhaps from approval bottleneck (25 %): "
            "post the missing amount in the ledger (40.00).",
        ),
        (
            failed_handoff(carrier=carrier(SystemState.DOWN, alternatives=())),
            "Failed delivery handoff, probably from carrier failure (70 %): "
            "keep the parcel until the carrier accepts again (car-1).",
        ),
    ],
)
def test_the_headline_says_what_happened_and_what_to_do(case: Case, says: str) -> None:
    assert answer(case).says == says


def test_who_must_agree_is_in_the_headline() -> None:
    found = answer(failed_handoff())
    assert found.says.endswith(": hand the parcel to another carrier (car-2), if store operations agrees.")
    assert roles_in_words((Role.STORE_OPERATIONS, Role.STORE_FINANCE)) == "store operations and store finance"


def test_every_step_names_the_version_that_spoke() -> None:
    found = answer(unavailable())
    assert all(step.version for step in found.explanation)
    assert all(step.says for step in found.explanation)
