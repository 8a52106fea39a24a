"""The order of options: the cheapest that may go on, held ones behind, looking into it last."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from data.actions import ActionId, AtPlace, NoParameters
from data.vocabulary import Disposition, Role
from policies.candidates import Candidate
from policies.costs import Price
from policies.decide import Weighed, decide
from policies.gates import Finding, Verdict

PROCEED, REVIEW, HOLD = Disposition


def verdict(disposition: Disposition) -> Verdict:
    role = None if disposition is HOLD else Role.STORE_OPERATIONS
    until = "erp is up" if disposition is HOLD else None
    found = Finding("gate.row", "1", disposition, role, until, {}, "so says the gate")
    return Verdict(()) if disposition is PROCEED else Verdict((found,))


def option(action: ActionId, cost: str | None, disposition: Disposition = PROCEED, order: int = 0) -> Weighed:
    parameters = AtPlace(node="store-1") if action is ActionId.PRIORITISE_PICK else NoParameters()
    expected = None if cost is None else Decimal(cost)
    return Weighed(Candidate(action, parameters), Price(expected, 0.5, None, {}, 10.0), verdict(disposition), order)


PICK, TELL, ASK, LOOK = (
    ActionId.PRIORITISE_PICK,
    ActionId.NOTIFY_DELAY,
    ActionId.CONFIRM_ADDRESS,
    ActionId.INVESTIGATE,
)


def order(*options: Weighed) -> list[ActionId]:
    return [each.candidate.action for each in decide(options).options]


def test_the_cheapest_stands_first_whether_or_not_a_person_must_agree() -> None:
    assert order(option(PICK, "9"), option(TELL, "8", REVIEW), option(ASK, "10")) == [TELL, PICK, ASK]


def test_a_held_option_stands_behind_every_option_that_can_go_on() -> None:
    assert order(option(PICK, "1", HOLD), option(TELL, "99", REVIEW), option(ASK, "98")) == [ASK, TELL, PICK]


def test_looking_into_it_stands_last_even_where_it_is_cheapest() -> None:
    assert order(option(LOOK, "1", REVIEW), option(PICK, "99", HOLD)) == [PICK, LOOK]


def test_an_unpriced_option_stands_behind_the_priced_ones_of_its_kind() -> None:
    assert order(option(PICK, None, REVIEW), option(TELL, "99"), option(ASK, "1", HOLD)) == [TELL, PICK, ASK]


def test_unpriced_options_keep_the_order_of_the_table() -> None:
    assert order(option(ASK, None, REVIEW, 2), option(TELL, None, REVIEW, 1)) == [TELL, ASK]


def test_the_recommendation_has_its_first_options_disposition() -> None:
    assert decide([option(PICK, "1", HOLD), option(LOOK, "1", REVIEW)]).disposition is HOLD
    assert decide([option(PICK, "2", REVIEW), option(TELL, "3")]).disposition is REVIEW


def test_regret_is_the_cost_over_the_cheapest_whatever_its_rank() -> None:
    decision = decide([option(PICK, "5.00", HOLD), option(TELL, "8.50"), option(ASK, None, REVIEW)])
    assert [decision.regret(each) for each in decision.options] == [Decimal("3.50"), None, Decimal("0.00")]


OPTIONS = st.lists(
    st.builds(
        option,
        st.sampled_from([PICK, TELL, ASK, LOOK]),
        st.none() | st.sampled_from(["1.00", "2.00", "3.00"]),
        st.sampled_from(Disposition),
        st.integers(0, 2),
    ),
    min_size=1,
    unique_by=lambda each: each.candidate.action,
)


@given(OPTIONS, st.integers(0, 99))
def test_the_order_in_which_options_come_does_not_matter(options: list[Weighed], seed: int) -> None:
    shuffled = random.Random(seed).sample(options, len(options))
    assert decide(options) == decide(shuffled)


@given(OPTIONS)
def test_no_option_that_can_go_on_is_dearer_at_the_top_than_one_below(options: list[Weighed]) -> None:
    ranked = decide(options).options
    costs = [
        each.price.expected
        for each in ranked
        if each.verdict.disposition is not HOLD
        and each.candidate.action is not LOOK
        and each.price.expected is not None
    ]
    assert costs == sorted(costs)
    assert sorted(map(id, ranked)) == sorted(map(id, options))
