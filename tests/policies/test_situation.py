"""How old a record is; one dated ahead of us has no known age, so that it cannot pass for fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.policy import load_policy
from policies.situation import CLOCKS_APART, Situation
from tests.fixtures.exceptions import NOBODY, NOW, unavailable


@pytest.mark.parametrize(
    ("ahead", "age"), [(-30.0, 30.0), (0.0, 0.0), (CLOCKS_APART, -CLOCKS_APART), (CLOCKS_APART + 1, None), (1e6, None)]
)
def test_a_record_from_the_future_has_no_age(ahead: float, age: float | None) -> None:
    case = unavailable()
    situation = Situation(case, NOBODY, NOW, load_policy().exchange(case.currency))
    assert situation.age_of(NOW + timedelta(minutes=ahead)) == age
    assert situation.age_of(None) is None
