"""The value of a review: asked where doubt is dear, not where asking costs more than it saves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from data.actions import ActionId, AtNode
from data.case import Promise
from data.vocabulary import Disposition, Role
from policies.candidates import Candidate
from policies.choose import weigh
from policies.costs import Price
from policies.policy import load_policy
from policies.worth_asking import WORTH_ASKING, unpriced, worth_asking
from tests.fixtures.exceptions import NOW, failed_handoff, order, unavailable
from tests.fixtures.prospects import view

POLICY = load_policy()
OTHER_NODE = Candidate(ActionId.RESOURCE_FROM_NODE, AtNode(node="store-2", sku="sku-1"))


def asked(sure: float, breach: float = 0.9, margin: int = 40, left: float = 6000) -> bool:
    """Whether a person is asked about taking it from another node."""
    case = unavailable(order=order(margin=Decimal(margin)), promise=Promise(due_at=NOW + timedelta(minutes=left)))
    weighed = weigh(view(case, sure=sure, breach=breach), OTHER_NODE)
    return WORTH_ASKING in {each.id for each in weighed.verdict.findings}


def test_a_sure_cause_is_not_asked_about() -> None:
    assert not asked(1.0, margin=4000)


def test_doubt_that_is_dear_is_asked_about() -> None:
    assert asked(0.5, margin=400)


def test_doubt_that_is_cheap_is_not() -> None:
    assert not asked(0.5, margin=0, breach=0.1)


def test_there_is_no_time_to_ask_where_waiting_loses_what_asking_would_save() -> None:
    assert asked(0.5, margin=400, left=6000)
    assert not asked(0.5, margin=400, left=190)


@given(st.floats(0.35, 1.0), st.floats(0.35, 1.0))
def test_more_doubt_is_never_asked_about_less(one: float, other: float) -> None:
    less_sure, surer = sorted((one, other))
    assert asked(less_sure, margin=400) >= asked(surer, margin=400)


def test_what_helps_against_any_cause_alike_is_not_asked_about() -> None:
    seen = view(failed_handoff(), sure=0.5, breach=0.9, cause="carrier_failure")
    remains = weigh(seen, Candidate(ActionId.NOTIFY_DELAY, OTHER_NODE.parameters)).price.remains
    alone = Price(Decimal(10), 0.2, remains, {"cash": Decimal(8)}, 30.0)
    assert worth_asking(alone, alone, seen.at_stake, seen.predictions, POLICY) is None, (
        "notifying helps any cause alike"
    )


def test_the_price_of_an_option_that_is_asked_about_includes_the_asking() -> None:
    seen = view(unavailable(order=order(margin=Decimal(400))), sure=0.5, breach=0.9)
    weighed = weigh(seen, OTHER_NODE)
    assert weighed.price.parts["review"] == Decimal("3.80")
    (finding,) = (each for each in weighed.verdict.findings if each.id == WORTH_ASKING)
    assert (finding.disposition, finding.role) == (Disposition.REVIEW, Role.STORE_OPERATIONS)
    saving, cost = Decimal(str(finding.saw["saving"])), Decimal(str(finding.saw["cost"]))
    assert saving > cost
    assert f"costs {cost} and saves {saving}" in finding.says


def test_an_option_nobody_can_price_is_looked_at() -> None:
    finding = unpriced(Price(None, None, None, {}, 0.0, ("labour",)), POLICY)
    assert (finding.disposition, finding.missing) == (Disposition.REVIEW, ("labour",))
