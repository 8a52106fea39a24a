"""What options cost: the arithmetic in hand-checked cases, and the directions in which prices must move."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.actions import ActionId, AtNode, OfAmount, OfLine, WithCarrier
from data.case import Customer, Promise
from data.prediction import LabelPrediction
from data.record import Record
from data.vocabulary import Channel, CustomerTier, RootCause, ServedBy
from policies.choose import Prospect
from policies.costs import Price, Stakes, breach_after, lateness, price, remaining_risk, work
from policies.policy import load_policy
from policies.targets import target_of
from tests.fixtures.exceptions import NOW, carrier, empty_box, failed_handoff, order, unavailable
from tests.fixtures.prospects import view

POLICY = load_policy()
COUNT = (ActionId.CYCLE_COUNT_FIRST, AtNode(node="store-1", sku="sku-1"))
OTHER = (ActionId.RESOURCE_FROM_NODE, AtNode(node="store-2", sku="sku-1"))


def priced(seen: Prospect, chosen: tuple[ActionId, Record], *, reviewed: bool = False) -> Price:
    done = work(seen.situation, seen.predictions, target_of(seen.situation.case, *chosen), POLICY)
    return price(seen.situation, seen.at_stake, done, POLICY, reviewed=reviewed)


def test_a_count_by_hand() -> None:
    """12 + 0.30 x 40 = 24 for a broken promise, 18 unsolved, 12 minutes of 24 an hour."""
    found = priced(view(unavailable()), COUNT)
    assert found.breach_probability == 0.225
    assert found.parts == {
        "promise": Decimal("5.40"),
        "unsolved": Decimal("8.10"),
        "labour": Decimal("4.80"),
        "cash": Decimal("0.00"),
        "amount": Decimal("0.00"),
        "goodwill": Decimal("0.00"),
        "review": Decimal("0.00"),
    }
    assert found.expected == Decimal("18.30")


def test_a_review_costs_the_reviewers_minutes_and_the_wait() -> None:
    case = unavailable(promise=Promise(due_at=NOW + timedelta(minutes=60)))
    alone, reviewed = (priced(view(case), COUNT, reviewed=each) for each in (False, True))
    assert reviewed.parts["review"] == Decimal("3.80")
    assert reviewed.minutes - alone.minutes == 31
    assert alone.breach_probability == 0.225
    assert reviewed.breach_probability == pytest.approx(0.5 * (0.45 + 0.55 * (51 / 60 - 0.5) / 0.5))


def test_the_snapshots_cash_counts_before_the_tables() -> None:
    told, untold = (
        priced(view(case), OTHER).parts["cash"]
        for case in (unavailable(), unavailable(stock=(unavailable().stock[0],)))
    )
    assert (told, untold) == (Decimal("5.00"), Decimal("6.50"))


def test_a_carrier_that_arrives_too_late_saves_no_promise() -> None:
    late = (carrier().alternatives[0].model_copy(update={"arrives_at": NOW + timedelta(days=2)}),)
    other = (ActionId.REASSIGN_CARRIER, WithCarrier(carrier="car-2", service="next-day"))
    in_time = priced(view(failed_handoff(), cause="carrier_failure"), other)
    too_late = priced(view(failed_handoff(carrier=carrier(alternatives=late)), cause="carrier_failure"), other)
    assert in_time.breach_probability == 0.1
    assert too_late.breach_probability == 0.5


CANCEL = (ActionId.CANCEL_LINE, OfLine(line_id="1", amount=Decimal("90.00")))


def test_a_cancelled_line_loses_its_part_of_the_margin_and_the_customers_trust() -> None:
    """Of 120.00 with a margin of 40.00 the line is 90.00."""
    found = priced(view(unavailable()), CANCEL)
    assert (found.parts["amount"], found.parts["goodwill"]) == (Decimal("30.00"), Decimal("30.00"))


def test_without_the_orders_margin_a_cancelled_line_loses_the_tables_share() -> None:
    found = priced(view(unavailable(order=order(margin=None))), CANCEL)
    assert found.parts["amount"] == Decimal("31.50")


def test_the_trust_of_a_better_customer_costs_more() -> None:
    tiers = (CustomerTier.STANDARD, CustomerTier.LOYAL, CustomerTier.KEY)
    lost = [
        priced(view(unavailable(customer=Customer(id="c-1", tier=each))), CANCEL).parts["goodwill"] for each in tiers
    ]
    assert lost == sorted(set(lost))


def test_one_of_two_affected_lines_saves_half_of_what_both_would() -> None:
    both = order(lines=tuple(line.model_copy(update={"affected": True}) for line in order().lines))
    (one,), (half,) = ([priced(view(unavailable(order=each)), CANCEL).remains] for each in (order(), both))
    assert one is not None
    assert half is not None
    assert 1 - half.expected == pytest.approx((1 - one.expected) / 2)


def test_cancelling_a_line_that_is_not_affected_solves_nothing() -> None:
    other = (ActionId.CANCEL_LINE, OfLine(line_id="2", amount=Decimal("30.00")))
    found = priced(view(unavailable()), other)
    assert found.remains is not None
    assert found.remains.expected == 1.0
    assert found.breach_probability == 0.5


def test_a_refund_to_an_abuser_is_mostly_lost() -> None:
    refund = (ActionId.ACCEPT_RETURN, OfAmount(amount=Decimal("60.00")))
    abuse = priced(view(empty_box(), cause="fraud_pattern"), refund)
    honest = priced(view(empty_box(), cause="approval_bottleneck"), refund)
    assert abuse.parts["amount"] == Decimal("54.00")
    assert honest.parts["amount"] == Decimal("18.00")


@pytest.mark.parametrize(("currency", "missing"), [(None, "promise"), ("XXX", "unsolved")])
def test_without_a_rate_an_option_has_no_price(currency: str | None, missing: str) -> None:
    found = priced(view(unavailable(currency=currency)), COUNT)
    assert found.expected is None
    assert missing in found.missing


def test_amounts_of_the_policy_are_turned_into_the_cases_currency() -> None:
    euro, yen = (priced(view(unavailable(currency=each)), COUNT) for each in ("EUR", "JPY"))
    assert euro.parts["labour"] == Decimal("4.80")
    assert yen.parts["labour"] == Decimal("782.40")


def test_what_a_cause_is_worth_follows_its_probability() -> None:
    def remains(**facts: Any) -> float:
        cause = LabelPrediction(served_by=ServedBy.MODEL, **facts)
        found = remaining_risk(ActionId.CYCLE_COUNT_FIRST, "unavailable_inventory", cause, POLICY)
        assert found is not None
        return found.expected

    mismatch, lag = RootCause.INVENTORY_MISMATCH.value, RootCause.SYSTEM_LATENCY.value
    assert remains(label=mismatch, probability=1.0) == 0.45
    assert remains() == 0.95
    assert remains(label=mismatch, probability=0.5) == pytest.approx(0.70)
    assert remains(label=mismatch, probability=0.5, runner_up=(lag, 0.4)) == pytest.approx(0.60)


STAKES = st.builds(
    Stakes,
    breach_probability=st.floats(0, 1),
    minutes_left=st.floats(-1e4, 1e5),
    broken_promise=st.just(Decimal(20)),
    unsolved=st.just(Decimal(10)),
)


@given(STAKES, st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1))
def test_waiting_never_makes_a_promise_safer(
    at_stake: Stakes, remains: float, minutes: float, more: float, slack: float
) -> None:
    sooner, later = (breach_after(at_stake, remains, each, slack) for each in (minutes, minutes + more))
    assert sooner is not None
    assert later is not None
    assert 0 <= sooner <= later <= 1
    assert at_stake.breach_probability is not None
    assert later <= round(at_stake.breach_probability, 9)


@given(STAKES, st.floats(0, 2), st.floats(0, 2), st.floats(0, 1e5))
def test_an_action_that_leaves_more_risk_never_makes_a_promise_safer(
    at_stake: Stakes, remains: float, other: float, minutes: float
) -> None:
    low, high = sorted((remains, other))
    less, more = (breach_after(at_stake, each, minutes, 0.5) for each in (low, high))
    assert less is not None
    assert more is not None
    assert less <= more


@pytest.mark.parametrize(
    ("minutes", "left", "late"), [(0, 100, 0), (50, 100, 0), (75, 100, 0.5), (100, 100, 1), (1, 0, 1), (1, -5, 1)]
)
def test_lateness_rises_in_a_straight_line_from_the_slack_on(minutes: float, left: float, late: float) -> None:
    assert lateness(minutes, left, 0.5) == late


def test_a_dearer_customer_makes_everything_more_pressing() -> None:
    pickup = view(unavailable(channel=Channel.BOPIS)).at_stake.broken_promise
    large = view(unavailable(order=order(margin=Decimal(400)))).at_stake.broken_promise
    usual = view(unavailable()).at_stake.broken_promise
    assert pickup is not None
    assert large is not None
    assert usual is not None
    assert usual < pickup < large
    loss = view(unavailable(order=order(margin=Decimal(-400)))).at_stake.broken_promise
    assert loss == Decimal(12)
